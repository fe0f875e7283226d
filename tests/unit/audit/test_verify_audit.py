"""Which chains are compared with which anchors, and in which order they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from signalbox.domain.audit import AuditEntry
from signalbox.domain.verification import Anchor
from signalbox.usecases.verify_audit import verify_all, verify_audit

from tests.unit.audit.chains import OTHER, SUBJECT, Chain, anchors_of, chain_of


class Shelf:
    """Chains or anchors by subject; it notes what is read."""

    def __init__(self, kind: str, held: dict[str, list[AuditEntry]], reads: list[str]) -> None:
        self._kind = kind
        self._held = held
        self._reads = reads

    def subjects(self) -> Iterable[str]:
        return self._held

    def entries(self, subject: str) -> Sequence[AuditEntry]:
        self._reads.append(self._kind)
        return self._held.get(subject, [])


class Anchored:
    """Anchors of the last entry of each chain."""

    def __init__(self, held: dict[str, Chain], reads: list[str]) -> None:
        self._held = held
        self._reads = reads

    def subjects(self) -> Iterable[str]:
        return self._held

    def anchors(self, subject: str) -> Sequence[Anchor]:
        self._reads.append("anchors")
        chain = self._held.get(subject, [])
        return anchors_of(chain, len(chain)) if chain else []


def test_anchors_are_read_before_the_chain_that_may_grow_meanwhile() -> None:
    reads: list[str] = []
    chain = chain_of(3)
    verify_audit(
        SUBJECT,
        audit=Shelf("entries", {SUBJECT: chain}, reads),
        anchors=Anchored({SUBJECT: chain}, reads),
    )
    assert reads == ["anchors", "entries"]


def test_a_chain_that_was_anchored_and_is_gone_is_found_without_being_named() -> None:
    kept, gone = chain_of(3), chain_of(4, OTHER)
    found = verify_all(
        audit=Shelf("entries", {SUBJECT: kept}, []),
        anchors=Anchored({SUBJECT: kept, OTHER: gone}, []),
    )
    assert {each.subject: each.is_sound for each in found} == {SUBJECT: True, OTHER: False}


def test_a_chain_that_was_never_anchored_is_looked_at_as_well() -> None:
    found = verify_all(audit=Shelf("entries", {SUBJECT: chain_of(2)}, []), anchors=Anchored({}, []))
    assert [each.subject for each in found] == [SUBJECT]
