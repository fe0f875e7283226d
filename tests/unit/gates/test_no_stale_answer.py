"""Nothing stale is approved (``find_newer_release``), nothing that waits is given up, and what is
only observed is left alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus, Settlement, Verdict
from signalbox.domain.holds import Hold, Scope
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.states import ActionState, AlarmState
from signalbox.policies.no_alarm_firing import NoAlarmFiring
from signalbox.usecases.open_gate import open_gate
from signalbox.usecases.settle_gate import settle_gate

from tests.gate_world import DIGEST, RELEASE, TASK_TOKEN, GateWorld, a_request, a_truth, say
from tests.unit.gates.carrying import ROOT, answered, ask, card, carry_on, details, see_to, settle

NEWER = "99999999-aaaa-4bbb-8ccc-000000000009"
BY_ITSELF = Policy(auto_approve=True)


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    world.ledger.write_notes(RELEASE, staged_digest=DIGEST)
    return world


def a_newer_one_waits(world: GateWorld) -> None:
    world.pipelines.truths[RELEASE] = a_truth(mode="SUPERSEDED")
    world.pipelines.waiting["Approval"] = [NEWER]


@pytest.mark.case(18)
def test_an_approval_that_comes_after_a_newer_release_is_stale(world: GateWorld) -> None:
    ask(world)
    a_newer_one_waits(world)
    say(world, Choice.APPROVE)
    carry_on(world)
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "SUPERSEDED"})]
    assert settle(world) == "REJECTED"
    assert [approve for _, approve, _ in world.pipelines.answers] == [False]
    assert "A newer release took its place" in card(world)
    assert [one["verdict"] for one in details(world, "gate closed")] == ["SUPERSEDED"]


@pytest.mark.case(18)
def test_a_policy_that_keeps_stale_gates_lets_them_be_approved(world: GateWorld) -> None:
    world.policies.default = Policy(keep_stale=True)
    ask(world)
    a_newer_one_waits(world)
    say(world, Choice.APPROVE)
    carry_on(world)
    assert world.the_gate().verdict is Verdict.APPROVED


@pytest.mark.case(18)
def test_behind_a_closed_stage_nothing_newer_could_enter_so_nothing_makes_way(
    world: GateWorld,
) -> None:
    ask(world)
    a_newer_one_waits(world)
    world.pipelines.closed["Approval"] = "frozen"
    assert see_to(world) == 0
    say(world, Choice.APPROVE)
    carry_on(world)
    assert world.the_gate().verdict is Verdict.APPROVED


@pytest.mark.case(18)
def test_nothing_stale_is_approved_by_itself(world: GateWorld) -> None:
    world.policies.default = BY_ITSELF
    a_newer_one_waits(world)
    ask(world)
    carry_on(world)
    assert world.the_gate().verdict is Verdict.SUPERSEDED


@pytest.mark.case(53)
def test_what_approves_by_itself_does_so_after_a_crash_between_the_two_writes(
    world: GateWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.policies.default = BY_ITSELF
    with monkeypatch.context() as crash:
        crash.setattr(world.ledger, "decide", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            open_gate(a_request(), world)
    assert world.the_gate().verdict is None
    ask(world)
    assert world.the_gate().reason == "all checks passed"
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]


def test_what_approves_by_itself_does_so_where_another_policy_makes_every_check_pass(
    world: GateWorld,
) -> None:
    world.policies.default = BY_ITSELF
    world.alarms.states = {"hello-production-errors": AlarmState.ALARM}
    ask(world)
    world.alarms.states = {}
    world.policies.default = replace(BY_ITSELF, digest="another")
    see_to(world, after=timedelta(minutes=5))
    assert (world.the_gate().round, world.the_gate().reason) == (2, "all checks passed")


@pytest.mark.case(21)
def test_an_approval_that_is_not_shown_for_a_moment_still_waits(world: GateWorld) -> None:
    ask(world)
    shown = dict(world.pipelines.approvals)
    world.pipelines.approvals.clear()
    assert see_to(world) == 0
    assert world.the_gate().status is GateStatus.OPEN
    world.pipelines.approvals.update(shown)
    say(world, Choice.APPROVE)
    carry_on(world)
    assert settle(world) == "APPROVED"


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_a_policy_that_no_longer_enforces_lets_its_open_gates_go_and_answers_nothing(
    world: GateWorld, mode: Mode
) -> None:
    ask(world)
    world.policies.default = Policy(mode=mode)
    say(world, Choice.APPROVE)
    carry_on(world)
    assert world.the_gate().verdict is None, "a vote under what holds no longer decides nothing"
    assert see_to(world, after=timedelta(days=2)) == 1, "not even by time"
    assert settle(world) == "OBSERVED"
    assert not world.pipelines.answers
    assert world.pipelines.approvals, "it waits in CodePipeline"
    assert "answer it in CodePipeline" in card(world)


def test_a_card_says_what_holds_also_where_that_held_before(world: GateWorld) -> None:
    world.policies.default = Policy(checks=(NoAlarmFiring(),))
    production, staging = "hello-production-errors", "hello-staging-errors"
    world.alarms.states = {production: AlarmState.ALARM}
    ask(world)
    say(world, Choice.APPROVE)
    carry_on(world)
    for also in (AlarmState.ALARM, AlarmState.OK, AlarmState.ALARM, AlarmState.OK):
        world.alarms.states = {production: AlarmState.ALARM, staging: also}
        see_to(world, after=timedelta(minutes=5))
        waits = f"firing: {production}" + (f", {staging}" if also is AlarmState.ALARM else "")
        assert world.the_gate().standing == (waits,)
        assert f'1 of 1 approvals; {waits}"' in card(world)


@pytest.mark.parametrize("mode", ["SUPERSEDED", "QUEUED", "PARALLEL"])
def test_a_gate_inside_a_held_stage_is_where_the_hold_holds(world: GateWorld, mode: str) -> None:
    """An approval and a deployment in one stage: its transition lies behind the release."""
    world.pipelines.truths[RELEASE] = a_truth(mode=mode)
    a_hold_on(world, "Approval")
    ask(world)
    say(world, Choice.APPROVE, "U0GRACE")
    carry_on(world)
    assert world.the_gate().verdict is None
    assert "on hold: calm down" in card(world)
    say(world, Choice.APPROVE, "U0LINUS")
    carry_on(world)
    assert world.the_gate().verdict is Verdict.APPROVED, "two are a hotfix's quorum"


def test_a_hotfix_that_was_let_in_is_not_held_again_by_what_it_has_passed(
    world: GateWorld,
) -> None:
    a_hold_on(world, "Approval")
    gate = asked_behind_a_hotfix(world, "hold-Approval")
    say(world, Choice.APPROVE, gate=gate)
    carry_on(world)
    assert world.ledger.gates[gate.id].verdict is Verdict.APPROVED


def test_a_hold_that_came_after_the_hotfix_was_let_in_holds_it(world: GateWorld) -> None:
    gate = asked_behind_a_hotfix(world, "hold-before")
    a_hold_on(world, "Approval")
    say(world, Choice.APPROVE, gate=gate)
    carry_on(world)
    assert world.ledger.gates[gate.id].verdict is None


def asked_behind_a_hotfix(world: GateWorld, passed: str) -> Gate:
    """The gate of a release that has been let through that hold into the gate's stage."""
    hotfix = replace(
        world.opened_gate(),
        id="f" * 32,
        kind=GateKind.HOTFIX,
        status=GateStatus.SETTLED,
        settlement=Settlement.LET_THROUGH.value,
        held=(passed,),
    )
    world.ledger.gates.clear()
    world.ledger.claims.clear()
    gate = ask(world)
    world.ledger.gates[hotfix.id] = hotfix
    return gate


def a_hold_on(world: GateWorld, stage: str) -> None:
    scope = Scope.of_stage(RELEASE.pipeline, stage)
    since = world.clock.now()
    hold = Hold(id=f"hold-{stage}", scope=scope, owner="Ada", reason="calm down", since=since)
    world.ledger.add_hold(hold, [])


@pytest.mark.case(53)
@pytest.mark.parametrize("decided", [True, False])
def test_a_gate_whose_machine_failed_is_settled_by_the_next_one_although_it_is_answered(
    world: GateWorld, decided: bool
) -> None:
    gate = ask(world)
    answered(world, ActionState.SUCCEEDED, by=ROOT)
    if decided:
        see_to(world)
    world.workflows.completed.clear()
    again = open_gate(a_request(), world)
    assert (again["gateId"], again["decision"]) == (gate.id, "DECIDED" if decided else "ASK")
    if not decided:
        see_to(world)
    settle_gate(gate.id, "DECIDED_ELSEWHERE", world)
    assert world.the_gate().settlement == "ANSWERED_ELSEWHERE"
    assert open_gate(a_request(), world)["decision"] == "NONE"
