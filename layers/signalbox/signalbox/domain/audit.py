"""The arithmetic of the audit: each entry holds the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry: ``what`` was about to be done to ``subject``; ``previous`` is the hash before."""

    subject: str
    number: int
    what: str
    details: Mapping[str, Any]
    at: datetime
    previous: str
    hash: str


def entry_hash(
    *, subject: str, number: int, what: str, details: Mapping[str, Any], at: datetime, previous: str
) -> str:
    """SHA-256 (hexadecimal) over the entry's canonical JSON: sorted keys, no spaces, UTF-8."""
    content = {
        "subject": subject,
        "number": number,
        "what": what,
        "details": details,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous": previous,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def first_break(entries: Iterable[AuditEntry]) -> int | None:
    """The number of the first entry that does not follow from those before it, or None.

    ``entries`` is a whole chain from its first entry on. That its tail is complete is what anchors
    say, not the chain.
    """
    previous = ""
    for number, entry in enumerate(entries, start=1):
        if (entry.number, entry.previous) != (number, previous) or not is_whole(entry):
            return number
        previous = entry.hash
    return None


def is_whole(entry: AuditEntry) -> bool:
    """Whether the entry has the hash that it holds."""
    return entry.hash == hash_as(entry, entry.number)


def hash_as(entry: AuditEntry, number: int) -> str:
    """The hash that the entry would have under a number."""
    return entry_hash(
        subject=entry.subject,
        number=number,
        what=entry.what,
        details=entry.details,
        at=entry.at,
        previous=entry.previous,
    )
