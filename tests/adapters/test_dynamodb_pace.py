"""Turns of a channel and the summaries of storms, in the ledger's table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from signalbox.adapters.dynamodb_pace import DynamoDbPace
from signalbox.adapters.dynamodb_storms import DynamoDbStorms
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.truth import Summary

from tests.fakes import FixedClock, release_id

WITHIN = timedelta(seconds=5)
pytestmark = pytest.mark.case(40)


def test_each_turn_is_a_second_after_the_one_before(table: LedgerTable) -> None:
    slept: list[float] = []
    pace = DynamoDbPace(table, FixedClock(), slept.append)
    assert [pace.turn("#a", within=WITHIN) for _ in range(7)] == [True] * 6 + [False]
    assert slept == [0, 1, 2, 3, 4, 5]
    assert pace.turn("#b", within=WITHIN)


def test_a_channel_that_was_quiet_makes_nobody_wait(table: LedgerTable) -> None:
    clock, slept = FixedClock(), [0.0]
    pace = DynamoDbPace(table, clock, slept.append)
    pace.turn("#a", within=WITHIN)
    clock.advance(timedelta(minutes=1))
    pace.turn("#a", within=WITHIN)
    assert slept == [0, 0, 0]


def test_turns_taken_at_once_are_all_different(table: LedgerTable) -> None:
    slept: list[float] = []
    pace = DynamoDbPace(table, FixedClock(), slept.append)
    with ThreadPoolExecutor(5) as pool:
        taken = list(pool.map(lambda _: pace.turn("#a", within=WITHIN), range(5)))
    assert len(slept) == sum(taken)
    assert len(set(slept)) == len(slept)


def test_a_storm_counts_each_release_once_and_one_may_tell_it(table: LedgerTable) -> None:
    clock = FixedClock()
    storms = DynamoDbStorms(table, clock)
    one, two = release_id(), release_id("22222222-aaaa-4bbb-8ccc-000000000002")
    for release in (one, two, one):
        storms.join("storm#1", release)
    assert set(storms.members("storm#1")) == {one, two}
    assert storms.has("storm#1", one)
    assert not storms.has("storm#2", one)
    until = clock.now() + timedelta(seconds=20)
    assert storms.claim("storm#1", until)
    assert not storms.claim("storm#1", until)
    assert storms.summary("storm#1") is None
    clock.advance(timedelta(seconds=20))
    assert storms.claim("storm#1", clock.now() + timedelta(seconds=20))
    summary = Summary(channel="C1", ts="1.2", told=2)
    storms.write_summary("storm#1", summary)
    assert storms.summary("storm#1") == summary
    assert storms.claim("storm#1", until + timedelta(minutes=1))
