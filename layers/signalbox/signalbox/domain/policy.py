"""What a team decides about its gates, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How much Signalbox does with a pipeline."""

    OFF = "off"
    OBSERVE = "observe"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules for one pipeline.

    ``approvals`` counts distinct people. ``exclude_author`` refuses the vote of the commit's
    author, by e-mail. ``expires_after_minutes`` bounds the wait. ``rollback_window_minutes`` is
    how recent a deployment must be for an alarm to be blamed on it. ``keep_releases`` is how many
    good releases cleanup protects.
    """

    mode: Mode = Mode.ENFORCE
    approvals: int = 1
    exclude_author: bool = True
    reason_required_to_reject: bool = True
    expires_after_minutes: int = 1440
    rollback_window_minutes: int = 60
    keep_releases: int = 3
