"""Holds and closed stages in DynamoDB, which the ledger in memory must agree with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_holds import DynamoDbHolds
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import AwsUnavailableError
from signalbox.domain.holds import ClosedStage, Hold, HoldSource, Reach, Scope
from signalbox.ports import HoldLedger

from tests.adapters.faults import faults
from tests.fakes import NOW, PIPELINE
from tests.memory_ledger import MemoryLedger

LATER = NOW + timedelta(hours=1)
HOLD = Hold(
    id="h1",
    scope=Scope(reach=Reach.ENVIRONMENT, environment="production"),
    owner="Olga",
    reason="load test",
    since=NOW,
    until=LATER,
    principal="slack:T0001:U0OLGA",
)
INCIDENT = Hold(
    id="i1",
    scope=Scope.of_stage(PIPELINE, "Production"),
    owner="signalbox",
    reason="errors",
    since=NOW,
    source=HoldSource.INCIDENT,
    incident="i1",
)
CLOSED = ClosedStage(
    pipeline=PIPELINE, stage="Production", since=NOW, reason="why", overruled=("h0",)
)


@pytest.fixture(params=["table", "memory"])
def holds(request: pytest.FixtureRequest) -> HoldLedger:
    if request.param == "memory":
        return MemoryLedger()
    return DynamoDbHolds(request.getfixturevalue("table"))


def an_effect(key: str) -> Effect:
    return Effect(kind=EffectKind.APPLY_HOLDS, subject=HOLD.subject, key=key, created_at=NOW)


def test_a_hold_comes_back_as_it_was_placed(holds: HoldLedger) -> None:
    assert holds.hold("h1") is None
    assert holds.add_hold(HOLD, [])
    assert holds.add_hold(INCIDENT, [])
    assert holds.hold("h1") == HOLD
    assert holds.hold("i1") == INCIDENT


def test_the_first_hold_of_an_id_stays(holds: HoldLedger) -> None:
    assert holds.add_hold(HOLD, [])
    assert not holds.add_hold(replace(HOLD, reason="other"), [])
    assert holds.hold("h1") == HOLD


def test_what_stands_is_listed_oldest_first_until_somebody_ends_it(holds: HoldLedger) -> None:
    younger = replace(HOLD, id="h0", since=NOW + timedelta(minutes=1))
    for hold in (younger, HOLD, INCIDENT):
        holds.add_hold(hold, [])
    assert holds.standing_holds() == (HOLD, INCIDENT, younger)
    assert holds.end_hold("h1", "time", LATER, [])
    assert not holds.end_hold("h1", "olga", LATER, [])
    assert not holds.end_hold("h9", "olga", LATER, [])
    assert holds.standing_holds() == (INCIDENT, younger)
    ended = holds.hold("h1")
    assert ended is not None
    assert (ended.ended_by, ended.ended_at) == ("time", LATER)


def test_a_hold_whose_time_is_over_stands_until_it_is_ended(holds: HoldLedger) -> None:
    holds.add_hold(HOLD, [])
    assert not HOLD.is_active(LATER)
    assert holds.standing_holds() == (HOLD,)


def test_a_closed_stage_comes_back_and_is_forgotten(holds: HoldLedger) -> None:
    assert holds.closed_stage(CLOSED.key) is None
    assert holds.note_closed(CLOSED) == CLOSED
    assert holds.closed_stage(CLOSED.key) == CLOSED
    earlier = replace(CLOSED, stage="Staging", since=NOW - timedelta(days=1))
    holds.note_closed(earlier)
    assert holds.closed_stages() == (earlier, CLOSED)
    holds.note_open(CLOSED.key)
    holds.note_open(CLOSED.key)
    assert holds.closed_stage(CLOSED.key) is None
    assert holds.closed_stages() == (earlier,)


def test_a_writer_who_has_not_seen_the_last_write_of_a_stage_writes_nothing(
    holds: HoldLedger,
) -> None:
    first = holds.note_closed(CLOSED)
    passing = holds.note_closed(replace(first, passing="e1"))
    assert passing.revision == first.revision + 1
    for late in (CLOSED, replace(first, waiting_for="tests")):
        with pytest.raises(AwsUnavailableError, match="somebody else"):
            holds.note_closed(late)
    kept = holds.closed_stage(CLOSED.key)
    assert kept is not None
    assert kept.passing == "e1"
    holds.note_closed(replace(kept, passing=""))


def test_a_stage_that_was_opened_meanwhile_is_not_written_again_by_who_has_seen_it_closed(
    holds: HoldLedger,
) -> None:
    seen = holds.note_closed(CLOSED)
    holds.note_open(CLOSED.key)
    with pytest.raises(AwsUnavailableError):
        holds.note_closed(replace(seen, waiting_for="tests"))


@pytest.mark.case(53)
def test_writes_whose_reply_was_lost_are_ours(table: LedgerTable) -> None:
    holds = DynamoDbHolds(table)
    with faults("TransactWriteItems", "lost-reply"):
        assert holds.add_hold(HOLD, [an_effect("started")])
    with faults("TransactWriteItems", "lost-reply"):
        seen = holds.note_closed(CLOSED)
    with faults("TransactWriteItems", "lost-reply"):
        assert holds.note_closed(replace(seen, passing="e1")).passing == "e1"
    with faults("TransactWriteItems", "lost-reply"):
        assert holds.end_hold("h1", "olga", LATER, [an_effect("ended")])
    effects = DynamoDbEffects(table)
    assert effects.effect(HOLD.subject, "started")
    assert effects.effect(HOLD.subject, "ended")


def test_effects_of_a_write_that_was_refused_are_not_written(table: LedgerTable) -> None:
    holds = DynamoDbHolds(table)
    holds.add_hold(HOLD, [])
    holds.add_hold(HOLD, [an_effect("again")])
    holds.end_hold("h1", "time", LATER, [])
    holds.end_hold("h1", "olga", LATER, [an_effect("ended-again")])
    effects = DynamoDbEffects(table)
    assert effects.effect(HOLD.subject, "again") is None
    assert effects.effect(HOLD.subject, "ended-again") is None
