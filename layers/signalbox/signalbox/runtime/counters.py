"""The metrics that use cases count."""

from __future__ import annotations

from signalbox.runtime.logging import count


class EmbeddedCounters:
    """``Counters`` as embedded metrics: they leave with the invocation's log."""

    def count(self, name: str) -> None:
        """Add one to the count of that name."""
        count(name)
