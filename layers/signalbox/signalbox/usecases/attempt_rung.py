"""Attempts one way back, once, whatever replies get lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from signalbox.domain.errors import AwsRefusedError, NotYetError
from signalbox.domain.incidents import Incident, Rung, RungOutcome
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import ExecutionState
from signalbox.notifications.text import plain_line
from signalbox.usecases.needs import HasAudit, HasBells, HasClock, HasPipelines
from signalbox.usecases.rollback_steps import (
    FindingPorts,
    find_incident,
    incident_news,
    read_release,
    stage_of,
)

LOOKED_AT = 20
BUSY = "ConflictException"
"""The pipeline handles something else; the same call works later (RollbackStage, API reference)."""
RUNNING = {ExecutionState.STARTED, ExecutionState.RESUMED, ExecutionState.STOPPING}


class AttemptingPorts(FindingPorts, HasPipelines, HasAudit, HasBells, HasClock, Protocol):
    """What attempting a rung asks of the world."""


def attempt_rung(incident_id: str, number: int, ports: AttemptingPorts) -> dict[str, Any]:
    """Roll the stage back, or adopt the rollback that runs already.

    A refusal is an outcome, with AWS's code in the evidence. Raises NotYetError while the stage
    still runs or the pipeline is busy.
    """
    incident, service, environment = find_incident(incident_id, ports)
    rung = incident.rungs[number]
    if incident.rollback_execution:
        return _outcome(incident, RungOutcome.RUNNING)
    execution = _running_rollback(incident, rung, service, environment, ports)
    if not execution:
        _wait_for_the_stage(incident, service, environment, ports)
        details = {"rung": rung.name, "stage": environment.stage, "toExecution": rung.to_execution}
        ports.audit.append(incident.subject, "rollback attempted", details)
        try:
            execution = ports.pipelines.roll_back_stage(
                service, environment.stage, rung.to_execution
            )
        except AwsRefusedError as refused:
            if refused.code == BUSY:
                raise NotYetError(f"{service.pipeline.name} is busy") from refused
            return _refused(incident, rung, refused, ports)
    begun = replace(incident, rollback_execution=execution)
    news = incident_news(begun, f"rung-{number}", ports.clock.now())
    ports.incidents.save_incident(begun, [news])
    ports.bells.ring(news)
    return _outcome(begun, RungOutcome.RUNNING)


def _running_rollback(
    incident: Incident,
    rung: Rung,
    service: Service,
    environment: Environment,
    ports: AttemptingPorts,
) -> str:
    """The rollback that was started since the blamed release: ours, of which the reply was lost,
    or somebody else's. A rollback is never doubled.
    """
    for release in ports.pipelines.newest(service, LOOKED_AT):
        if release == incident.release:
            break
        truth = ports.pipelines.execution(service, release)
        if truth is None or truth.kind != "ROLLBACK":
            continue
        begun = read_release(ports.pipelines, service, release)
        nowhere_yet = not begun.stages and truth.rollback_target == rung.to_execution
        if begun.stage(environment.stage) or nowhere_yet:
            return release.execution
    return ""


def _wait_for_the_stage(
    incident: Incident, service: Service, environment: Environment, ports: AttemptingPorts
) -> None:
    if incident.release is None:
        return
    stage = stage_of(ports.pipelines, service, incident.release, environment.stage)
    if stage and stage.state in RUNNING:
        raise NotYetError(f"{environment.stage} still runs, and a running stage is not rolled back")


def _refused(
    incident: Incident, rung: Rung, refused: AwsRefusedError, ports: AttemptingPorts
) -> dict[str, Any]:
    evidence = plain_line(f"AWS refused {rung.name} ({refused.code}): {refused}", 1500)
    ports.audit.append(incident.subject, "rollback refused", {"code": refused.code})
    ports.incidents.save_incident(replace(incident, evidence=evidence), [])
    return _outcome(incident, RungOutcome.REFUSED)


def _outcome(incident: Incident, outcome: RungOutcome) -> dict[str, Any]:
    return {"incidentId": incident.id, "outcome": outcome.value}
