"""Whoever rejects says why."""

from __future__ import annotations

from signalbox.domain.gates import Choice, Vote
from signalbox.policies.outcome import Case


def reason_given(case: Case, vote: Vote) -> str:
    """Refuse a rejection without a reason where the policy asks for one."""
    needed = case.policy.reason_required_to_reject and vote.choice is Choice.REJECT
    return "no reason given" if needed and not vote.reason.strip() else ""
