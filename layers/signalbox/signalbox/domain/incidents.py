"""Incidents: an alarm linked to a recent deployment, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signalbox.domain.identity import AlarmId, ReleaseId


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "OPEN"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"
    NEEDS_A_HUMAN = "NEEDS_A_HUMAN"
    NOT_OURS = "NOT_OURS"


class RungOutcome(StrEnum):
    """What came of one attempt at one rung of the ladder."""

    RUNNING = "RUNNING"
    VERIFIED = "VERIFIED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One way to roll back: ``name`` of the way, and the execution or version to return to."""

    name: str
    to_execution: str
    to_version: str = ""
    to_revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One alarm against one environment of one service.

    ``release`` is the one that is blamed. ``rollback_execution`` is the pipeline execution that
    the rollback made. ``evidence`` is what verification saw, for people. ``version`` is what the
    environment served before the rollback, where that could be read. ``revision`` counts how often
    it was written when it was read: a writer who has not seen the last one writes nothing.
    """

    id: str
    alarm: AlarmId
    service: str
    environment: str
    status: IncidentStatus
    opened_at: datetime
    alarm_reason: str = ""
    release: ReleaseId | None = None
    stage: str = ""
    rungs: tuple[Rung, ...] = ()
    rollback_execution: str = ""
    evidence: str = ""
    version: str = ""
    closed_at: datetime | None = None
    revision: int = field(default=0, compare=False)

    @property
    def subject(self) -> str:
        """The ledger's partition of this incident."""
        return f"incident#{self.id}"
