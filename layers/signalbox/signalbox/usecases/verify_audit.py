"""Compares the audit's chains with their anchors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from signalbox.domain.audit import AuditEntry
from signalbox.domain.verification import Anchor, Unreadable, Verification, verify

AT_ONCE = 8
"""Chains that are read at the same time; the readers must bear that."""


class AuditReader(Protocol):
    """Chains as they are found, by somebody who trusts none of them."""

    def subjects(self) -> Iterable[str]:
        """The subject of every chain that has an entry. Reads the whole table."""

    def entries(self, subject: str) -> Iterable[AuditEntry | Unreadable]:
        """One chain in the order of its keys."""


class AnchorReader(Protocol):
    """Every version of every anchor, deleted ones included."""

    def subjects(self) -> Iterable[str]:
        """The subject of every chain that was ever anchored. Lists the whole bucket."""

    def anchors(self, subject: str) -> Sequence[Anchor | Unreadable]:
        """Every version of every anchor of one chain."""


def verify_audit(subject: str, *, audit: AuditReader, anchors: AnchorReader) -> Verification:
    """Compare one chain with its anchors, which are read first: the chain may grow meanwhile."""
    held = anchors.anchors(subject)
    return verify(subject, audit.entries(subject), held)


def verify_all(*, audit: AuditReader, anchors: AnchorReader) -> Iterator[Verification]:
    """Compare every chain that exists, or existed: one that was anchored must still be there."""
    subjects = {*anchors.subjects(), *audit.subjects()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(
            lambda subject: verify_audit(subject, audit=audit, anchors=anchors), sorted(subjects)
        )
