"""What a check says, and what it is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from signalbox.domain.gates import Gate, Vote
from signalbox.domain.policy import Policy


class Outcome(StrEnum):
    """``FAIL`` keeps a gate from being approved; ``WARN`` is only shown."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, and ``why`` in words for the approver."""

    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """Who wrote what would ship.

    ``users`` are the Slack user ids that belong to their e-mails; ``unknown`` are the e-mails that
    belong to nobody in Slack ("" stands for a commit without one).
    """

    users: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedVote:
    """A vote that does not count, and why."""

    vote: Vote
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A gate before its judges: the policy it was opened under, and the authors."""

    gate: Gate
    policy: Policy
    authors: Authors = Authors()
