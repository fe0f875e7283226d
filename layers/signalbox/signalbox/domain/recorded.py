"""What was known of the world when a gate was put together, kept so that other policies can be
tried on it later. It is for trying only: the judge goes by the truth as it is now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFinding:
    """A vulnerability: ``severity`` in ECR's words, ``waived_until`` the end of its last waiver."""

    id: str
    severity: str
    waived_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedScan:
    """The gravest findings of the image's scan; ``more`` counts the lesser ones left out."""

    findings: tuple[RecordedFinding, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedHold:
    """A hold in force that no policy had placed: a person's, or an incident's. ``here`` tells that
    it was on the gate's own stage.
    """

    owner: str
    reason: str
    until: datetime | None = None
    here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCalendar:
    """A change calendar that a check was told to look at, and whether changes could be made."""

    name: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEnvironment:
    """An environment and its stage."""

    name: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The facts behind a gate's card, as of ``at``.

    ``asked`` names the checks that looked then: what none of them asked for may not have been read,
    so that ``coverage`` or ``scan`` being None says something only where their check looked. Tests,
    firing alarms and the artifact's digest are the dossier's own. ``held_here`` and ``parallel``
    are those of the evidence. ``ahead`` are the environments that the release had still to come to.
    """

    at: datetime
    asked: tuple[str, ...] = ()
    unknown_alarms: tuple[str, ...] = ()
    coverage: float | None = None
    ships_image: bool = False
    scan: RecordedScan | None = None
    has_staging: bool = False
    staged_digest: str = ""
    staged_at: datetime | None = None
    holds: tuple[RecordedHold, ...] = ()
    held_here: bool = False
    parallel: bool = False
    calendars: tuple[RecordedCalendar, ...] = ()
    ahead: tuple[RecordedEnvironment, ...] = ()
