"""How fast and how long a run may ask CodePipeline, and whom it must leave alone for this time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from signalbox.domain.identity import PipelineId
from signalbox.ports import Clock

PERIOD = timedelta(minutes=5)
"""How often the schedule runs ``reconcile``."""

CALLS_PER_SECOND = 2.0
BURST = 4.0
"""Calls that may follow each other at once after a pause."""

GOLDEN = (math.sqrt(5) - 1) / 2
Thing = TypeVar("Thing")


class Budget:
    """A bucket of tokens, one for a call, that fills at two a second; and an end.

    CodePipeline throttles an account in a region as a whole, and people's consoles with it: so
    where it has throttled us once, the rest of that region is left to the next run.
    """

    def __init__(
        self, clock: Clock, *, until: datetime, pause: Callable[[float], None] | None
    ) -> None:
        """``until`` is when the run must have stopped asking. ``pause`` waits for seconds; None
        asks as fast as it can.
        """
        self._clock = clock
        self._until = until
        self._pause = pause
        self._tokens = BURST
        self._filled_at = clock.now()
        self._throttled: set[tuple[str, str]] = set()
        self.refused = 0
        """How often something was left to the next run."""

    def take(self, place: PipelineId, calls: int) -> bool:
        """Wait until that many calls are due; False where they must be left to the next run."""
        if self._is_left_alone(place) or not self._wait_for(calls):
            self.refused += 1
            return False
        return True

    def leave_alone(self, place: PipelineId) -> None:
        """Ask nothing more in the account and region of that pipeline."""
        self._throttled.add((place.account, place.region))

    def _is_left_alone(self, place: PipelineId) -> bool:
        return (place.account, place.region) in self._throttled

    def _wait_for(self, calls: int) -> bool:
        now = self._clock.now()
        passed = (now - self._filled_at).total_seconds()
        tokens = min(BURST, self._tokens + max(0.0, passed) * CALLS_PER_SECOND)
        wait = 0.0 if self._pause is None else max(0.0, (calls - tokens) / CALLS_PER_SECOND)
        if now + timedelta(seconds=wait) >= self._until:
            return False
        if self._pause is not None and wait > 0:
            self._pause(wait)
        self._tokens = tokens + wait * CALLS_PER_SECOND - calls
        self._filled_at = now + timedelta(seconds=wait)
        return True


def in_turn(things: Sequence[Thing], now: datetime) -> Sequence[Thing]:
    """The same things, beginning elsewhere in each run, so that what a run did not come to is
    nobody's fate. Multiples of the golden ratio fall evenly between all earlier ones (Weyl).
    """
    run = int(now.timestamp() // PERIOD.total_seconds())
    start = int(run * GOLDEN % 1 * len(things))
    return (*things[start:], *things[:start])
