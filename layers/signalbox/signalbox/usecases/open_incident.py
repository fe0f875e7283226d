"""Blames a recent deployment for an alarm, and claims the target for one rollback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from signalbox.domain.errors import DocumentInvalidError, NotYetError
from signalbox.domain.identity import AlarmId, ReleaseId
from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.releases import Stage
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import AlarmState, ExecutionState
from signalbox.usecases.follow_rollback import is_over
from signalbox.usecases.needs import (
    HasAlarms,
    HasAudit,
    HasBells,
    HasClock,
    HasEffects,
    HasIncidents,
    HasPipelines,
    HasPolicies,
    HasServices,
)
from signalbox.usecases.rollback_steps import incident_news, stage_of

CONTRACT = 1
LOOKED_AT = 20
"""The newest deployment is nearly always the newest execution or the one before."""

SETTLING = timedelta(seconds=60)
"""Alarms look back one period, of 60 seconds as a rule: one that fires sooner after a rollback
may speak of what was there before it."""

DEPLOYED = {ExecutionState.SUCCEEDED, ExecutionState.STARTED, ExecutionState.RESUMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRequest:
    """The alarm that an event said is firing since ``at`` (UTC); None where it did not say."""

    alarm: AlarmId
    incident_id: str
    at: datetime | None

    @classmethod
    def from_input(cls, given: Mapping[str, Any]) -> AlarmRequest:
        """Read the rollback machine's input. Raises DocumentInvalidError where it is not one."""
        try:
            if given["contract"] != CONTRACT:
                raise DocumentInvalidError(f"contract {given['contract']!r} is not {CONTRACT}")
            at = given.get("at")
            return cls(
                alarm=AlarmId(**{name: given["alarm"][name] for name in AlarmId.__slots__}),
                incident_id=given["incidentId"],
                at=datetime.fromisoformat(at) if at else None,
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise DocumentInvalidError(f"rollback input is wrong: {wrong!r}") from wrong


class OpeningPorts(
    HasServices,
    HasPolicies,
    HasAlarms,
    HasPipelines,
    HasIncidents,
    HasEffects,
    HasAudit,
    HasBells,
    HasClock,
    Protocol,
):
    """What opening an incident asks of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deployment:
    """The newest execution that entered the environment's stage.

    ``release`` is in whose message an incident is told: of a rollback, the newest release that no
    rollback is, for our rollbacks have no message of their own.
    """

    execution: str
    release: ReleaseId
    stage: Stage
    is_rollback: bool
    began: datetime


def open_incident(request: AlarmRequest, ports: OpeningPorts) -> dict[str, Any]:
    """Open the incident once, however often this runs, and say whether to roll back.

    Only a deployment that is recent, that was there when the alarm fired and that is no rollback
    itself is rolled back, only under a policy that enforces, and only one at a time per target.
    """
    known = ports.incidents.incident(request.incident_id)
    if known is not None and known.status is not IncidentStatus.OPEN:
        return _answer(known.id, known.status is IncidentStatus.ROLLING_BACK)
    registered = ports.services.of_alarm(request.alarm)
    if registered is None:
        return _answer(request.incident_id, False)
    service, environment = registered
    policy = ports.policies.policy_for(service.pipeline)
    if policy.mode is Mode.OFF:
        return _answer(request.incident_id, False)
    deployment = _newest_deployment(service, environment, ports)
    now = ports.clock.now()
    incident = Incident(
        id=request.incident_id,
        alarm=request.alarm,
        service=service.name,
        environment=environment.name,
        stage=environment.stage,
        status=IncidentStatus.OPEN,
        opened_at=request.at or now,
        release=deployment.release if deployment else None,
        revision=known.revision if known else 0,
    )
    state = ports.alarms.state(service, [request.alarm.name]).get(request.alarm.name)
    if deployment and deployment.is_rollback and _is_handled(incident, deployment, state, now):
        return _stand_down(incident, f"{deployment.execution} rolled it back", ports)
    status, evidence = _judge(incident, environment, deployment, state, policy)
    if status is IncidentStatus.ROLLING_BACK:
        incident = _written_first(incident, ports)
        holder = _claim(incident, ports)
        if holder != incident.id:
            return _stand_down(incident, f"incident {holder} has the target", ports)
    _save(replace(incident, status=status, evidence=evidence), ports)
    return _answer(incident.id, status is IncidentStatus.ROLLING_BACK)


def _judge(
    incident: Incident,
    environment: Environment,
    deployment: _Deployment | None,
    state: AlarmState | None,
    policy: Policy,
) -> tuple[IncidentStatus, str]:
    """What is to be done about the alarm, and why, for people."""
    window = policy.rollback_window
    if state is not AlarmState.ALARM:
        found = state.value if state else "missing"
        return IncidentStatus.NOT_OURS, f"The alarm was {found} when Signalbox looked."
    if deployment is None:
        return IncidentStatus.NOT_OURS, "Nothing was deployed here lately."
    if deployment.began > incident.opened_at:
        return IncidentStatus.NOT_OURS, "The alarm fired before this release was deployed."
    if incident.opened_at - _end(deployment) > window:
        minutes = int(window.total_seconds() // 60)
        return IncidentStatus.NOT_OURS, f"The last deployment is more than {minutes} minutes old."
    if deployment.is_rollback:
        return IncidentStatus.NEEDS_A_HUMAN, "What fails is itself a rollback; none is rolled back."
    if deployment.stage.state not in DEPLOYED:
        ended = deployment.stage.state.value
        return (
            IncidentStatus.NEEDS_A_HUMAN,
            f"The deployment itself ended {ended}; Signalbox does not roll back on top of that.",
        )
    if environment.target is None:
        return (
            IncidentStatus.NEEDS_A_HUMAN,
            "Nothing is rolled back: the registration names no target, so nobody could verify it.",
        )
    if policy.mode is not Mode.ENFORCE:
        return IncidentStatus.OPEN, "Signalbox only observes here; it would have rolled back."
    return IncidentStatus.ROLLING_BACK, ""


def _is_handled(
    incident: Incident, rollback: _Deployment, state: AlarmState | None, now: datetime
) -> bool:
    """Whether a rollback answers the alarm already: it runs, came after it, or has cured it."""
    ended = rollback.stage.ended_at
    if ended is None or incident.opened_at < ended or state is not AlarmState.ALARM:
        return True
    if now < ended + SETTLING:
        raise NotYetError(f"{rollback.execution} has only just rolled {incident.environment} back")
    return False


def _written_first(incident: Incident, ports: OpeningPorts) -> Incident:
    """Write the incident without a release to show it with, before its target is claimed: whoever
    must close it after a crash finds whose lock to give back.
    """
    saved = ports.incidents.save_incident(replace(incident, release=None), [])
    return replace(incident, revision=saved.revision)


def _claim(incident: Incident, ports: OpeningPorts) -> str:
    """Claim the target; returns the incident that has it.

    A lock whose holder is at work no more is taken over: it must not silence this alarm.
    """
    service, environment = incident.service, incident.environment
    holder = ports.incidents.claim_target(service, environment, incident)
    if holder == incident.id or not is_over(holder, ports):
        return holder
    details = {"environment": environment, "from": holder}
    ports.audit.append(incident.subject, "target taken over", details)
    return ports.incidents.take_over_target(service, environment, incident, holder)


def _newest_deployment(
    service: Service, environment: Environment, ports: OpeningPorts
) -> _Deployment | None:
    newest: _Deployment | None = None
    for release in ports.pipelines.newest(service, LOOKED_AT):
        stage = stage_of(ports.pipelines, service, release, environment.stage)
        began = (stage.started_at or stage.ended_at) if stage else None
        if stage is None or began is None:
            continue
        truth = ports.pipelines.execution(service, release)
        is_rollback = truth is not None and truth.kind == "ROLLBACK"
        newest = newest or _Deployment(
            execution=release.execution,
            release=release,
            stage=stage,
            is_rollback=is_rollback,
            began=began,
        )
        if not is_rollback:
            return replace(newest, release=release)
    return newest


def _end(deployment: _Deployment) -> datetime:
    """When it was deployed; the start of one that is still under way."""
    return deployment.stage.ended_at or deployment.began


def _stand_down(incident: Incident, why: str, ports: OpeningPorts) -> dict[str, Any]:
    """Leave it to whoever acts already; the audit says so, another card would only confuse."""
    details = {"alarm": incident.alarm.arn, "environment": incident.environment, "why": why}
    ports.audit.append(incident.subject, "stood down", details)
    unseen = replace(incident, release=None, status=IncidentStatus.NOT_OURS, evidence=why)
    ports.incidents.save_incident(unseen, [])
    return _answer(incident.id, False)


def _save(incident: Incident, ports: OpeningPorts) -> None:
    details = {
        "alarm": incident.alarm.arn,
        "environment": incident.environment,
        "release": incident.release.key if incident.release else "",
        "status": incident.status.value,
        "why": incident.evidence,
    }
    ports.audit.append(incident.subject, "incident opened", details)
    news = incident_news(incident, "opened", ports.clock.now())
    ports.incidents.save_incident(incident, [news])
    ports.bells.ring(news)


def _answer(incident_id: str, roll_back: bool) -> dict[str, Any]:
    return {"incidentId": incident_id, "decision": "ROLL_BACK" if roll_back else "STAND_DOWN"}
