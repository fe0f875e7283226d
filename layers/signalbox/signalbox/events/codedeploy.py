"""CodeDeploy: deployments and their instances, from EventBridge and from SNS triggers.

States of events differ from those of the API; neither carries a message, only triggers do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import DeploymentChanged
from signalbox.domain.states import (
    CODEDEPLOY_EVENT_STATE,
    CODEDEPLOY_STATUS,
    CodeDeployEventState,
    CodeDeployStatus,
    DeploymentState,
)
from signalbox.events.envelope import Envelope
from signalbox.events.fields import Key, Name, Payload, Text, Word, account, mapping, parse, text
from signalbox.events.leftovers import leftovers
from signalbox.events.reading import Reading
from signalbox.events.times import moment
from signalbox.events.wrappers import json_object


class _Deployment(Payload):
    application: Text = ""
    deployment_group: Text = Field(default="", alias="deploymentGroup")
    deployment_id: Name = Field(alias="deploymentId")
    state: Word


class _Instance(_Deployment):
    instance_id: Name = Field(alias="instanceId")


class _Trigger(Payload):
    account: Key
    region: Key
    application: Text = Field(default="", alias="applicationName")
    deployment_group: Text = Field(default="", alias="deploymentGroupName")
    deployment_id: Name = Field(alias="deploymentId")
    status: Text = ""
    instance_id: Text = Field(default="", alias="instanceId")
    instance_status: Text = Field(default="", alias="instanceStatus")


def read_deployment(event: Envelope) -> Reading:
    """``CodeDeploy Deployment State-change Notification``."""
    kind = "codedeploy.deployment"
    detail = parse(_Deployment, event.detail, where=f"{kind}: detail")
    return Reading(kind=kind, fact=_fact(kind, event, detail, part=""))


def read_instance(event: Envelope) -> Reading:
    """``CodeDeploy Instance State-change Notification``."""
    kind = "codedeploy.instance"
    detail = parse(_Instance, event.detail, where=f"{kind}: detail")
    return Reading(kind=kind, fact=_fact(kind, event, detail, part=detail.instance_id))


def is_trigger(payload: Mapping[str, Any]) -> bool:
    """Whether this is what a deployment group's trigger publishes to SNS."""
    return "deploymentId" in payload and "eventTriggerName" in payload


def read_trigger(payload: Mapping[str, Any], received_at: datetime | None) -> Reading:
    """A trigger's message. Its times are epoch seconds as text, or dates; counts are text, too."""
    kind = "codedeploy.trigger"
    fields = {**payload, "account": account(payload.get("accountId"))}
    trigger = parse(_Trigger, fields, where=kind)
    times = (moment(payload.get(n)) for n in ("completeTime", "lastUpdatedAt", "createTime"))
    at = next((time for time in times if time), received_at)
    if at is None:
        raise UnreadableEventError(f"{kind}: createTime: is missing or not a time")
    status = trigger.instance_status or trigger.status
    fact = DeploymentChanged(
        account=trigger.account,
        region=trigger.region,
        service="codedeploy",
        target=f"{trigger.application}/{trigger.deployment_group}",
        deployment_id=trigger.deployment_id,
        state=_status(status),
        at=at,
        reason=_error_message(payload.get("errorInformation")),
        part=trigger.instance_id,
        raw_state=status,
        extra=leftovers(trigger),
    )
    return Reading(kind=kind, fact=fact)


def _fact(kind: str, event: Envelope, detail: _Deployment, part: str) -> DeploymentChanged:
    place, region = event.place(kind)
    return DeploymentChanged(
        account=place,
        region=region,
        service="codedeploy",
        target=f"{detail.application}/{detail.deployment_group}",
        deployment_id=detail.deployment_id,
        state=_state(detail.state),
        at=event.at(kind),
        part=part,
        raw_state=detail.state,
        extra=leftovers(detail),
    )


def _state(word: str) -> DeploymentState:
    try:
        return CODEDEPLOY_EVENT_STATE[CodeDeployEventState(word.strip().upper())]
    except ValueError:
        return DeploymentState.UNKNOWN


def _status(word: str) -> DeploymentState:
    try:
        return CODEDEPLOY_STATUS[CodeDeployStatus(word.strip().upper())]
    except ValueError:
        return DeploymentState.UNKNOWN


def _error_message(information: object) -> str:
    """Its ``errorInformation``: an object, or that object as JSON text."""
    document = json_object(information) if isinstance(information, str) else information
    error = mapping(document)
    return text(error.get("ErrorMessage")) or text(error.get("ErrorCode"))
