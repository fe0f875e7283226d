"""ECS: deployments, their hooks and tasks, and what services say of themselves.

``ECS Deployment State Change`` names cluster and service only in the resource's ARN, and is sent
for rollbacks as well: then only ``reason`` differs. Hooks are new in 2026.
"""

from __future__ import annotations

from pydantic import Field

from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import DeploymentChanged
from signalbox.domain.states import (
    ECS_DEPLOYMENT_EVENT,
    ECS_HOOK_EVENT,
    ECS_SERVICE_EVENT,
    ECS_TASK_STATUS,
    DeploymentState,
    EcsDeploymentEvent,
    EcsHookEvent,
    EcsServiceEvent,
    EcsTaskStatus,
)
from signalbox.events.envelope import Envelope
from signalbox.events.fields import Name, Payload, Text, Word, parse
from signalbox.events.leftovers import leftovers
from signalbox.events.reading import Reading, ignored


class _Deployment(Payload):
    event_name: Word = Field(alias="eventName")
    deployment_id: Name = Field(alias="deploymentId")
    reason: Text = ""


class _ServiceAction(Payload):
    event_name: Word = Field(alias="eventName")
    reason: Text = ""


class _Hook(Payload):
    event_name: Word = Field(alias="eventName")
    hook_id: Name = Field(alias="hookId")
    service_arn: Text = Field(default="", alias="serviceArn")
    service_deployment_arn: Text = Field(default="", alias="serviceDeploymentArn")
    lifecycle_stage: Text = Field(default="", alias="lifecycleStage")


class _Task(Payload):
    task_arn: Name = Field(alias="taskArn")
    cluster_arn: Text = Field(default="", alias="clusterArn")
    last_status: Word = Field(alias="lastStatus")
    group: Text = ""
    started_by: Text = Field(default="", alias="startedBy")
    stopped_reason: Text = Field(default="", alias="stoppedReason")


def read_deployment(event: Envelope) -> Reading:
    """``ECS Deployment State Change``."""
    kind = "ecs.deployment"
    detail = parse(_Deployment, event.detail, where=f"{kind}: detail")
    try:
        state = ECS_DEPLOYMENT_EVENT[EcsDeploymentEvent(detail.event_name.upper())]
    except ValueError:
        state = DeploymentState.UNKNOWN
    target = _service_in(*event.resources)
    if not target:
        raise UnreadableEventError(f"{kind}: resources: name no service")
    said = (state, detail.event_name, detail.reason)
    return _reading(kind, event, detail, target, detail.deployment_id, said)


def read_service_action(event: Envelope) -> Reading:
    """``ECS Service Action``. It names no deployment: it says why the service's own goes on.

    The steps of deployments come here as well, without an id; their own events are read instead.
    """
    kind = "ecs.service_action"
    detail = parse(_ServiceAction, event.detail, where=f"{kind}: detail")
    name, why_not = detail.event_name.upper(), ""
    try:
        state = ECS_SERVICE_EVENT[EcsServiceEvent(name)]
    except ValueError:
        state = DeploymentState.UNKNOWN
    if name in EcsDeploymentEvent.__members__:
        why_not = "the deployment's own event says the same, and which deployment it is"
    elif state is DeploymentState.SUCCEEDED:
        why_not = "a steady service says nothing of a deployment that its own events do not say"
    if why_not:
        account, region = event.place(kind)
        return ignored(kind, why_not, account=account, region=region)
    target = _service_in(*event.resources)
    if not target:
        raise UnreadableEventError(f"{kind}: resources: name no service")
    return _reading(kind, event, detail, target, "", (state, detail.event_name, detail.reason))


def read_hook(event: Envelope) -> Reading:
    """``ECS Hook State Change``: a pause or Lambda hook of a service deployment."""
    kind = "ecs.hook"
    detail = parse(_Hook, event.detail, where=f"{kind}: detail")
    try:
        state = ECS_HOOK_EVENT[EcsHookEvent(detail.event_name.upper())]
    except ValueError:
        state = DeploymentState.UNKNOWN
    target = _service_in(detail.service_arn, detail.service_deployment_arn, *event.resources)
    deployment = detail.service_deployment_arn or next(iter(event.resources), "")
    if not target or not deployment:
        raise UnreadableEventError(f"{kind}: detail.serviceDeploymentArn: is missing")
    said = (state, detail.event_name, detail.lifecycle_stage)
    return _reading(kind, event, detail, target, deployment, said, part=detail.hook_id)


def read_task(event: Envelope) -> Reading:
    """``ECS Task State Change``. ``startedBy`` of a service's task is its deployment."""
    kind = "ecs.task"
    detail = parse(_Task, event.detail, where=f"{kind}: detail")
    group, _, service = detail.group.partition(":")
    if group != "service" or not service:
        account, region = event.place(kind)
        reason = "the task belongs to no service, so to no deployment"
        return ignored(kind, reason, account=account, region=region)
    try:
        state = ECS_TASK_STATUS[EcsTaskStatus(detail.last_status.upper())]
    except ValueError:
        state = DeploymentState.UNKNOWN
    target = f"{detail.cluster_arn.rpartition('/')[2]}/{service}"
    said = (state, detail.last_status, detail.stopped_reason)
    part = detail.task_arn.rpartition("/")[2]
    return _reading(kind, event, detail, target, detail.started_by, said, part=part)


def _reading(
    kind: str,
    event: Envelope,
    detail: Payload,
    target: str,
    deployment_id: str,
    said: tuple[DeploymentState, str, str],
    part: str = "",
) -> Reading:
    """``said`` is the state, AWS's word for it, and the reason."""
    account, region = event.place(kind)
    state, raw_state, reason = said
    fact = DeploymentChanged(
        account=account,
        region=region,
        service="ecs",
        target=target,
        deployment_id=deployment_id,
        state=state,
        at=event.at(kind),
        reason=reason,
        part=part,
        raw_state=raw_state,
        extra=leftovers(detail),
    )
    return Reading(kind=kind, fact=fact)


def _service_in(*arns: str) -> str:
    """``cluster/service`` out of the first ARN of a service or of a service's deployment.

    ARNs in the short format, from before 2018, hold no cluster.
    """
    for arn in arns:
        what, _, rest = arn.rpartition(":")[2].partition("/")
        if what in ("service", "service-deployment") and rest:
            return "/".join(rest.split("/")[:2])
    return ""
