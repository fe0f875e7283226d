"""What the schedule does with gates that nobody can answer any more, and with those that wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.gates import Choice, GateStatus, Verdict
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.states import ActionState

from tests.gate_world import RELEASE, TASK_TOKEN, GateWorld, a_truth, say
from tests.unit.gates.carrying import (
    ROOT,
    answered,
    ask,
    card,
    carry_on,
    see_to,
    settle,
    stopped,
    told,
)

NEWER = "99999999-aaaa-4bbb-8ccc-000000000009"
NEWEST = "aaaaaaaa-aaaa-4bbb-8ccc-00000000000a"


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    ask(world)
    return world


def newer_ones_wait(world: GateWorld, mode: str = "SUPERSEDED") -> None:
    world.pipelines.truths[RELEASE] = a_truth(mode=mode)
    world.pipelines.waiting["Approval"] = [NEWER, NEWEST]


@pytest.mark.case(18)
def test_a_gate_behind_which_a_newer_release_waits_makes_way(world: GateWorld) -> None:
    newer_ones_wait(world)
    assert see_to(world) == 1
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "SUPERSEDED"})]
    assert settle(world) == "REJECTED"
    [(_, approve, summary)] = world.pipelines.answers
    assert not approve
    assert summary.startswith("Superseded: a newer release waits behind it (aaaaaaaa)")
    assert "A newer release took its place" in card(world)
    assert see_to(world, after=timedelta(minutes=5)) == 0


@pytest.mark.case(18)
@pytest.mark.parametrize("mode", ["QUEUED", "PARALLEL", ""])
def test_in_other_modes_each_release_keeps_its_gate(world: GateWorld, mode: str) -> None:
    newer_ones_wait(world, mode)
    assert see_to(world) == 0
    assert world.the_gate().status is GateStatus.OPEN


@pytest.mark.case(18)
def test_a_policy_may_keep_a_stale_gate_open(world: GateWorld) -> None:
    world.policies.default = Policy(keep_stale=True)
    newer_ones_wait(world)
    for _ in range(2):
        assert see_to(world) == 0
    assert world.the_gate().status is GateStatus.OPEN
    assert "A newer release (aaaaaaaa) waits behind this one" in card(world)
    for waiting in ([], [NEWER], []):
        world.pipelines.waiting["Approval"] = waiting
        see_to(world, after=timedelta(minutes=5))
        assert ("newer release" in card(world)) is bool(waiting)


@pytest.mark.case(18)
def test_a_release_that_waits_elsewhere_or_is_the_same_makes_nothing_stale(
    world: GateWorld,
) -> None:
    newer_ones_wait(world)
    world.pipelines.waiting = {"Production": [NEWER], "Approval": [RELEASE.execution]}
    assert see_to(world) == 0


@pytest.mark.case(18)
def test_a_verdict_of_people_holds_although_a_newer_release_came(world: GateWorld) -> None:
    say(world, Choice.APPROVE)
    carry_on(world)
    newer_ones_wait(world)
    assert see_to(world, after=timedelta(minutes=5)) == 0
    assert world.the_gate().verdict is Verdict.APPROVED


@pytest.mark.case(18)
def test_a_stopped_execution_closes_its_gate(world: GateWorld) -> None:
    stopped(world)
    assert see_to(world) == 1
    assert world.the_gate().reason == "the release was stopped"
    assert settle(world) == "GONE"
    assert not world.pipelines.answers
    assert "The approval no longer waited: the release was stopped" in card(world)


@pytest.mark.case(21)
@pytest.mark.parametrize(
    ("state", "words"), [(ActionState.SUCCEEDED, "approved"), (ActionState.FAILED, "rejected")]
)
def test_an_answer_in_the_console_is_told_with_who_gave_it(
    world: GateWorld, state: ActionState, words: str
) -> None:
    answered(world, state, by=ROOT, summary="looks fine")
    assert see_to(world) == 1
    assert world.the_gate().reason == f"{words} outside Signalbox by {ROOT}"
    assert settle(world) == "ANSWERED_ELSEWHERE"
    assert world.the_gate().decided_by == ROOT
    assert f"by `{ROOT}`" in card(world)
    assert not world.pipelines.answers


@pytest.mark.case(21)
@pytest.mark.parametrize("mode", Mode)
def test_a_bypass_is_told_aloud_only_where_the_policy_enforces(mode: Mode) -> None:
    world = GateWorld()
    ask(world)
    answered(world, ActionState.SUCCEEDED, by=ROOT)
    see_to(world)
    world.policies.default = Policy(mode=mode)
    settle(world)
    enforces = mode is Mode.ENFORCE
    assert ("The policy was bypassed" in card(world)) is enforces
    [(_, loud)] = told(world, "Decided outside Signalbox")
    assert loud is enforces


@pytest.mark.parametrize(
    ("code", "summary", "settlement"),
    [
        ("", "Approval expired after 7 days", "EXPIRED_IN_AWS"),
        ("TimedOut", "the action timed out", "EXPIRED_IN_AWS"),
        ("JobFailed", "the request timeout was reached", "EXPIRED_IN_AWS"),
        ("ConfigurationError", "The SNS topic is not there", "MISCONFIGURED"),
        ("PermissionError", "no right to publish", "MISCONFIGURED"),
        ("", "", "ANSWERED_ELSEWHERE"),
    ],
)
def test_rejected_expired_and_misconfigured_are_told_apart(
    world: GateWorld, code: str, summary: str, settlement: str
) -> None:
    answered(world, ActionState.FAILED, error_code=code, summary=summary)
    assert see_to(world) == 1
    assert settle(world) == settlement
    assert world.the_gate().decided_by == ""


def test_whoever_is_named_has_answered_whatever_they_wrote(world: GateWorld) -> None:
    answered(world, ActionState.FAILED, by=ROOT, summary="my certificate expired")
    see_to(world)
    assert settle(world) == "ANSWERED_ELSEWHERE"


@pytest.mark.case(20)
@pytest.mark.parametrize(
    "code", ["InvalidApprovalTokenException", "ApprovalAlreadyCompletedException"]
)
@pytest.mark.parametrize(
    ("ended", "settlement"),
    [
        ({"state": ActionState.SUCCEEDED, "by": ROOT}, "ANSWERED_ELSEWHERE"),
        ({"state": ActionState.FAILED, "summary": "expired"}, "EXPIRED_IN_AWS"),
        ({}, "GONE"),
    ],
)
def test_a_refused_token_is_a_normal_outcome_and_the_truth_says_which(
    world: GateWorld, code: str, ended: dict[str, Any], settlement: str
) -> None:
    say(world, Choice.APPROVE)
    carry_on(world)

    def refuse(*_: object, **__: object) -> None:
        if ended:
            answered(world, **ended)
        raise AwsRefusedError("too late", code=code)

    world.pipelines.answer_approval = refuse  # type: ignore[method-assign]
    assert settle(world) == settlement
    assert world.the_gate().status is GateStatus.SETTLED
    assert world.notes().failure == ""


def test_nobody_answers_in_time_and_the_schedule_says_so_though_the_machine_is_dead(
    world: GateWorld,
) -> None:
    assert see_to(world, after=timedelta(hours=24)) == 0, "the machine is at it"
    assert see_to(world, after=timedelta(minutes=5)) == 1
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "EXPIRED"})]
    assert settle(world) == "REJECTED"


def test_a_gate_of_a_pipeline_that_is_registered_no_more_is_left_alone(world: GateWorld) -> None:
    world.services.listed.clear()
    world.pipelines.fail_with = AssertionError("no right to read")
    assert see_to(world) == 0


def test_a_verdict_that_comes_while_the_schedule_looks_holds(world: GateWorld) -> None:
    look = world.pipelines.pending_approval

    def meanwhile(*given: Any) -> None:
        look(*given)
        say(world, Choice.REJECT, reason="no")
        world.ledger.decide(world.the_gate().id, Verdict.REJECTED, "no", world.clock.now())

    world.pipelines.pending_approval = meanwhile  # type: ignore[method-assign]
    assert see_to(world) == 0
    assert world.the_gate().verdict is Verdict.REJECTED
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "REJECTED"})]
