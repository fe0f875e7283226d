"""The pace of each channel as one item: the moment from which its next second is free."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from signalbox.adapters.dynamodb_documents import moment
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.ports import Clock

EVERY = timedelta(seconds=1)
"""Slack takes one message per second and channel, short bursts aside (docs.slack.dev, "Rate
limits"). Edits count here too."""

ATTEMPTS = 8
"""Others may take a turn between the read and the write; each attempt loses to one of them."""


class DynamoDbPace:
    """``Pace`` on the ledger's table: one read and one conditional write for each turn."""

    def __init__(
        self, table: LedgerTable, clock: Clock, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._table = table
        self._clock = clock
        self._sleep = sleep

    def turn(self, channel: str, *, within: timedelta) -> bool:
        """Reserve the channel's next free second and wait for it; False where it is too far off."""
        for _ in range(ATTEMPTS):
            item = self._table.get(_pk(channel), "pace")
            free = datetime.fromisoformat(item["free_at"]) if item else None
            now = self._clock.now()
            begins = max(now, free) if free else now
            if begins - now > within:
                return False
            if self._reserve(channel, free, begins + EVERY):
                self._sleep((begins - now).total_seconds())
                return True
        return False

    def _reserve(self, channel: str, free: datetime | None, until: datetime) -> bool:
        values = {":until": moment(until)}
        condition = "attribute_not_exists(free_at)"
        if free is not None:
            condition, values = "free_at = :free", values | {":free": moment(free)}
        change = Change("SET free_at = :until", condition=condition, values=values)
        return self._table.update(_pk(channel), "pace", change).won


def _pk(channel: str) -> str:
    return f"channel#{channel}"
