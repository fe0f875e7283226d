"""ECS: deployments, their hooks and tasks.

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
    ECS_TASK_STATUS,
    DeploymentState,
    EcsDeploymentEvent,
    EcsHookEvent,
    EcsTaskStatus,
)
from signalbox.events.envelope import Envelope
from signalbox.events.fields import Name, Payload, Text, Word, parse
from signalbox.events.reading import Reading, ignored


class _Deployment(Payload):
    event_name: Word = Field(alias="eventName")
    deployment_id: Name = Field(alias="deploymentId")
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
    return _reading(
        kind, event, target, detail.deployment_id, state, detail.event_name, detail.reason, ""
    )


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
    name, reason, part = detail.event_name, detail.lifecycle_stage, detail.hook_id
    return _reading(kind, event, target, deployment, state, name, reason, part)


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
    why, part = detail.stopped_reason, detail.task_arn.rpartition("/")[2]
    return _reading(kind, event, target, detail.started_by, state, detail.last_status, why, part)


def _reading(
    kind: str,
    event: Envelope,
    target: str,
    deployment_id: str,
    state: DeploymentState,
    raw_state: str,
    reason: str,
    part: str,
) -> Reading:
    account, region = event.place(kind)
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
