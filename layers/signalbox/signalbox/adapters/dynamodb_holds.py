"""Holds and the stages closed because of them, as items; the index lists what stands."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from signalbox.adapters.dynamodb_documents import from_document, moment, to_document
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_items import Item
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.domain.effects import Effect
from signalbox.domain.errors import AwsUnavailableError
from signalbox.domain.holds import ClosedStage, Hold

HOLDS, CLOSED_STAGES = "holds", "closed-stages"
"""The groups of the index that list holds nobody has ended, and closed stages."""


class DynamoDbHolds:
    """``HoldLedger`` on the ledger's table.

    The index lags behind by moments: each hold is read again, consistently.
    """

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def add_hold(self, hold: Hold, effects: Sequence[Effect]) -> bool:
        """Write a hold with its effects; False where one with its id is there already."""
        item = {"pk": hold.subject, "sk": "hold", **to_document(hold)}
        if hold.ended_at is None:
            item |= _listing(HOLDS, hold.since, hold.id)
        return self._table.write_once(item, effects_to_write(self._table, effects))

    def end_hold(self, hold_id: str, by: str, at: datetime, effects: Sequence[Effect]) -> bool:
        """End a hold with its effects; False where it has ended already or is not there."""
        nonce = secrets.token_hex(16)
        change = Change(
            "SET ended_at = :at, ended_by = :by, nonce = :nonce REMOVE gsi1pk, gsi1sk",
            condition="attribute_exists(pk) AND attribute_not_exists(ended_at)",
            values={":at": moment(at), ":by": by, ":nonce": nonce},
        )
        lead = self._table.updating(f"hold#{hold_id}", "hold", change)
        outcome = self._table.transact(lead, effects_to_write(self._table, effects))
        return outcome.unless_ours(nonce).won

    def hold(self, hold_id: str) -> Hold | None:
        """One hold, or None."""
        item = self._table.get(f"hold#{hold_id}", "hold")
        return from_document(Hold, item) if item else None

    def standing_holds(self) -> Sequence[Hold]:
        """Every hold that nobody has ended, those whose time is over included, oldest first."""
        found = (self.hold(item["id"]) for item in self._table.listed(HOLDS))
        return tuple(hold for hold in found if hold and hold.ended_at is None)

    def closed_stages(self) -> Sequence[ClosedStage]:
        """Every stage that Signalbox keeps closed, the one that is closed longest first.

        As the index shows them: a freeze may close hundreds, and each is read again before it is
        written, with the revision that was seen.
        """
        found = (from_document(ClosedStage, item) for item in self._table.listed(CLOSED_STAGES))
        return tuple(sorted(found, key=lambda one: (one.since, one.key)))

    def closed_stage(self, key: str) -> ClosedStage | None:
        """One of them, or None."""
        item = self._table.get(f"closed#{key}", "stage")
        return from_document(ClosedStage, item) if item else None

    def note_closed(self, stage: ClosedStage) -> ClosedStage:
        """Write or replace what is known of a closed stage; returns it as it was written.

        Raises AwsUnavailableError, and writes nothing, where it was written since it was read.
        """
        nonce, revision = secrets.token_hex(16), stage.revision + 1
        item = {
            "pk": f"closed#{stage.key}",
            "sk": "stage",
            "nonce": nonce,
            **to_document(stage),
            **_listing(CLOSED_STAGES, stage.since, stage.key),
            "revision": revision,
        }
        lead = self._table.put_over(item, "revision", stage.revision)
        if not self._table.transact(lead, []).unless_ours(nonce).won:
            raise AwsUnavailableError(f"{stage.key} was written by somebody else")
        return from_document(ClosedStage, item)

    def note_open(self, key: str) -> None:
        """Forget a stage, after it was opened or left to a person."""
        pk = f"closed#{key}"
        self._table.delete(pk, "stage", condition="pk = :pk", values={":pk": pk})


def _listing(group: str, since: datetime, name: str) -> Item:
    return {"gsi1pk": group, "gsi1sk": f"{moment(since)}#{name}"}
