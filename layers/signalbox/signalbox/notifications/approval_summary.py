"""What CodePipeline keeps of an approval: the people and the reason, since the caller is a role."""

from __future__ import annotations

from signalbox.domain.gates import Gate, Verdict
from signalbox.notifications.text import cut, plain_line
from signalbox.policies.judge import Judgement
from signalbox.policies.own_change import user_id

LIMIT = 512
"""``ApprovalResult.summary`` holds at most 512 characters (botocore, PutApprovalResult)."""


def decision_text(judgement: Judgement) -> str:
    """Who decided, by name and Slack user id, and why: what the ledger keeps as the reason."""
    people = ", ".join(
        f"{plain_line(vote.name, 60)} ({plain_line(user_id(vote.principal), 30)})"
        for vote in judgement.deciding
    )
    return plain_line(": ".join(filter(None, [people, judgement.reason])), 700)


def approval_summary(gate: Gate, verdict: Verdict, reason: str) -> str:
    """One line, at most 512 characters, ending in the mark by which we know our own answers."""
    words = f"{verdict.replace('_', ' ').capitalize()}: {plain_line(reason, LIMIT)}"
    mark = answer_mark(gate)
    return f"{cut(words, LIMIT - len(mark) - 1)} {mark}"


def answer_mark(gate: Gate) -> str:
    """How an answer of Signalbox to this gate's approval is recognised."""
    return f"[Signalbox {gate.id[:12]}]"
