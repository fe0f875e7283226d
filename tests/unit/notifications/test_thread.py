"""What stands in a release's thread: the details, under stable keys, and who is told of them."""

from __future__ import annotations

import json
from dataclasses import replace

from signalbox.domain.failures import FailedTest, Failure
from signalbox.domain.gates import GateStatus, Settlement, Verdict
from signalbox.domain.incidents import IncidentStatus
from signalbox.domain.releases import Action
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.notifications.routes import Kind
from signalbox.notifications.thread import Reply, replies
from signalbox.notifications.view import ReleaseView

from tests.unit.notifications.test_release_messages import (
    a_gate,
    a_view,
    an_incident,
    changed,
    with_gate,
)

FAILURE = Failure(
    stage="Build",
    action="BuildAndTest",
    why="1 of 3 tests failed: test_adds",
    failing=(FailedTest(name="test_adds", message="assert 3 == 4"),),
    log=("collected 3 items", "test_adds FAILED"),
    log_url="https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEvent:group=g",
)


def a_failed_view() -> ReleaseView:
    view = a_view(state=ExecutionState.FAILED)
    action = Action(name="BuildAndTest", state=ActionState.FAILED, summary="Build failed")
    stage = replace(view.release.stages[0], actions=(action,))
    return changed(view, release=replace(view.release, stages=(stage,)), failures=(FAILURE,))


def words(reply: Reply) -> str:
    return json.dumps(reply.message, ensure_ascii=False)


def test_a_running_release_has_an_empty_thread() -> None:
    assert replies(a_view()) == ()


def test_a_failure_is_broadcast_with_test_log_links_and_a_hint() -> None:
    [reply] = replies(changed(a_failed_view(), author_user="U0ADA"))
    assert (reply.key, reply.kind) == ("failure-Build-BuildAndTest-1", Kind.FAILURE)
    assert reply.broadcast
    for each in ("test_adds", "assert 3 == 4", "collected 3 items", "|build log>", "<@U0ADA>"):
        assert each in words(reply)
    assert "*Next:*" in words(reply)


def test_an_author_whom_slack_does_not_know_is_named_plainly() -> None:
    [reply] = replies(changed(a_failed_view(), commit=replace(a_view().commit, author_name="Ada")))
    assert "Ada" in words(reply)
    assert "<@" not in words(reply)


def test_a_failed_action_of_which_nothing_more_is_known_is_told_all_the_same() -> None:
    [reply] = replies(changed(a_failed_view(), failures=()))
    assert reply.key == "failure-Build-BuildAndTest-1"
    assert "Build failed" in words(reply)


def test_a_retry_that_fails_is_told_beside_the_first_failure() -> None:
    second = replace(FAILURE, attempt=2)
    view = changed(a_failed_view(), failures=(FAILURE, second))
    keys = [reply.key for reply in replies(view)]
    assert keys == ["failure-Build-BuildAndTest-1", "failure-Build-BuildAndTest-2"]


def test_the_question_is_broadcast_while_it_is_open_and_lists_every_commit() -> None:
    [asked] = replies(with_gate(a_view(), a_gate()))
    assert (asked.key, asked.kind, asked.broadcast) == (
        f"approval-{'0f' * 16}",
        Kind.APPROVAL,
        True,
    )
    assert "30 commits" in words(asked)
    assert words(asked).count("• ") == 30
    settled = a_gate(status=GateStatus.SETTLED, verdict=Verdict.APPROVED, settlement="APPROVED")
    asked, decided = replies(with_gate(a_view(), settled))
    assert not asked.broadcast
    assert not decided.broadcast
    assert decided.key == f"decision-{'0f' * 16}"


def test_a_rejection_says_who_and_why_and_mentions_the_author() -> None:
    gate = a_gate(
        status=GateStatus.SETTLED,
        verdict=Verdict.REJECTED,
        settlement=Settlement.REJECTED.value,
        reason="Grace (U0GRACE): not on a Friday",
    )
    view = changed(with_gate(a_view(state=ExecutionState.FAILED), gate), author_user="U0ADA")
    [_, decided] = replies(view)
    assert "not on a Friday" in words(decided)
    assert "<@U0ADA>" in words(decided)


def test_a_rejected_approval_is_not_told_as_a_failure_as_well() -> None:
    gate = a_gate(status=GateStatus.SETTLED, verdict=Verdict.REJECTED, settlement="REJECTED")
    view = with_gate(a_failed_view(), gate)
    action = Action(name="Approve", state=ActionState.FAILED, action_execution_id="a-1")
    stage = replace(view.release.stages[0], name="Approval", actions=(action,))
    rejected = Failure(stage="Approval", action="Approve", why="Rejected")
    view = changed(view, release=replace(view.release, stages=(stage,)), failures=(rejected,))
    assert {reply.kind for reply in replies(view)} == {Kind.APPROVAL}


def test_a_rollback_is_told_when_it_begins_and_broadcast_when_it_ends() -> None:
    going = changed(a_view(), incidents=(an_incident(IncidentStatus.ROLLING_BACK),))
    assert [(one.key, one.broadcast) for one in replies(going)] == [("rollback-i1", False)]
    over = changed(a_view(), incidents=(an_incident(IncidentStatus.ROLLED_BACK, "Verified"),))
    first, last = replies(over)
    assert first == replies(going)[0] or first.key == "rollback-i1"
    assert (last.key, last.kind, last.broadcast) == ("outcome-i1", Kind.ROLLBACK, True)
    human = changed(a_view(), incidents=(an_incident(IncidentStatus.NEEDS_A_HUMAN),))
    assert "NEEDS A HUMAN" in words(replies(human)[-1])


def test_an_alarm_that_is_none_of_ours_stays_out_of_the_thread() -> None:
    view = changed(a_view(), incidents=(an_incident(IncidentStatus.NOT_OURS),))
    assert replies(view) == ()
