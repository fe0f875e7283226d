"""What came of a verification, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from signalbox.domain.verification import Verification

ANCHORED_WITHIN = timedelta(hours=1, minutes=10)
"""A grown chain is anchored within the hour; somewhat more before it is called late."""


def verification_lines(verifications: Sequence[Verification], now: datetime) -> Iterator[str]:
    """A line per chain, its findings and remarks below it, and a sum at the end."""
    for one in verifications:
        entries = "1 entry" if one.entries == 1 else f"{one.entries} entries"
        mark = "ok    " if one.is_sound else "BROKEN"
        yield f"{mark}  {one.subject}  {entries}, {_anchored(one)}"
        for broken in one.broken:
            yield f"        entry {broken.number}: {broken.words} ({broken.finding.value})"
        if one.loose:
            yield f"        {_loose(one, now)}"
        for remark in one.remarks:
            yield f"        remark: {remark}"
    broken_chains = sum(not one.is_sound for one in verifications)
    yield f"{_count(len(verifications), 'chain')}, {broken_chains or 'none'} broken"


def verification_document(one: Verification, now: datetime) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "subject": one.subject,
        "sound": one.is_sound,
        "entries": one.entries,
        "anchoredUpTo": one.anchored,
        "broken": [
            {"entry": broken.number, "finding": broken.finding.value, "words": broken.words}
            for broken in one.broken
        ],
        "notAnchored": {
            "entries": [entry.number for entry in one.loose],
            "oldestAt": _second(one.loose[0].at) if one.loose else None,
            "oldestAgeSeconds": int((now - one.loose[0].at).total_seconds()) if one.loose else None,
            "late": _is_late(one, now),
        },
        "remarks": list(one.remarks),
    }


def _anchored(one: Verification) -> str:
    return f"anchored up to entry {one.anchored}" if one.anchored else "never anchored"


def _loose(one: Verification, now: datetime) -> str:
    oldest = one.loose[0]
    numbers = [entry.number for entry in one.loose]
    which = str(numbers[0]) if len(numbers) == 1 else f"{min(numbers)} to {max(numbers)}"
    words = f"not anchored yet: entry {which}, the oldest from {_second(oldest.at)}"
    late = "; this is LATE: the hourly anchoring does not run" if _is_late(one, now) else ""
    return f"{words} ({_age(now - oldest.at)} ago){late}"


def _is_late(one: Verification, now: datetime) -> bool:
    return bool(one.loose) and now - one.loose[0].at > ANCHORED_WITHIN


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _second(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
