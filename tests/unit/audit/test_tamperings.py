"""A thousand tamperings with anchored entries, by somebody who may write the table as they like."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.audit import AuditEntry, entry_hash
from signalbox.domain.verification import Anchor, Finding, Unreadable, verify

from tests.unit.audit.chains import (
    OTHER,
    SUBJECT,
    Chain,
    anchor,
    anchors_of,
    chain_of,
    rehashed,
    renumbered,
)

pytestmark = pytest.mark.case(66)

TAMPERINGS = 1000
Row = AuditEntry | Unreadable
Tampering = Callable[[random.Random, Chain, int], list[Row]]
"""Makes of an honest chain a false one; at least one entry up to ``last``, an anchored one, is not
what it was."""


def falsified(rng: random.Random, entry: AuditEntry) -> AuditEntry:
    """One field other than it was; the hash stays, unless it is the field."""
    change = rng.choice(
        [
            {"what": entry.what + "!"},
            {"what": ""},
            {"details": {}},
            {"details": {**entry.details, "n": str(entry.details["n"])}},
            {"details": {**entry.details, "n": float(entry.details["n"])}},
            {"details": {**entry.details, "who": None}},
            {"details": {**entry.details, "approvedBy": "me"}},
            {"at": entry.at + timedelta(microseconds=1)},
            {"at": entry.at - timedelta(days=1)},
            {"subject": OTHER},
            {"previous": "0" * 64},
            {"hash": "f" * 64},
            {"hash": entry.hash.upper()},
            {"number": entry.number + 1000},
        ]
    )
    return replace(entry, **change)


def change_one(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    at = rng.randrange(last)
    return [*chain[:at], falsified(rng, chain[at]), *chain[at + 1 :]]


def forge_one(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    """Another content with a hash that is right for it; the links stay."""
    at = rng.randrange(last)
    content = {
        "subject": SUBJECT, "number": at + 1, "what": "forged", "details": {"n": at},
        "at": chain[at].at, "previous": chain[at].previous,
    }  # fmt: skip
    return [*chain[:at], AuditEntry(**content, hash=entry_hash(**content)), *chain[at + 1 :]]


def rewrite_from(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    at = rng.randrange(last)
    return [*rehashed([*chain[:at], replace(chain[at], what="rewritten"), *chain[at + 1 :]])]


def rewrite_all(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    """Every entry another one, the chain valid, of any length."""
    length = rng.randint(1, len(chain) + 3)
    return [*chain_of(length, seed=rng.randrange(10**9) + 10**6)]


def delete_one(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    at = rng.randrange(last)
    return [*chain[:at], *chain[at + 1 :]]


def delete_some_and_close_the_gap(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    gone = {rng.randrange(last) for _ in range(rng.randint(1, 3))}
    left = [entry for at, entry in enumerate(chain) if at not in gone]
    return [*rng.choice([renumbered, rehashed])(left)]


def insert_one(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    at = rng.randrange(last)
    new = replace(chain_of(1, seed=rng.randrange(10**9))[0], what="inserted")
    closing = rng.choice([renumbered, rehashed])
    return [*closing([*chain[:at], new, *chain[at:]])]


def insert_between(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    """A sort key that is no number, between two that are."""
    at = rng.randrange(last)
    return [*chain[:at], Unreadable(number=at + 1, why="no entry"), *chain[at:]]


def reorder(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    """Two or all entries in another order: as they are, renumbered, or hashed anew."""
    order = list(range(len(chain)))
    if rng.random() < 0.5:
        one, other = rng.sample(range(len(chain)), 2)
        if min(one, other) >= last:
            one = rng.randrange(last)
        order[one], order[other] = order[other], order[one]
    else:
        while order[:last] == list(range(last)):
            rng.shuffle(order)
    moved = [chain[at] for at in order]
    return [*rng.choice([list, renumbered, rehashed])(moved)]


def cut_off(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    return [*chain[: rng.randrange(last)]]


def cut_off_and_go_on(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    """The end is replaced by other entries, validly hashed, as many or more."""
    kept = chain[: rng.randrange(last)]
    new = chain_of(last - len(kept) + rng.randrange(3), seed=rng.randrange(10**9) + 10**6)
    return [*rehashed([*kept, *new])]


def vanish(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    return []


def take_anothers_chain(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    """The chain of another release, as it is, under our name, or under our name hashed anew."""
    other = chain_of(len(chain) + rng.randrange(2), OTHER, seed=rng.randrange(10**9))
    ours = [replace(entry, subject=SUBJECT) for entry in other]
    return [*rng.choice([other, ours, rehashed(ours)])]


def take_anothers_entry(rng: random.Random, chain: Chain, last: int) -> list[Row]:
    at = rng.randrange(last)
    other = chain_of(len(chain), OTHER, seed=rng.randrange(10**9))[at]
    taken = rng.choice([other, replace(other, subject=SUBJECT)])
    return [*chain[:at], taken, *chain[at + 1 :]]


KINDS: tuple[Tampering, ...] = (
    change_one, forge_one, rewrite_from, rewrite_all, delete_one, delete_some_and_close_the_gap,
    insert_one, insert_between, reorder, cut_off, cut_off_and_go_on, vanish, take_anothers_chain,
    take_anothers_entry,
)  # fmt: skip
NAMED_EXACTLY = {
    change_one, delete_one, insert_between, cut_off, vanish, take_anothers_entry,
}  # fmt: skip
"""Where nobody hashed anew, the first false entry itself is named; else at least where to doubt."""


def anchored(rng: random.Random, chain: Chain) -> tuple[list[Anchor], int]:
    """One to three anchors anywhere, some put twice, and the number of the newest."""
    numbers = sorted(rng.sample(range(1, len(chain) + 1), rng.randint(1, min(3, len(chain)))))
    held = anchors_of(chain, *numbers)
    return [*held, *rng.sample(held, rng.randrange(len(held)))], numbers[-1]


def first_difference(chain: Chain, tampered: list[Row]) -> int:
    for number, entry in enumerate(chain, start=1):
        if number > len(tampered) or repr(tampered[number - 1]) != repr(entry):  # 1 is not 1.0
            return number
    return len(chain) + 1


def test_a_thousand_of_a_thousand_tamperings_are_found() -> None:
    found: Counter[str] = Counter()
    for seed in range(TAMPERINGS):
        rng = random.Random(seed)  # noqa: S311 - no secret
        tamper = KINDS[seed % len(KINDS)]
        chain = chain_of(rng.randint(2, 12), seed=seed)
        anchors, last = anchored(rng, chain)
        tampered = tamper(rng, chain, last)
        if rng.random() < 0.2:
            # The thief anchors what they made; the older versions cannot be taken away.
            later = [e for e in tampered if isinstance(e, AuditEntry) and e.number > 0]
            anchors += [anchor(one, at=chain[-1].at + timedelta(days=9)) for one in later]
        assert verify(SUBJECT, chain, anchors[:1]).is_sound
        verification = verify(SUBJECT, tampered, anchors)
        context = f"seed {seed}: {tamper.__name__}: {verification.broken}"
        assert not verification.is_sound, context
        broken, difference = verification.broken[0], first_difference(chain, tampered)
        first = broken.number
        assert difference <= last, context
        if tamper in NAMED_EXACTLY:
            assert first == difference, context
        else:
            # What stands before a cut, behind the last anchor that is left, nobody can judge.
            assert first <= difference + 1 or broken.finding is Finding.CUT_OFF, context
        assert broken.words
        found[tamper.__name__] += 1
    assert sum(found.values()) == TAMPERINGS
    assert min(found.values()) >= TAMPERINGS // len(KINDS)


@given(
    length=st.integers(1, 30),
    seed=st.integers(0, 10**6),
    numbers=st.sets(st.integers(1, 30)),
    twice=st.booleans(),
    hidden=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_an_honest_chain_is_never_accused(
    length: int, seed: int, numbers: set[int], twice: bool, hidden: bool
) -> None:
    chain = chain_of(length, seed=seed)
    known = sorted(number for number in numbers if number <= length)
    anchors = [anchor(chain[number - 1], hidden=hidden) for number in known] * (2 if twice else 1)
    verification = verify(SUBJECT, chain, anchors)
    assert verification.broken == ()
    assert verification.anchored == max(known, default=0)
    assert len(verification.loose) == length - max(known, default=0)


def test_a_chain_that_anchors_know_nothing_of_is_loose_and_not_accused() -> None:
    chain = chain_of(4)
    verification = verify(SUBJECT, chain, [])
    assert (verification.is_sound, verification.anchored) == (True, 0)
    assert [entry.number for entry in verification.loose] == [1, 2, 3, 4]


def test_what_is_newer_than_the_last_anchor_is_said() -> None:
    chain = chain_of(6)
    verification = verify(SUBJECT, chain, anchors_of(chain, 2, 4))
    assert verification.is_sound
    assert [entry.number for entry in verification.loose] == [5, 6]


def test_a_break_among_loose_entries_is_found_all_the_same() -> None:
    chain = chain_of(6)
    anchors = anchors_of(chain, 2)
    (broken,) = verify(SUBJECT, [*chain[:4], *chain[5:]], anchors).broken
    assert (broken.number, broken.finding) == (5, Finding.MISSING)


def test_clocks_that_run_backwards_are_a_remark() -> None:
    chain = chain_of(3)
    skewed = rehashed(
        [chain[0], replace(chain[1], at=chain[0].at - timedelta(minutes=5)), chain[2]]
    )
    verification = verify(SUBJECT, skewed, anchors_of(skewed, 3))
    assert verification.is_sound
    (remark,) = verification.remarks
    assert "entry 2" in remark
    assert "300 s" in remark


@pytest.mark.parametrize(
    ("tampered", "finding", "number"),
    [
        pytest.param(lambda c: [c[0], replace(c[1], what="x"), *c[2:]], "CHANGED", 2, id="changed"),
        pytest.param(lambda c: [c[0], *c[2:]], "MISSING", 2, id="deleted"),
        pytest.param(lambda c: renumbered([c[0], c[2], c[1], *c[3:]]), "MISPLACED", 2, id="moved"),
        pytest.param(lambda c: c[:3], "CUT_OFF", 4, id="cut off"),
        pytest.param(lambda _: [], "VANISHED", 1, id="gone"),
        pytest.param(
            lambda c: rehashed([*c[:4], replace(c[4], what="x"), *c[5:]]), "REWRITTEN", 4,
            id="rewritten behind the first anchor",
        ),
        pytest.param(
            lambda c: rehashed([replace(c[0], what="x"), *c[1:]]), "REWRITTEN", 1,
            id="rewritten from the start",
        ),
        pytest.param(
            lambda c: [*c[:2], Unreadable(number=3, why="no hash"), *c[3:]], "UNREADABLE", 3,
            id="unreadable",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_break_has_its_name(
    tampered: Callable[[Chain], list[Row]], finding: str, number: int
) -> None:
    chain = chain_of(6)
    first = verify(SUBJECT, tampered(chain), anchors_of(chain, 3, 6)).broken[0]
    assert (first.finding, first.number) == (finding, number)


def test_a_replaced_entry_is_named_and_not_the_honest_one_behind_it() -> None:
    chain = chain_of(6)
    forged = forge_one(random.Random(1), chain[:3], 3)  # noqa: S311
    at = first_difference(chain, [*forged, *chain[3:]])
    first = verify(SUBJECT, [*forged, *chain[3:]], anchors_of(chain, 6)).broken[0]
    assert (first.finding, first.number) == (Finding.REPLACED, at)


def test_a_false_anchor_put_later_is_found_out_by_the_older_version() -> None:
    chain = chain_of(3)
    later = replace(anchor(chain[2]), head="0" * 64, at=chain[2].at + timedelta(days=1))
    (broken,) = verify(SUBJECT, chain, [later, anchor(chain[2])]).broken
    assert broken.finding is Finding.ANCHORS_DISAGREE
    assert broken.number == 3


def test_an_anchor_that_cannot_be_read_is_a_finding() -> None:
    chain = chain_of(2)
    held = [anchor(chain[1]), Unreadable(number=1, why="no anchor")]
    (broken,) = verify(SUBJECT, chain, held).broken
    assert (broken.finding, broken.number) == (Finding.ANCHOR_UNREADABLE, 1)


def test_an_anchor_without_a_lock_among_locked_ones_is_a_remark() -> None:
    chain = chain_of(2)
    locked = anchor(chain[1], locked_until=chain[1].at + timedelta(days=400))
    verification = verify(SUBJECT, chain, [anchor(chain[0]), locked])
    assert verification.is_sound
    assert verification.remarks[-1] == "the anchor of entry 1 bears no lock, others do"


def test_a_deleted_anchor_whose_versions_remain_is_a_remark() -> None:
    chain = chain_of(2)
    verification = verify(SUBJECT, chain, [anchor(chain[1], hidden=True)])
    assert verification.is_sound
    assert "entry 2" in verification.remarks[0]
