"""Who is asked and does not answer is reminded, and in the end others are called; each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from signalbox.domain.gates import Choice
from signalbox.domain.policy import Escalation, Group, Policy, Quorum

from tests.gate_world import GateWorld, say
from tests.unit.gates.carrying import ask, carry_on, see_to, told

HOUR = timedelta(hours=1)
LEADS = Group(name="leads", members=frozenset({"U0EDSGER"}))
TEAM = Group(name="team", members=frozenset({"U0ADA", "U0GRACE", "U0LINUS", "U0BARBARA"}))
POLICY = Policy(
    groups=(LEADS, TEAM),
    quorum=Quorum(approvals=2, groups=("team",)),
    remind_after=(2 * HOUR, 8 * HOUR),
    escalation=Escalation(after=12 * HOUR, groups=("leads",)),
)
REMINDER, CALL = "⏰", "📣"


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    world.policies.default = POLICY
    ask(world)
    return world


def test_nobody_is_reminded_before_the_time(world: GateWorld) -> None:
    see_to(world, after=2 * HOUR - timedelta(seconds=1))
    assert told(world, REMINDER) == []


def test_those_who_may_approve_and_have_not_voted_are_mentioned_once(world: GateWorld) -> None:
    say(world, Choice.APPROVE, "U0GRACE")
    carry_on(world)
    for _ in range(3):
        see_to(world, after=2 * HOUR)
    [(text, loud)] = told(world, REMINDER)
    assert "<@U0LINUS>" in text
    assert "<@U0BARBARA>" in text
    assert "1 of 2 approvals" in text
    for other in ("GRACE", "ADA", "ALAN", "EDSGER"):
        assert f"<@U0{other}>" not in text
    assert not loud


def test_a_terminal_is_an_answer_as_well(world: GateWorld) -> None:
    say(world, Choice.APPROVE, "arn:aws:sts::123456789012:assumed-role/Team/linus")
    carry_on(world)
    see_to(world, after=2 * HOUR)
    [(text, _)] = told(world, REMINDER)
    assert "<@U0LINUS>" not in text


def test_each_time_that_comes_is_told_and_those_that_were_missed_are_not_made_up_for(
    world: GateWorld,
) -> None:
    see_to(world, after=2 * HOUR)
    see_to(world, after=6 * HOUR)
    see_to(world, after=HOUR)
    assert len(told(world, REMINDER)) == 2
    late = GateWorld()
    late.policies.default = POLICY
    ask(late)
    see_to(late, after=9 * HOUR)
    assert len(told(late, REMINDER)) == 1


def test_others_are_called_aloud_and_by_e_mail_once(world: GateWorld) -> None:
    see_to(world, after=11 * HOUR)
    assert told(world, CALL) == []
    assert world.publisher.published == []
    for _ in range(3):
        see_to(world, after=HOUR)
    [(text, loud)] = told(world, CALL)
    assert loud
    assert "<@U0EDSGER>" in text
    [(subject, _)] = world.publisher.published
    assert subject == "hello 4f1c2d3: still waits for approval, too few have answered"


def test_a_gate_that_is_decided_calls_nobody(world: GateWorld) -> None:
    say(world, Choice.REJECT, "U0GRACE", reason="no")
    carry_on(world)
    see_to(world, after=13 * HOUR)
    assert told(world, REMINDER) == told(world, CALL) == []
    assert world.publisher.published == []


def test_whoever_voted_on_the_card_before_is_reminded_of_the_new_one(world: GateWorld) -> None:
    say(world, Choice.APPROVE, "U0GRACE")
    carry_on(world)
    world.policies.default = Policy(
        groups=POLICY.groups, quorum=POLICY.quorum, remind_after=(2 * HOUR,), digest="another"
    )
    see_to(world)
    assert world.the_gate().round == 2
    see_to(world, after=2 * HOUR)
    [(text, _)] = told(world, REMINDER)
    assert "<@U0GRACE>" in text
