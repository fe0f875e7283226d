"""The single steps that holds are made of, each done twice as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.errors import AwsUnavailableError
from signalbox.domain.holding import operator_sessions
from signalbox.domain.holds import REASON_MARK, Reach, Scope
from signalbox.usecases.effects_of_holds import HoldNews, hold_news
from signalbox.usecases.end_holds import end_holds
from signalbox.usecases.free_stage import free_stage
from signalbox.usecases.place_hold import place_hold
from signalbox.usecases.release_holds import release_holds
from signalbox.usecases.review_glass import review_glass
from signalbox.usecases.shut_stage import reason_of, shut_stage
from signalbox.usecases.tell_once import tell_once

from tests.fakes import NOW
from tests.gate_world import a_person
from tests.unit.holds.held_pipeline import PRODUCTION, SERVICE, HeldWorld

GRACE = a_person("grace")
COMMAND = Command(
    id="c1",
    kind=CommandKind.HOLD,
    principal="slack:T0001:U0GRACE",
    name="grace",
    at=NOW,
    scope=Scope(reach=Reach.ENVIRONMENT, environment="production"),
    reason="load  test\n",
)


@pytest.fixture
def world() -> HeldWorld:
    return HeldWorld()


def test_a_stage_is_noted_before_it_is_shut(world: HeldWorld) -> None:
    known: list[bool] = []
    world.codepipeline.before_a_switch = lambda *_: known.append(bool(world.ledger.closed))
    shut_stage(SERVICE, PRODUCTION, [world.place()], None, world)
    assert known == [True]
    (closed,) = world.ledger.closed_stages()
    assert (closed.confirmed, closed.holds) == (True, ("h1",))


def test_two_at_work_on_one_stage_do_not_undo_each_other(world: HeldWorld) -> None:
    hold = world.place()
    shut_stage(SERVICE, PRODUCTION, [hold], None, world)
    with pytest.raises(AwsUnavailableError):
        shut_stage(SERVICE, PRODUCTION, [hold], None, world)


def test_the_reason_names_one_hold_and_counts_the_others(world: HeldWorld) -> None:
    holds = [world.place(f"h{number}") for number in range(3)]
    assert reason_of(holds) == f"{REASON_MARK}: load test by Grace and 2 more holds"
    assert reason_of(holds[:2]).endswith("and 1 more hold")
    assert reason_of([]).startswith(REASON_MARK)


def test_a_stage_with_nobody_in_front_is_freed_without_a_check(world: HeldWorld) -> None:
    world.place()
    world.apply()
    (known,) = world.ledger.closed_stages()
    way = world.codepipeline.transitions(SERVICE)[-1]
    world.alarms.states = None  # type: ignore[assignment]
    assert free_stage(SERVICE, way, known, world)
    assert not world.way.closed


def test_placing_a_hold_twice_is_placing_it_once(world: HeldWorld) -> None:
    answers = {place_hold(COMMAND, GRACE, world).text for _ in range(2)}
    assert len(answers) == 1
    (hold,) = world.ledger.standing_holds()
    assert hold.reason == "load test"


def test_releasing_holds_ends_only_those_that_stood_when_it_was_asked(world: HeldWorld) -> None:
    world.place("h1")
    release_holds(replace(COMMAND, kind=CommandKind.RELEASE), GRACE, world)
    world.place("h2")
    answered = release_holds(replace(COMMAND, kind=CommandKind.RELEASE), GRACE, world)
    assert answered.text == "Released: production."
    assert [hold.id for hold in world.ledger.standing_holds()] == ["h2"]


def test_a_review_of_nothing_is_refused(world: HeldWorld) -> None:
    assert review_glass(replace(COMMAND, gate="none"), GRACE, world).denied


def test_what_is_told_once_rings_once(world: HeldWorld) -> None:
    news = hold_news(world.place(), HoldNews.STARTED, NOW)
    tell_once(news, world)
    tell_once(news, world)
    assert world.bells.rung == [news]


def test_holds_end_by_time_once_and_not_before(world: HeldWorld) -> None:
    world.place(until=NOW + timedelta(hours=1))
    world.place("h2")
    assert end_holds(world) == 0
    world.clock.advance(timedelta(hours=1))
    assert (end_holds(world), end_holds(world)) == (1, 0)
    assert [hold.id for hold in world.ledger.standing_holds()] == ["h2"]


@pytest.mark.parametrize(
    ("role", "sessions"),
    [
        ("arn:aws:iam::1:role/op", "arn:aws:sts::1:assumed-role/op/signalbox-"),
        ("arn:aws-cn:iam::1:role/a/b/op", "arn:aws-cn:sts::1:assumed-role/op/signalbox-"),
    ],
)
def test_our_sessions_are_known_by_the_role_of_the_service(role: str, sessions: str) -> None:
    assert operator_sessions(replace(SERVICE, operator_role_arn=role)) == sessions
