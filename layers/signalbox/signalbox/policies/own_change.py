"""Nobody approves their own change."""

from __future__ import annotations

from signalbox.domain.gates import Choice, Vote
from signalbox.domain.policy import UnknownAuthor
from signalbox.policies.outcome import Case


def own_change(case: Case, vote: Vote) -> str:
    """Refuse the approval of an author; rejecting one's own change is everybody's right.

    Git's author names are not authenticated, so this stops mistakes and habits, not a forger.
    """
    if not case.policy.exclude_author or vote.choice is not Choice.APPROVE:
        return ""
    if user_id(vote.principal) in case.authors.users:
        return "own change"
    if case.authors.unknown and case.policy.unknown_author is UnknownAuthor.OWN:
        unknown = case.authors.unknown[0] or "a commit without an e-mail"
        return f"the author {unknown} is unknown to Slack, which counts as own change"
    return ""


def user_id(principal: str) -> str:
    """The Slack user id of a principal such as ``slack:T0001:U0002``."""
    return principal.rpartition(":")[2]
