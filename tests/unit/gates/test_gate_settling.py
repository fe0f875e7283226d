"""How a verdict reaches CodePipeline, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, PermanentError
from signalbox.domain.gates import Choice, GateStatus, Verdict
from signalbox.domain.listing import Listing
from signalbox.domain.policy import Policy, Quorum
from signalbox.domain.states import ActionState
from signalbox.notifications.approval_summary import LIMIT, answer_mark, approval_summary
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.settle_gate import settle_gate

from tests.gate_world import (
    APPROVAL_TOKEN,
    CHANGES,
    COMMIT,
    RELEASE,
    TASK_TOKEN,
    GateWorld,
    a_truth,
    an_answered_approval,
    say,
)


def decided(verdict: Verdict = Verdict.APPROVED, reason: str = "grace (U0GRACE)") -> GateWorld:
    world = GateWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, verdict, reason, world.clock.now())
    world.bells.rings.clear()
    return world


def settle(world: GateWorld, verdict: str = "APPROVED") -> str:
    return str(settle_gate(world.the_gate().id, verdict, world)["settlement"])


def test_an_approved_gate_is_answered_with_the_people_in_the_summary() -> None:
    world = decided()
    assert settle(world) == "APPROVED"
    [(approval, approve, summary)] = world.pipelines.answers
    assert approve
    assert approval.token == APPROVAL_TOKEN
    assert "grace (U0GRACE)" in summary
    assert world.the_gate().status is GateStatus.SETTLED
    assert [effect.payload for effect in world.bells.rung] == [{"release": RELEASE.key}]


def test_a_rejected_gate_is_answered_with_the_reason() -> None:
    world = decided(Verdict.REJECTED, "grace (U0GRACE): too late in the day")
    assert settle(world, "REJECTED") == "REJECTED"
    [(_, approve, summary)] = world.pipelines.answers
    assert not approve
    assert "too late in the day" in summary


def test_settling_twice_answers_once() -> None:
    world = decided()
    assert settle(world) == settle(world) == "APPROVED"
    assert len(world.pipelines.answers) == 1


def test_nobody_answering_means_no() -> None:
    world = GateWorld()
    world.opened_gate()
    answer = settle_gate(world.the_gate().id, "EXPIRED", world)
    assert answer["verdict"] == "EXPIRED"
    assert world.pipelines.answers[0][1] is False


def test_a_vote_that_decided_in_the_last_second_beats_the_expiry() -> None:
    world = decided()
    assert settle(world, "EXPIRED") == "APPROVED"
    assert world.pipelines.answers[0][1] is True


def test_a_verdict_the_ledger_does_not_know_settles_nothing() -> None:
    world = GateWorld()
    world.opened_gate()
    with pytest.raises(PermanentError):
        settle(world, "APPROVED")
    assert not world.pipelines.answers


@pytest.mark.case(17)
def test_another_artifact_than_the_one_shown_is_rejected() -> None:
    world = decided()
    world.artifacts.listed[RELEASE] = Listing(changes=CHANGES, digest="e" * 64)
    assert settle(world) == "CHANGED"
    assert world.pipelines.answers[0][1] is False


@pytest.mark.case(17)
def test_another_revision_than_the_one_shown_is_rejected() -> None:
    world = decided()
    world.pipelines.truths[RELEASE] = a_truth(commit=replace(COMMIT, id="9" * 40))
    assert settle(world) == "CHANGED"


@pytest.mark.case(21)
def test_an_answer_given_in_the_console_is_recorded_as_such() -> None:
    world = decided()
    world.pipelines.approvals.clear()
    world.pipelines.told[RELEASE] = [an_answered_approval(ActionState.SUCCEEDED, "by hand")]
    assert settle(world) == "ANSWERED_ELSEWHERE"
    assert not world.pipelines.answers


@pytest.mark.case(18)
def test_an_execution_that_was_stopped_has_no_approval_left() -> None:
    world = decided()
    world.pipelines.approvals.clear()
    assert settle(world) == "GONE"


@pytest.mark.case(37)
def test_our_own_answer_is_recognised_when_its_reply_was_lost() -> None:
    world = decided()
    gate = world.the_gate()
    summary = approval_summary(gate, Verdict.APPROVED, gate.reason)
    world.pipelines.approvals.clear()
    world.pipelines.told[RELEASE] = [an_answered_approval(ActionState.SUCCEEDED, summary)]
    assert settle(world) == "APPROVED"


@pytest.mark.case(20)
@pytest.mark.parametrize(
    "code", ["InvalidApprovalTokenException", "ApprovalAlreadyCompletedException"]
)
def test_a_stale_token_is_a_normal_outcome(code: str) -> None:
    world = decided()

    def refuse(*_: object, **__: object) -> None:
        raise AwsRefusedError("answered", code=code)

    world.pipelines.answer_approval = refuse  # type: ignore[method-assign]
    assert settle(world) == "GONE"


def test_a_right_that_is_missing_calls_a_human_and_fails_the_machine() -> None:
    world = decided()

    def refuse(*_: object, **__: object) -> None:
        raise AwsRefusedError("denied", code="AccessDeniedException")

    world.pipelines.answer_approval = refuse  # type: ignore[method-assign]
    with pytest.raises(AwsRefusedError):
        settle(world)
    assert world.the_gate().status is GateStatus.DECIDED
    assert "AccessDeniedException" in world.notes().failure
    assert len(world.bells.rung) == 1


def test_aws_being_away_changes_nothing_and_is_retried() -> None:
    world = decided()
    world.pipelines.fail_with = AwsUnavailableError("throttled")
    with pytest.raises(AwsUnavailableError):
        settle(world)
    world.pipelines.fail_with = None
    assert settle(world) == "APPROVED"
    assert len(world.pipelines.answers) == 1


def test_the_audit_speaks_before_the_answer_and_holds_no_token() -> None:
    world = decided()
    seen: list[list[str]] = []
    answer = world.pipelines.answer_approval

    def watch(*args: object, **kwargs: object) -> None:
        seen.append(world.audit.said(f"release#{RELEASE.key}"))
        answer(*args, **kwargs)  # type: ignore[arg-type]

    world.pipelines.answer_approval = watch  # type: ignore[method-assign]
    settle(world)
    assert "approval answered" in seen[0]
    everything = repr(world.audit.chains)
    assert APPROVAL_TOKEN not in everything
    assert TASK_TOKEN not in everything


@pytest.mark.case(28)
def test_a_summary_fits_whatever_was_said() -> None:
    gate = decided().the_gate()
    summary = approval_summary(gate, Verdict.REJECTED, "\u202ex<&>\n" * 5000)
    assert len(summary) <= LIMIT
    assert summary.endswith(answer_mark(gate))
    assert "\n" not in summary


@pytest.mark.case(28)
@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REJECT])
def test_whatever_people_say_the_summary_has_them_and_their_reason_and_fits(
    choice: Choice,
) -> None:
    world = GateWorld()
    world.policies.default = Policy(quorum=Quorum(approvals=3))
    gate = world.opened_gate()
    for who in ("GRACE", "LINUS", "BARBARA"):
        say(world, choice, f"U0{who}", reason="because <!channel> \u202e" + "of this " * 200)
        world.clock.advance(timedelta(seconds=1))
    decide_gate(gate.id, world)
    assert settle(world) == ("APPROVED" if choice is Choice.APPROVE else "REJECTED")
    [(_, _, summary)] = world.pipelines.answers
    assert len(summary) <= LIMIT
    assert "Grace (U0GRACE)" in summary
    assert "because" in summary
    assert "\u202e" not in summary
    assert summary.endswith(answer_mark(gate))
    if choice is Choice.APPROVE:
        assert "Linus (U0LINUS), Barbara (U0BARBARA)" in summary


def test_an_answer_of_ours_names_nobody_from_outside() -> None:
    world = decided()
    gate = world.the_gate()
    ours = approval_summary(gate, Verdict.APPROVED, gate.reason)
    operator = "arn:aws:sts::123456789012:assumed-role/signalbox-operator-hello/signalbox-settle"
    world.pipelines.approvals.clear()
    came = an_answered_approval(ActionState.SUCCEEDED, ours)
    world.pipelines.told[RELEASE] = [replace(came, by=operator)]
    assert settle(world) == "APPROVED"
    assert world.the_gate().decided_by == ""
