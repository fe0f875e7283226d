"""What became of an approval that no longer waits, by CodePipeline's own word."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.facts import ActionChanged
from signalbox.domain.gates import Gate, Settlement, Verdict
from signalbox.domain.services import Service
from signalbox.domain.states import ActionState
from signalbox.notifications.approval_summary import answer_mark
from signalbox.ports import Pipelines

ENDED = {ActionState.SUCCEEDED, ActionState.FAILED}
OVER = ENDED | {ActionState.ABANDONED, ActionState.CANCELED}
"""States of an approval that nobody can answer any more."""
RUNNING = {"InProgress", "Stopping"}
"""``PipelineExecutionStatus`` of what may still wait (botocore)."""
OUT_OF_TIME = ("expire", "timed out", "timeout", "not answered in time")
MISCONFIGURED = ("configuration", "invalidaction", "permission")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSeen:
    """``settlement`` is what it comes to, ``by`` the ARN of whoever answered, ``words`` both in
    short for people.
    """

    settlement: Settlement
    words: str
    by: str = ""


def answer_seen(gate: Gate, service: Service, pipelines: Pipelines) -> AnswerSeen:
    """Our own lost answer, somebody else's, or none: stopped, out of time, or misconfigured.

    Ours ends in our mark. Where the API should not give the summary back, an answer whose reply was
    lost is taken for somebody else's: the gate settles all the same, under the more wary name.
    """
    ended = [
        fact
        for fact in pipelines.facts(service, gate.release)
        if isinstance(fact, ActionChanged)
        and fact.action_execution_id == gate.action_execution_id
        and fact.state in ENDED
    ]
    if not ended:
        return AnswerSeen(settlement=Settlement.GONE, words="the release was stopped")
    last = ended[-1]
    approved = last.state is ActionState.SUCCEEDED
    if answer_mark(gate) in last.summary:
        changed = not approved and gate.verdict is Verdict.APPROVED
        mine = Settlement.APPROVED if approved else Settlement.REJECTED
        return AnswerSeen(
            settlement=Settlement.CHANGED if changed else mine, words="answered", by=last.by
        )
    if approved or last.by:
        word = "approved" if approved else "rejected"
        return AnswerSeen(
            settlement=Settlement.ANSWERED_ELSEWHERE,
            words=f"{word} outside Signalbox",
            by=last.by,
        )
    return _failed_by_itself(last)


def has_ended(gate: Gate, service: Service, pipelines: Pipelines) -> bool:
    """Whether CodePipeline itself says that nobody can answer the gate's approval any more."""
    truth = pipelines.execution(service, gate.release)
    if truth is None or truth.status not in RUNNING:
        return True
    return any(
        isinstance(fact, ActionChanged)
        and fact.action_execution_id == gate.action_execution_id
        and fact.state in OVER
        for fact in pipelines.facts(service, gate.release)
    )


def _failed_by_itself(last: ActionChanged) -> AnswerSeen:
    """A failure that nobody is named for: AWS's words tell which (user guide, manual approvals)."""
    said = f"{last.error_code} {last.summary}".lower()
    if any(word in said for word in OUT_OF_TIME):
        words = "CodePipeline's own time for it ran out"
        return AnswerSeen(settlement=Settlement.EXPIRED_IN_AWS, words=words)
    if any(word in said for word in MISCONFIGURED):
        words = "the approval action itself failed"
        return AnswerSeen(settlement=Settlement.MISCONFIGURED, words=words)
    return AnswerSeen(settlement=Settlement.ANSWERED_ELSEWHERE, words="rejected outside Signalbox")
