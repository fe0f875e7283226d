"""Closes the way into a stage, so that no later release overwrites the rollback."""

from __future__ import annotations

from typing import Any, Protocol

from signalbox.domain.holding import operator_sessions
from signalbox.domain.holds import REASON_MARK, ClosedStage, Hold, HoldSource, Scope, Transition
from signalbox.domain.incidents import Incident
from signalbox.domain.services import Environment, Service
from signalbox.usecases.needs import HasAudit, HasClock, HasHolds, HasPipelines
from signalbox.usecases.rollback_steps import FindingPorts, find_incident
from signalbox.usecases.shut_stage import shut_stage

OWNER = "signalbox"


class ClosingPorts(FindingPorts, HasHolds, HasPipelines, HasAudit, HasClock, Protocol):
    """What closing a stage asks of the world."""


def close_stage(incident_id: str, ports: ClosingPorts) -> dict[str, Any]:
    """Hold the stage until somebody releases it, and disable its inbound transition.

    The hold is written first, for what nothing holds is opened again. A stage that is closed
    already stays as it is; one whose hold was released meanwhile is not closed once more.
    """
    incident, service, environment = find_incident(incident_id, ports)
    hold = _hold_of(incident, service, environment, ports)
    if not ports.holds.add_hold(hold, []):
        standing = ports.holds.hold(hold.id)
        if standing is None or standing.ended_at is not None:
            return {"incidentId": incident.id}
    stage = environment.stage
    known = ports.holds.closed_stage(f"{service.pipeline.key}/{stage}")
    way = next((one for one in ports.pipelines.transitions(service) if one.stage == stage), None)
    if way is None or not way.closed:
        shut_stage(service, stage, [hold], known, ports, subject=incident.subject)
    elif known is None and _is_ours(way, service):
        ports.holds.note_closed(
            ClosedStage(
                pipeline=service.pipeline,
                stage=stage,
                since=way.changed_at or hold.since,
                reason=way.reason,
                confirmed=True,
            )
        )
    return {"incidentId": incident.id}


def _hold_of(
    incident: Incident, service: Service, environment: Environment, ports: ClosingPorts
) -> Hold:
    return Hold(
        id=incident.id,
        scope=Scope.of_stage(service.pipeline, environment.stage),
        owner=OWNER,
        reason=f"{incident.alarm.name} fired, incident {incident.id[:12]}",
        since=ports.clock.now(),
        source=HoldSource.INCIDENT,
        incident=incident.id,
    )


def _is_ours(way: Transition, service: Service) -> bool:
    by_us = way.changed_by.startswith(operator_sessions(service))
    return by_us and way.reason.startswith(REASON_MARK)
