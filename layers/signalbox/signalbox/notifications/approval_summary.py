"""What CodePipeline keeps of an approval: the people and the reason, since the caller is a role."""

from __future__ import annotations

from signalbox.domain.gates import Gate, Verdict
from signalbox.domain.people import Directory
from signalbox.notifications.text import cut, plain_line
from signalbox.policies.outcome import CountedVote, Judgement

LIMIT = 512
"""``ApprovalResult.summary`` holds at most 512 characters (botocore, PutApprovalResult)."""


def decision_text(judgement: Judgement, directory: Directory) -> str:
    """Who decided, by name and principal, and why: what the ledger keeps as the reason."""
    people = ", ".join(_named(one, directory) for one in judgement.deciding)
    return plain_line(": ".join(filter(None, [people, judgement.reason])), 700)


def principal_id(principal: str) -> str:
    """The short form of a principal: a Slack user id, or the end of an ARN."""
    return principal.rpartition(":")[2].rpartition("/")[2]


def approval_summary(gate: Gate, verdict: Verdict, reason: str) -> str:
    """One line, at most 512 characters, ending in the mark by which we know our own answers."""
    words = f"{verdict.replace('_', ' ').capitalize()}: {plain_line(reason, LIMIT)}"
    mark = answer_mark(gate)
    return f"{cut(words, LIMIT - len(mark) - 1)} {mark}"


def answer_mark(gate: Gate) -> str:
    """How an answer of Signalbox to this gate's approval is recognised."""
    return f"[Signalbox {gate.id[:12]}]"


def _named(one: CountedVote, directory: Directory) -> str:
    person = directory.of_principal(one.vote.principal)
    name = person.called if person else one.vote.name
    return f"{plain_line(name, 60)} ({plain_line(principal_id(one.vote.principal), 40)})"
