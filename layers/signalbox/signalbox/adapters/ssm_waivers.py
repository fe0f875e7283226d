"""The waivers document in Parameter Store: findings that a team lives with, each until a day."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS, Document, Part, parse
from signalbox.adapters.ssm_last_good import LastGood
from signalbox.domain.evidence import Waiver

Filled = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Waiver(Part):
    finding: Filled
    until: date
    reason: Filled
    by: str = ""
    repository: str = ""


class WaiversDocument(Document):
    """Findings that do not stop a release until their day is over."""

    waivers: Annotated[tuple[_Waiver, ...], Field(max_length=500)] = ()


class SsmWaivers:
    """``Waivers`` on ``{prefix}/waivers``, of which the last good version stays in force."""

    def __init__(
        self,
        client: Any,
        prefix: str,
        table: LedgerTable,
        monotonic: Callable[[], float] = time.monotonic,
        kept_for: float = KEPT_FOR_SECONDS,
    ) -> None:
        self._document = LastGood(
            client,
            f"{prefix}/waivers",
            "waivers",
            table,
            parse_waivers,
            monotonic=monotonic,
            kept_for=kept_for,
        )

    def all(self) -> Sequence[Waiver]:
        """Every waiver of the last good document; none where none was written."""
        held = self._document.held()
        return held.document if held.document and held.written else ()

    def fault(self) -> str:
        """What is wrong with the newest document; "" where it is good, or not there."""
        held = self._document.held()
        return held.fault if held.written else ""


def parse_waivers(text: str, parameter: str) -> tuple[Waiver, ...]:
    """Read the document. A waiver holds to the end of its day, in UTC.

    Raises DocumentInvalidError naming the parameter, the field and why.
    """
    document = parse(WaiversDocument, text, parameter)
    return tuple(
        Waiver(
            finding=one.finding,
            until=datetime(one.until.year, one.until.month, one.until.day, tzinfo=UTC)
            + timedelta(days=1),
            reason=one.reason,
            by=one.by,
            repository=one.repository,
        )
        for one in document.waivers
    )
