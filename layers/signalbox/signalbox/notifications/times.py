"""Times and durations as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


def clock_time(at: datetime | None) -> str:
    """``14:03:22`` in UTC, or nothing."""
    return at.astimezone(UTC).strftime("%H:%M:%S") if at else ""


def day_and_time(at: datetime | None) -> str:
    """``22 Nov 14:03 UTC``, or nothing."""
    return at.astimezone(UTC).strftime("%d %b %H:%M UTC").lstrip("0") if at else ""


def duration(start: datetime | None, end: datetime | None) -> str:
    """``2 min 5 s``; empty where one of the two is not known or they are the wrong way round."""
    if not start or not end or end < start:
        return ""
    minutes, seconds = divmod(int((end - start).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
