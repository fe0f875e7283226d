"""Closes the way into a stage, so that no later release overwrites the rollback."""

from __future__ import annotations

from typing import Any, Protocol

from signalbox.domain.incidents import Hold
from signalbox.usecases.needs import HasAudit, HasClock, HasPipelines
from signalbox.usecases.rollback_steps import FindingPorts, find_incident

OWNER = "signalbox"


class ClosingPorts(FindingPorts, HasPipelines, HasAudit, HasClock, Protocol):
    """What closing a stage asks of the world."""


def close_stage(incident_id: str, ports: ClosingPorts) -> dict[str, Any]:
    """Disable the stage's inbound transition and record the hold; a closed stage stays as it is."""
    incident, service, environment = find_incident(incident_id, ports)
    reason = f"Signalbox holds this stage: {incident.alarm.name} fired. Incident {incident.id[:12]}"
    if not ports.pipelines.stage_is_closed(service, environment.stage):
        details = {"pipeline": service.pipeline.arn, "stage": environment.stage, "reason": reason}
        ports.audit.append(incident.subject, "stage closed", details)
        ports.pipelines.close_stage(service, environment.stage, reason)
    ports.incidents.hold(
        Hold(
            pipeline_key=service.pipeline.key,
            stage=environment.stage,
            owner=OWNER,
            reason=reason,
            since=ports.clock.now(),
            incident=incident.id,
        )
    )
    return {"incidentId": incident.id}
