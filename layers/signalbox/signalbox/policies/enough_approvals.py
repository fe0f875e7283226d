"""As many people as the policy asks for have approved."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.domain.gates import Choice, Vote
from signalbox.policies.outcome import Case, Finding, Outcome


def enough_approvals(case: Case, counted: Sequence[Vote]) -> Finding:
    """Count distinct principals among the votes that count; one person is one voice."""
    people = {vote.principal for vote in counted if vote.choice is Choice.APPROVE}
    needed = max(1, case.policy.approvals)
    outcome = Outcome.PASS if len(people) >= needed else Outcome.FAIL
    return Finding(outcome=outcome, why=f"{len(people)} of {needed} approvals")
