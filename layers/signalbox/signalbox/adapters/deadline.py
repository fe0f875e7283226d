"""When an answer must be there: whoever calls somebody on the way to it asks how long is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LEFT: ContextVar[Callable[[], float] | None] = ContextVar("left", default=None)


@contextmanager
def answered_within(
    seconds: float, *, monotonic: Callable[[], float] = time.monotonic
) -> Iterator[None]:
    """What is done inside is to be done in that time. Nobody is interrupted: who is about to wait
    for somebody asks first.
    """
    ends = monotonic() + seconds
    token = _LEFT.set(lambda: ends - monotonic())
    try:
        yield
    finally:
        _LEFT.reset(token)


def seconds_left() -> float:
    """Until the answer must be there; without end where nobody waits for one."""
    left = _LEFT.get()
    return math.inf if left is None else left()
