"""What a sweep may name for deletion."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signalbox.domain.protection import SHARE, judge
from signalbox.domain.sweeps import Thing

from tests.fakes import NOW

EXECUTIONS = st.sampled_from([f"execution-{number}" for number in range(6)])
TIMES = st.one_of(st.none(), st.integers(0, 10**6).map(lambda s: NOW - timedelta(seconds=s)))


@st.composite
def inventories(draw: st.DrawFn) -> list[Thing]:
    return [
        Thing(
            kind="artifact",
            id=f"s3://bucket/{number}",
            created_at=draw(TIMES),
            in_use=tuple(draw(st.lists(st.sampled_from(["alias live", "alias next"]), max_size=1))),
            releases=tuple(draw(st.lists(EXECUTIONS, max_size=3))),
        )
        for number in range(draw(st.integers(0, 40)))
    ]


@pytest.mark.case(65)
@given(things=inventories(), kept=st.lists(st.tuples(EXECUTIONS, st.just("kept")), max_size=4))
def test_nothing_in_use_or_unknown_or_kept_is_ever_deleted(
    things: list[Thing], kept: list[tuple[str, str]]
) -> None:
    judgements = judge(things, kept)
    safe = {execution for execution, _ in kept}
    deleted = [one.thing for one in judgements if one.delete]
    assert len(judgements) == len(things)
    assert all(one.why for one in judgements)
    for thing in deleted:
        assert not thing.in_use
        assert thing.releases
        assert thing.created_at is not None
        assert not safe & set(thing.releases)
    assert len(deleted) <= max(1, len(things) // SHARE)


def test_the_oldest_goes_first_and_the_cap_says_so() -> None:
    def thing(age: int) -> Thing:
        moment: datetime = NOW - timedelta(days=age)
        return Thing(kind="artifact", id=f"{age}", created_at=moment, releases=("gone",))

    judgements = judge([thing(1), thing(3), thing(2)], [])
    assert [one.thing.id for one in judgements if one.delete] == ["3"]
    assert "at most 1 of 3" in judgements[1].why


def test_the_strongest_reason_is_the_one_told() -> None:
    thing = Thing(kind="artifact", id="a", created_at=NOW, releases=("x",))
    [judgement] = judge([thing], [("x", "it is open"), ("x", "it is good")])
    assert judgement.why == "it is open"
