"""What checks do to a gate: they keep it open, and where the policy says so they approve alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from signalbox.domain.gates import Choice, GateStatus, Verdict
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.states import AlarmState
from signalbox.policies.no_alarm_firing import NoAlarmFiring
from signalbox.usecases.open_gate import open_gate

from tests.gate_world import DIGEST, RELEASE, TASK_TOKEN, GateWorld, a_request, say
from tests.unit.gates.carrying import ask, card, carry_on, details, see_to, settle

QUIET = Policy(checks=(NoAlarmFiring(),))
BY_ITSELF = Policy(auto_approve=True)


def alarm(world: GateWorld, state: AlarmState) -> None:
    world.alarms.states = {"hello-production-errors": state}


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    world.policies.default = QUIET
    world.ledger.write_notes(RELEASE, staged_digest=DIGEST)
    return world


def test_enough_votes_stay_open_while_a_check_blocks_and_the_card_says_why(
    world: GateWorld,
) -> None:
    ask(world)
    alarm(world, AlarmState.ALARM)
    say(world, Choice.APPROVE)
    carry_on(world)
    gate = world.the_gate()
    assert (gate.status, gate.verdict) == (GateStatus.OPEN, None)
    assert gate.standing == ("firing: hello-production-errors",)
    assert "*Waits for:* 1 of 1 approvals; firing: hello-production-errors" in card(world)
    assert not world.workflows.completed


def test_it_is_approved_by_itself_once_the_check_passes(world: GateWorld) -> None:
    ask(world)
    alarm(world, AlarmState.ALARM)
    say(world, Choice.APPROVE)
    carry_on(world)
    see_to(world, after=timedelta(minutes=5))
    assert world.the_gate().verdict is None
    alarm(world, AlarmState.OK)
    see_to(world, after=timedelta(minutes=5))
    assert world.the_gate().reason == "Grace (U0GRACE)"
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]
    assert settle(world) == "APPROVED"


def test_a_gate_that_waits_for_a_check_is_weighed_once_in_a_while(world: GateWorld) -> None:
    alarm(world, AlarmState.ALARM)
    ask(world)
    say(world, Choice.APPROVE)
    carry_on(world)
    before = len(world.ledger.effects)
    for _ in range(4):
        see_to(world, after=timedelta(seconds=10))
    assert len(world.ledger.effects) == before + 1


def test_a_gate_for_which_nobody_has_voted_is_not_weighed_over_and_over(world: GateWorld) -> None:
    ask(world)
    before = len(world.ledger.effects)
    see_to(world, after=timedelta(hours=1))
    assert len(world.ledger.effects) == before


def test_a_policy_may_approve_at_once_and_nobody_is_asked(world: GateWorld) -> None:
    world.policies.default = BY_ITSELF
    answer = open_gate(a_request(), world)
    assert (answer["decision"], answer["verdict"]) == ("DECIDED", "APPROVED")
    gate = world.the_gate()
    assert (gate.verdict, gate.reason) == (Verdict.APPROVED, "all checks passed")
    assert [one["reason"] for one in details(world, "gate decided")] == ["all checks passed"]
    again = open_gate(a_request(), world)
    assert (again["decision"], again["verdict"]) == ("DECIDED", "APPROVED")
    assert len(details(world, "gate decided")) == 1


def test_where_a_check_warns_people_are_asked_until_it_passes(world: GateWorld) -> None:
    world.policies.default = BY_ITSELF
    alarm(world, AlarmState.ALARM)
    ask(world)
    see_to(world, after=timedelta(minutes=5))
    assert world.the_gate().verdict is None
    assert "approve_gate" in card(world)
    alarm(world, AlarmState.OK)
    see_to(world, after=timedelta(minutes=5))
    assert world.the_gate().reason == "all checks passed"
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]


def test_nothing_is_approved_by_itself_where_signalbox_only_observes(world: GateWorld) -> None:
    world.policies.default = Policy(auto_approve=True, mode=Mode.OBSERVE)
    assert open_gate(a_request(), world)["decision"] == "NONE"
    see_to(world, after=timedelta(minutes=5))
    assert world.the_gate().verdict is None
    assert not world.pipelines.answers
