"""Time in the sandbox: what takes minutes on AWS takes seconds here.

`SIGNALBOX_TIME_SCALE` is the number of real seconds that one AWS second takes (default 0.1).
Waits and periods are scaled; timestamps are not: they stay the wall clock's.
"""

import os
import time
from datetime import UTC, datetime

DEFAULT_SCALE = 0.1


def scale() -> float:
    """Real seconds per AWS second; `1` is as slow as AWS."""
    value = float(os.environ.get("SIGNALBOX_TIME_SCALE", DEFAULT_SCALE))
    if not 0 < value <= 1:
        raise ValueError(f"SIGNALBOX_TIME_SCALE must be above 0 and at most 1, not {value:g}")
    return value


def scaled(aws_seconds: float) -> float:
    """How many real seconds pass in the sandbox for so many seconds on AWS."""
    return aws_seconds * scale()


def sleep(aws_seconds: float) -> None:
    """Sleep as long as AWS would, on the sandbox's scale."""
    time.sleep(scaled(aws_seconds))


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)
