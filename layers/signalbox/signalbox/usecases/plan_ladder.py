"""Lists the ways back from a bad release. As yet there is one: CodePipeline's stage rollback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from signalbox.domain.errors import AwsRefusedError, NothingToRollBackToError
from signalbox.domain.incidents import Incident, IncidentStatus, Rung
from signalbox.domain.services import Environment, Service
from signalbox.domain.truth import ExecutionTruth
from signalbox.usecases.needs import HasAudit, HasPipelines, HasReleases, HasTargets
from signalbox.usecases.rollback_steps import FindingPorts, find_incident

STAGE_ROLLBACK = "stage-rollback"


class PlanningPorts(FindingPorts, HasPipelines, HasReleases, HasTargets, HasAudit, Protocol):
    """What planning the ladder asks of the world."""


def plan_ladder(incident_id: str, ports: PlanningPorts) -> dict[str, Any]:
    """Choose the release to go back to, once. Raises NothingToRollBackToError where there is none.

    That is the newest one that succeeded in the stage before the blamed one, in the pipeline's
    present version, is no rollback itself (CodePipeline refuses those as targets), was never
    blamed, and is not the blamed commit built once more.
    """
    incident, service, environment = find_incident(incident_id, ports)
    if incident.rungs:
        return {"incidentId": incident.id, "rungs": len(incident.rungs)}
    target = next(_candidates(incident, service, environment, ports), None)
    if target is None:
        why = f"No earlier good release of {service.name} can serve stage {environment.stage}."
        ports.incidents.save_incident(replace(incident, evidence=why), [])
        raise NothingToRollBackToError(why)
    revision = target.commit.id if target.commit else ""
    rung = Rung(name=STAGE_ROLLBACK, to_execution=target.release.execution, to_revision=revision)
    details = {"rung": rung.name, "toExecution": rung.to_execution, "toRevision": revision}
    ports.audit.append(incident.subject, "ladder planned", details)
    version = _serving(service, environment, ports)
    ports.incidents.save_incident(replace(incident, rungs=(rung,), version=version), [])
    return {"incidentId": incident.id, "rungs": 1}


def _candidates(
    incident: Incident, service: Service, environment: Environment, ports: PlanningPorts
) -> Iterator[ExecutionTruth]:
    succeeded = ports.pipelines.succeeded_in_stage(service, environment.stage)
    blamed = ports.pipelines.execution(service, incident.release) if incident.release else None
    bad_commit = blamed.commit.id if blamed and blamed.commit else ""
    for truth in _before(incident, succeeded):
        commit = truth.commit.id if truth.commit else ""
        again = bool(commit) and commit == bad_commit
        if truth.kind != "ROLLBACK" and not again and not was_blamed(truth, ports):
            yield truth


def _before(incident: Incident, succeeded: Sequence[ExecutionTruth]) -> Sequence[ExecutionTruth]:
    """Those older than the blamed one, which is not listed while it still deploys."""
    releases = [truth.release for truth in succeeded]
    if incident.release in releases:
        return succeeded[releases.index(incident.release) + 1 :]
    return succeeded


def was_blamed(truth: ExecutionTruth, ports: HasReleases) -> bool:
    """Whether an alarm was ever laid at the release's door."""
    incidents = ports.releases.incidents_of(truth.release)
    return any(one.status is not IncidentStatus.NOT_OURS for one in incidents)


def _serving(service: Service, environment: Environment, ports: PlanningPorts) -> str:
    try:
        return ports.targets.current_version(service, environment)
    except AwsRefusedError:  # only evidence depends on it; the way back does not
        return ""
