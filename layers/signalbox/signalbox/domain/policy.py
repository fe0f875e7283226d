"""What a team decides about its gates, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How much Signalbox does with a pipeline."""

    OFF = "off"
    OBSERVE = "observe"
    ENFORCE = "enforce"


class UnknownAuthor(StrEnum):
    """What an author whom nobody can map to a Slack user counts as."""

    OWN = "own"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules for one pipeline.

    ``approvals`` counts distinct people. ``exclude_author`` refuses the approval of whoever wrote
    one of the commits, by e-mail; ``unknown_author`` says what an author counts as whose e-mail
    belongs to no Slack user: everybody's own change (``own``, the safe side) or nobody's
    (``allow``). ``expires_after_minutes`` bounds the wait. ``rollback_window_minutes`` is
    how recent a deployment must be for an alarm to be blamed on it. ``keep_releases`` is how many
    good releases cleanup protects.
    """

    mode: Mode = Mode.ENFORCE
    approvals: int = 1
    exclude_author: bool = True
    unknown_author: UnknownAuthor = UnknownAuthor.OWN
    reason_required_to_reject: bool = True
    expires_after_minutes: int = 1440
    rollback_window_minutes: int = 60
    keep_releases: int = 3
