"""Closes an incident: rolled back, or left to a human. The stage stays held either way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.usecases.needs import HasAudit, HasBells, HasClock, HasIncidents
from signalbox.usecases.rollback_steps import incident_news

ENDED = {IncidentStatus.ROLLED_BACK, IncidentStatus.NEEDS_A_HUMAN, IncidentStatus.NOT_OURS}
UNKNOWN_REASON = "The rollback did not come to an end; the rollback workflow's history says where."


class ClosingPorts(HasIncidents, HasAudit, HasBells, HasClock, Protocol):
    """What closing an incident asks of the world."""


def close_incident(incident_id: str, outcome: str, ports: ClosingPorts) -> dict[str, Any]:
    """Write how the incident ended, give the target back, and tell people.

    ``outcome`` is ``ROLLED_BACK`` or ``NEEDS_A_HUMAN``; how it ended first is how it stays. An
    incident that could not even be opened has nobody to tell here: the machine's failure raises
    its own alarm.
    """
    status = IncidentStatus(outcome)
    incident = ports.incidents.incident(incident_id)
    if incident is None:
        details = {"status": status.value, "why": "it could not be opened"}
        ports.audit.append(f"incident#{incident_id}", "incident closed", details)
        return {"incidentId": incident_id, "outcome": status.value}
    if incident.status not in ENDED:
        incident = _close(incident, status, ports)
    ports.incidents.release_target(incident.service, incident.environment, incident.id)
    ports.bells.ring(incident_news(incident, "closed", ports.clock.now()))
    return {"incidentId": incident.id, "outcome": incident.status.value}


def _close(incident: Incident, status: IncidentStatus, ports: ClosingPorts) -> Incident:
    now = ports.clock.now()
    closed = replace(
        incident, status=status, evidence=incident.evidence or UNKNOWN_REASON, closed_at=now
    )
    details = {"status": status.value, "evidence": closed.evidence}
    ports.audit.append(incident.subject, "incident closed", details)
    ports.incidents.save_incident(closed, [incident_news(closed, "closed", now)])
    return closed
