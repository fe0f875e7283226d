"""What the steps of the rollback workflow share: finding an incident's parts, and telling."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import SettingMissingError
from signalbox.domain.identity import ReleaseId
from signalbox.domain.incidents import Incident
from signalbox.domain.releases import Release, Stage, fold
from signalbox.domain.services import Environment, Service
from signalbox.ports import Pipelines
from signalbox.usecases.needs import HasIncidents, HasServices


class FindingPorts(HasIncidents, HasServices, Protocol):
    """What finding an incident asks of the world."""


def find_incident(incident_id: str, ports: FindingPorts) -> tuple[Incident, Service, Environment]:
    """The incident with its service and environment. Raises SettingMissingError without one."""
    incident = ports.incidents.incident(incident_id)
    if incident is None:
        raise SettingMissingError(f"there is no incident {incident_id}")
    service = next((one for one in ports.services.all() if one.name == incident.service), None)
    environment = service.environment(incident.environment) if service else None
    if service is None or environment is None:
        where = f"{incident.service}/{incident.environment}"
        raise SettingMissingError(f"{where} of incident {incident_id} is not registered")
    return incident, service, environment


def stage_of(
    pipelines: Pipelines, service: Service, release: ReleaseId, stage: str
) -> Stage | None:
    """How a release fares in a stage by CodePipeline's own word; None where it never came there."""
    return read_release(pipelines, service, release).stage(stage)


def read_release(pipelines: Pipelines, service: Service, release: ReleaseId) -> Release:
    """A release folded from what the API says, whatever the events said."""
    return fold(release, pipelines.facts(service, release))


def incident_news(incident: Incident, key: str, at: datetime) -> Effect:
    """Tell of the incident in the message of the release that is blamed.

    It shares that release's subject, so that edits of one message never overtake each other.
    ``key`` names what is new, within the incident.
    """
    release = incident.release
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=f"release#{release.key}" if release else incident.subject,
        key=f"announce-incident-{incident.id}-{key}",
        created_at=at,
        payload={"incident": incident.id},
    )
