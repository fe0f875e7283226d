"""Chains and anchors as an honest Signalbox leaves them, and the arithmetic of whoever forges."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from signalbox.domain.audit import AuditEntry, entry_hash
from signalbox.domain.verification import Anchor

from tests.fakes import NOW

SUBJECT = "release#123456789012/us-east-1/hello/e1"
OTHER = "release#123456789012/us-east-1/hello/e2"

Chain = list[AuditEntry]


def chain_of(length: int, subject: str = SUBJECT, *, seed: int = 0) -> Chain:
    """An honest chain with details of every JSON kind; clocks may differ by seconds."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    said: list[dict[str, Any]] = [
        {
            "subject": subject,
            "what": rng.choice(["gate opened", "gate decided", "message posted", "ümlaut"]),
            "details": {"n": number, "who": {"id": rng.random()}, "list": [None, True, 1.5, "ß"]},
            "at": NOW + timedelta(minutes=number, seconds=rng.randint(-90, 90)),
        }
        for number in range(1, length + 1)
    ]
    return hashed(said)


def hashed(said: Iterable[dict[str, Any]]) -> Chain:
    """Numbers, links and hashes anew, as a thief with the source code would make them."""
    chain: Chain = []
    for number, one in enumerate(said, start=1):
        content = {**one, "number": number, "previous": chain[-1].hash if chain else ""}
        chain.append(AuditEntry(**content, hash=entry_hash(**content)))
    return chain


def rehashed(chain: Sequence[AuditEntry]) -> Chain:
    """A valid chain of the same contents in this order."""
    return hashed(
        {"subject": e.subject, "what": e.what, "details": e.details, "at": e.at} for e in chain
    )


def renumbered(chain: Sequence[AuditEntry]) -> Chain:
    """The same entries under numbers without a gap; hashes and links stay."""
    return [replace(entry, number=number) for number, entry in enumerate(chain, start=1)]


def anchor(entry: AuditEntry, at: datetime | None = None, **more: Any) -> Anchor:
    return Anchor(
        subject=entry.subject,
        number=entry.number,
        head=entry.hash,
        at=at or entry.at + timedelta(hours=1),
        **more,
    )


def anchors_of(chain: Chain, *numbers: int) -> list[Anchor]:
    return [anchor(chain[number - 1]) for number in numbers]
