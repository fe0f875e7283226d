"""A vote counts for what the voter was shown, and for nothing else."""

from __future__ import annotations

from signalbox.domain.gates import Vote
from signalbox.policies.outcome import Case


def same_as_shown(case: Case, vote: Vote) -> str:
    """Refuse a vote that was given on another card: another revision, artifact or policy."""
    if vote.shown_digest != case.gate.shown_digest:
        return "given on a card that showed something else"
    return ""
