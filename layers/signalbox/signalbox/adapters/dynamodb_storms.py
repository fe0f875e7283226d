"""Storms as items: one per member, and one for the summary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signalbox.adapters.dynamodb_documents import moment
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.domain.identity import ReleaseId
from signalbox.domain.truth import Summary
from signalbox.ports import Clock


class DynamoDbStorms:
    """``StormLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def join(self, storm: str, release: ReleaseId) -> None:
        """Add a release to a storm; twice is once."""
        self._table.put_once({"pk": storm, "sk": f"member#{release.key}"})

    def has(self, storm: str, release: ReleaseId) -> bool:
        """Whether a release has joined."""
        return self._table.get(storm, f"member#{release.key}") is not None

    def members(self, storm: str) -> Sequence[ReleaseId]:
        """Every release that has joined, in the order of their keys."""
        found = self._table.query(storm, "begins_with(sk, :start)", "member#")
        return tuple(ReleaseId.from_key(item["sk"].removeprefix("member#")) for item in found)

    def claim(self, storm: str, until: datetime) -> bool:
        """Claim the right to send its summary until then; False while somebody else has it."""
        change = Change(
            "SET claimed_until = :until",
            condition="attribute_not_exists(claimed_until) OR claimed_until <= :now",
            values={":until": moment(until), ":now": moment(self._clock.now())},
        )
        return self._table.update(storm, "summary", change).won

    def summary(self, storm: str) -> Summary | None:
        """The summary as it was last sent, or None."""
        item = self._table.get(storm, "summary")
        if item is None or "ts" not in item:
            return None
        return Summary(channel=item["channel"], ts=item["ts"], told=item["told"])

    def write_summary(self, storm: str, summary: Summary) -> None:
        """Note what was sent, and give the claim back."""
        change = Change(
            "SET channel = :channel, ts = :ts, told = :told REMOVE claimed_until",
            values={":channel": summary.channel, ":ts": summary.ts, ":told": summary.told},
        )
        self._table.update(storm, "summary", change)
