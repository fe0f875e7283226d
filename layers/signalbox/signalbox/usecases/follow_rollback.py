"""Sees a rollback's workflow through: a second attempt where it came to nothing, an end if none."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.usecases.close_incident import ENDED, ClosingPorts, close_incident
from signalbox.usecases.dispatch import second_key
from signalbox.usecases.needs import HasClock, HasEffects, HasIncidents

FAILED_AFTER = timedelta(minutes=30)
"""So long may the first step's own retries take (statemachines/rollback.asl.json), and more."""

OVER_AFTER = timedelta(hours=5)
"""The machine ends after four hours at the latest (``TimeoutSeconds``); it may start late."""

ROLLBACK = "rollback"
"""The key of the effect that starts the workflow, in the partition of its incident."""


class FollowingPorts(ClosingPorts, HasEffects, Protocol):
    """What seeing a rollback through asks of the world."""


class _JudgingPorts(HasIncidents, HasEffects, HasClock, Protocol):
    """What judging a holder asks of the world."""


class Followed(Enum):
    """What came of one look."""

    LEFT = auto()
    RESTARTED = auto()
    CLOSED = auto()


def follow_rollback(start: Effect, ports: FollowingPorts) -> Followed:
    """Look after the workflow that ``start`` has started, until its incident is decided and over.

    A workflow that has decided nothing is started once more, by conditional write; its first step
    re-reads the truth, so an alarm that is nobody's business is merely looked at twice. One that
    must have ended long ago leaves its incident to a human, and gives its target back.
    """
    incident = ports.incidents.incident(start.subject.removeprefix("incident#"))
    second = _second(start.subject, ports)
    age = ports.clock.now() - (second or start).created_at
    if incident is None or _is_undecided(incident):
        if age < FAILED_AFTER:
            return Followed.LEFT
        if second is None:
            _start_again(start, ports)
            return Followed.RESTARTED
        return _end(start, ports)
    if incident.status is IncidentStatus.ROLLING_BACK:
        return _end(start, ports) if age > OVER_AFTER else Followed.LEFT
    ports.effects.finish(start, EffectStatus.DONE)
    return Followed.LEFT


def is_over(incident_id: str, ports: _JudgingPorts) -> bool:
    """Whether whoever holds a target's lock is at work no more: ended, gone, or long timed out."""
    incident = ports.incidents.incident(incident_id)
    if incident is None or incident.status in ENDED:
        return True
    start = _second(incident.subject, ports) or _first(incident.subject, ports)
    began = start.created_at if start else incident.opened_at
    return ports.clock.now() - began > OVER_AFTER


def _is_undecided(incident: Incident) -> bool:
    """Whether it was only claimed: every decision is written with its reason or its status."""
    return incident.status is IncidentStatus.OPEN and not incident.evidence


def _start_again(start: Effect, ports: FollowingPorts) -> None:
    now = ports.clock.now()
    key = second_key(start.key)
    second = Effect(
        kind=start.kind, subject=start.subject, key=key, created_at=now, payload=start.payload
    )
    ports.effects.add([second])
    ports.bells.ring(second)


def _end(start: Effect, ports: FollowingPorts) -> Followed:
    incident_id = start.subject.removeprefix("incident#")
    close_incident(incident_id, IncidentStatus.NEEDS_A_HUMAN.value, ports)
    ports.effects.finish(start, EffectStatus.DONE)
    return Followed.CLOSED


def _first(subject: str, ports: HasEffects) -> Effect | None:
    return ports.effects.effect(subject, ROLLBACK, kind=EffectKind.START_ROLLBACK)


def _second(subject: str, ports: HasEffects) -> Effect | None:
    return ports.effects.effect(subject, second_key(ROLLBACK), kind=EffectKind.START_ROLLBACK)
