"""Verifies a rollback: CodePipeline says that it ended, and the service itself answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.identity import ReleaseId
from signalbox.domain.incidents import Incident, RungOutcome
from signalbox.domain.services import Environment, Service
from signalbox.notifications.text import plain_line
from signalbox.usecases.needs import HasAudit, HasPipelines, HasTargets
from signalbox.usecases.rollback_steps import FindingPorts, find_incident

RUNNING = {"InProgress", "Stopping"}
"""The API's words for an execution under way (botocore, ``PipelineExecutionStatus``)."""

Seen = tuple[RungOutcome, str]


class VerifyingPorts(FindingPorts, HasPipelines, HasTargets, HasAudit, Protocol):
    """What verifying a rung asks of the world."""


def verify_rung(incident_id: str, number: int, ports: VerifyingPorts) -> dict[str, Any]:
    """Say whether the rollback still runs, is verified, or has failed, and keep the evidence.

    Verified means: the execution succeeded, all traffic goes to another version than the bad one,
    and the service answered each call well.
    """
    incident, service, environment = find_incident(incident_id, ports)
    outcome, said = _verify(incident, service, environment, ports)
    evidence = plain_line(said, 1500)
    if outcome is not RungOutcome.RUNNING:
        details = {"rung": number, "outcome": outcome.value, "evidence": evidence}
        ports.audit.append(incident.subject, "rollback verified", details)
        ports.incidents.save_incident(replace(incident, evidence=evidence), [])
    return {"incidentId": incident.id, "outcome": outcome.value}


def _verify(
    incident: Incident, service: Service, environment: Environment, ports: VerifyingPorts
) -> Seen:
    release = ReleaseId(pipeline=service.pipeline, execution=incident.rollback_execution)
    truth = ports.pipelines.execution(service, release)
    if truth is None:
        return RungOutcome.FAILED, f"CodePipeline knows no execution {release.execution}."
    if truth.status in RUNNING:
        return RungOutcome.RUNNING, ""
    if truth.status != "Succeeded":
        return RungOutcome.FAILED, f"The rollback {release.execution} ended {truth.status}."
    try:
        return _look(incident, service, environment, ports)
    except AwsRefusedError as refused:
        return RungOutcome.FAILED, f"The service could not be called ({refused.code}): {refused}"


def _look(
    incident: Incident, service: Service, environment: Environment, ports: VerifyingPorts
) -> Seen:
    version = ports.targets.current_version(service, environment)
    if not version:
        return RungOutcome.RUNNING, ""  # traffic is still being shifted
    if version == incident.version:
        return RungOutcome.FAILED, f"{environment.name} still serves the bad version {version}."
    details = {"service": service.name, "environment": environment.name, "version": version}
    ports.audit.append(incident.subject, "service called", details)
    well, seen = ports.targets.verify(service, environment)
    before = f"; version {incident.version} served before" if incident.version else ""
    return (RungOutcome.VERIFIED if well else RungOutcome.FAILED), f"{seen}{before}"
