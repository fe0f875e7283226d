"""Facts that belong to no one release, each an item under its account and region."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from signalbox.adapters.dynamodb_documents import moment
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_facts import fact_json
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.effects import Effect
from signalbox.domain.facts import (
    AlarmChanged,
    ApiCalled,
    ApprovalAsked,
    BuildChanged,
    DeploymentChanged,
    ImageScanned,
)


class DynamoDbObservations:
    """``ObservationLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def record_observation(self, fact: Any, effects: Sequence[Effect]) -> bool:
        """Write one observation with its effects in one transaction; False where it was known.

        Raises TypeError for facts that are not kept, such as ``Ignored``.
        """
        place, sort = _keys(fact)
        item = {"pk": f"observation#{place}", "sk": sort, "fact": fact_json(fact)}
        return self._table.write_once(item, effects_to_write(self._table, effects))


def _keys(fact: Any) -> tuple[str, str]:
    """The place of a fact (account/region) and its sort key ``{kind}#{id}#{state}#{at}``."""
    at = moment(fact.at) if getattr(fact, "at", None) else ""
    match fact:
        case AlarmChanged():
            place = f"{fact.alarm.account}/{fact.alarm.region}"
            state = fact.raw_state or fact.state.value
            return place, f"alarm#{_short(fact.alarm.name)}#{state}#{at}"
        case BuildChanged():
            state = f"{fact.phase}/{fact.status}" if fact.phase else fact.status
            return f"{fact.account}/{fact.region}", f"build#{_short(fact.build_id)}#{state}#{at}"
        case DeploymentChanged():
            name = _short(f"{fact.service}/{fact.target}/{fact.deployment_id}/{fact.part}")
            return f"{fact.account}/{fact.region}", f"deployment#{name}#{fact.state}#{at}"
        case ImageScanned():
            name = _short(f"{fact.repository}@{fact.digest}")
            return f"{fact.account}/{fact.region}", f"scan#{name}#{fact.status}#{at}"
        case ApprovalAsked():
            place = f"{fact.pipeline.account}/{fact.pipeline.region}"
            name = _short(f"{fact.pipeline.name}/{fact.stage}/{fact.action}")
            return place, f"approval#{name}#ASKED#{at}"
        case ApiCalled():
            place = f"{fact.pipeline.account}/{fact.pipeline.region}"
            return place, f"call#{_short(fact.pipeline.name)}#{fact.call}#{at}#{fact.id}"
    raise TypeError(f"{type(fact).__name__} is not kept")


def _short(name: str) -> str:
    """The name itself, or its digest where it would not fit a sort key of 1024 bytes."""
    if len(name.encode()) <= 700:
        return name
    return hashlib.sha256(name.encode()).hexdigest()
