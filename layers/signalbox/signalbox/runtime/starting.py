"""A start that costs little: Lambda gives it a whole processor, and an event a share of one."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from signalbox.domain.errors import SignalboxError


@contextmanager
def quick_start() -> Iterator[None]:
    """While modules load nothing becomes garbage, so nobody need look for any: a tenth less."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def make_at_start(*makers: Callable[[], Any]) -> None:
    """In Lambda, make what every event needs; elsewhere importing stays free of all of it.

    What cannot be made, since a setting is missing, is left for the event that will say so.
    """
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        for make in makers:
            with suppress(SignalboxError):
                make()
