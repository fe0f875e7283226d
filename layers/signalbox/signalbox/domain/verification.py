"""Compares chains of the audit with their anchors. A chain alone says whether it hangs together;
only its anchors say that it is still the same chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

from signalbox.domain.audit import AuditEntry, hash_as, is_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """What stands in an entry's or an anchor's place and is none. ``number`` is 0 if unknown."""

    number: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One version of one anchor: ``head`` was the hash of entry ``number`` when it was put.

    ``at`` is S3's time. ``locked_until`` is None where the caller does not see the lock or the
    version has none; ``hidden`` where a delete marker stands on top of the object.
    """

    subject: str
    number: int
    head: str
    at: datetime
    locked_until: datetime | None = None
    hidden: bool = False


class Finding(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "CHANGED"
    MISSING = "MISSING"
    MISPLACED = "MISPLACED"
    MISLINKED = "MISLINKED"
    REPLACED = "REPLACED"
    REWRITTEN = "REWRITTEN"
    CUT_OFF = "CUT_OFF"
    VANISHED = "VANISHED"
    UNREADABLE = "UNREADABLE"
    ANCHORS_DISAGREE = "ANCHORS_DISAGREE"
    ANCHOR_UNREADABLE = "ANCHOR_UNREADABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One finding: the first entry it concerns, and what is wrong in words."""

    number: int
    finding: Finding
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of comparing one chain with its anchors.

    ``broken`` is empty where all is well; its first one names the first broken entry. ``remarks``
    accuse nobody. ``loose`` are the entries newer than the last anchor, oldest first: that they
    hang together is known, that none is missing or replaced is not.
    """

    subject: str
    entries: int
    anchored: int
    broken: tuple[Break, ...]
    remarks: tuple[str, ...]
    loose: tuple[AuditEntry, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with the chain up to its last anchor, nor behind it."""
        return not self.broken


def verify(
    subject: str, entries: Iterable[AuditEntry | Unreadable], anchors: Iterable[Anchor | Unreadable]
) -> Verification:
    """Compare a chain, in the order in which it is kept, with every version of its anchors.

    Read the anchors before the entries: a chain only grows, and then holds all that was anchored.
    """
    chain, held = tuple(entries), tuple(anchors)
    known = sorted((a for a in held if isinstance(a, Anchor)), key=lambda a: (a.number, a.at))
    link = next(_broken_links(subject, chain, known), None)
    broken = [
        *_broken_anchors(chain, known, before=link.number if link else len(chain) + 1),
        *([link] if link else []),
        *_cut_off(chain, known),
        *_unreadable(held),
    ]
    anchored = max((anchor.number for anchor in known), default=0)
    readable = [entry for entry in chain if isinstance(entry, AuditEntry)]
    return Verification(
        subject=subject,
        entries=len(chain),
        anchored=anchored,
        broken=tuple(broken),
        remarks=(*_clock_remarks(readable), *_lock_remarks(known)),
        loose=tuple(entry for entry in readable if entry.number > anchored),
    )


def _broken_links(
    subject: str, chain: Sequence[AuditEntry | Unreadable], anchors: Sequence[Anchor]
) -> Iterator[Break]:
    """The places where the chain does not hang together; only the first one means anything."""
    previous = ""
    for number, entry in enumerate(chain, start=1):
        if isinstance(entry, Unreadable):
            yield Break(number=number, finding=Finding.UNREADABLE, words=entry.why)
            return
        if entry.number != number:
            yield _out_of_place(number, entry)
        elif entry.subject != subject or not is_whole(entry):
            yield _changed(number, entry, len(chain))
        elif entry.previous != previous:
            yield _mislinked(number, chain, anchors)
        previous = entry.hash


def _out_of_place(number: int, entry: AuditEntry) -> Break:
    if entry.number > number:
        words = f"it is missing: entry {entry.number} stands in its place"
        return Break(number=number, finding=Finding.MISSING, words=words)
    words = f"an entry under the number {entry.number} stands in its place"
    return Break(number=number, finding=Finding.MISPLACED, words=words)


def _changed(number: int, entry: AuditEntry, length: int) -> Break:
    fitting = (one for one in range(1, 2 * length + 1) if entry.hash == hash_as(entry, one))
    elsewhere = next(fitting, None)
    if elsewhere is None:
        words = "it was changed: its content does not have the hash that it holds"
        return Break(number=number, finding=Finding.CHANGED, words=words)
    words = f"it was moved: it was written as entry {elsewhere}"
    return Break(number=number, finding=Finding.MISPLACED, words=words)


def _mislinked(
    number: int, chain: Sequence[AuditEntry | Unreadable], anchors: Sequence[Anchor]
) -> Break:
    """Which of two neighbours is false: an anchor further on may vouch for the later one."""
    if number > 1 and number in _vouched_for(chain, anchors):
        words = f"it was replaced: entry {number}, which is anchored, follows from another one"
        return Break(number=number - 1, finding=Finding.REPLACED, words=words)
    words = "it does not follow from the entry before it: one was put in, taken out or replaced"
    return Break(number=number, finding=Finding.MISLINKED, words=words)


def _vouched_for(
    chain: Sequence[AuditEntry | Unreadable], anchors: Sequence[Anchor]
) -> frozenset[int]:
    """Entries whose hash an anchor holds, and whose hash such an entry holds, and so on down."""
    heads = {(anchor.number, anchor.head) for anchor in anchors}
    vouched: set[int] = set()
    expected = ""
    for number, entry in reversed(list(enumerate(chain, start=1))):
        known = isinstance(entry, AuditEntry) and (
            entry.hash == expected or (number, entry.hash) in heads
        )
        if isinstance(entry, AuditEntry) and known and is_whole(entry):
            vouched.add(number)
            expected = entry.previous
        else:
            expected = ""
    return frozenset(vouched)


def _broken_anchors(
    chain: Sequence[AuditEntry | Unreadable], anchors: Sequence[Anchor], *, before: int
) -> Iterator[Break]:
    """The first anchor of an entry ``before`` the first broken link that the chain contradicts.

    Of several versions the oldest counts: whoever forges can add versions and take none away.
    """
    agreed: list[Anchor] = []
    for number in sorted({anchor.number for anchor in anchors if 0 < anchor.number < before}):
        versions = [anchor for anchor in anchors if anchor.number == number]
        oldest = versions[0]
        if getattr(chain[number - 1], "hash", "") != oldest.head:
            # Anchors that were put later may be part of the forgery.
            first = 1 + max((one.number for one in agreed if one.at <= oldest.at), default=0)
            words = _rewritten(first, number, oldest.at)
            yield Break(number=first, finding=Finding.REWRITTEN, words=words)
            return
        if any(version.head != oldest.head for version in versions):
            words = "a later version of its anchor holds another hash than the first"
            yield Break(number=number, finding=Finding.ANCHORS_DISAGREE, words=words)
            return
        agreed.append(oldest)


def _rewritten(first: int, last: int, at: datetime) -> str:
    words = f"entry {last} is not the one that was anchored at {_second(at)}"
    return words if first == last else f"{words}; entries {first} to {last} may all be false"


def _cut_off(
    chain: Sequence[AuditEntry | Unreadable], anchors: Sequence[Anchor]
) -> Iterator[Break]:
    """Whether anchors speak of entries behind the end of the chain."""
    last = anchors[-1] if anchors else None
    end = max((entry.number for entry in chain), default=0)
    if last is None or last.number <= end:
        return
    since = _second(last.at)
    if not chain:
        words = f"the whole chain is gone: entry {last.number} was anchored at {since}"
        yield Break(number=1, finding=Finding.VANISHED, words=words)
    else:
        words = f"the end is cut off: entry {last.number} was anchored at {since}"
        yield Break(number=end + 1, finding=Finding.CUT_OFF, words=words)


def _unreadable(held: Sequence[Anchor | Unreadable]) -> Iterator[Break]:
    for one in held:
        if isinstance(one, Unreadable):
            yield Break(number=one.number, finding=Finding.ANCHOR_UNREADABLE, words=one.why)


def _clock_remarks(entries: Sequence[AuditEntry]) -> Iterator[str]:
    """Clocks of two machines differ; the hash says what came first, the time does not."""
    for earlier, later in pairwise(entries):
        if later.at < earlier.at:
            seconds = (earlier.at - later.at).total_seconds()
            yield (
                f"entry {later.number} bears a time {seconds:g} s before that of the entry before"
                " it: the clocks of two writers differ"
            )


def _lock_remarks(anchors: Sequence[Anchor]) -> Iterator[str]:
    hidden = sorted({anchor.number for anchor in anchors if anchor.hidden})
    if hidden:
        numbers = ", ".join(map(str, hidden))
        yield f"somebody deleted the anchor of entry {numbers}; its versions are still there"
    unlocked = sorted({anchor.number for anchor in anchors if anchor.locked_until is None})
    if unlocked and any(anchor.locked_until for anchor in anchors):
        yield f"the anchor of entry {', '.join(map(str, unlocked))} bears no lock, others do"


def _second(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
