"""Storms in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signalbox.domain.identity import ReleaseId
from signalbox.domain.truth import Summary
from signalbox.ports import Clock


class MemoryStorms:
    """``StormLedger``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.joined: dict[str, dict[ReleaseId, None]] = {}
        self.claims: dict[str, datetime] = {}
        self.summaries: dict[str, Summary] = {}

    def join(self, storm: str, release: ReleaseId) -> None:
        self.joined.setdefault(storm, {})[release] = None

    def has(self, storm: str, release: ReleaseId) -> bool:
        return release in self.joined.get(storm, {})

    def members(self, storm: str) -> Sequence[ReleaseId]:
        return tuple(self.joined.get(storm, {}))

    def claim(self, storm: str, until: datetime) -> bool:
        if self.claims.get(storm, self.clock.now()) > self.clock.now():
            return False
        self.claims[storm] = until
        return True

    def summary(self, storm: str) -> Summary | None:
        return self.summaries.get(storm)

    def write_summary(self, storm: str, summary: Summary) -> None:
        self.summaries[storm] = summary
        self.claims.pop(storm, None)
