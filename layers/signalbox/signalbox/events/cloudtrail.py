"""Calls that steer a pipeline, as CloudTrail tells them to EventBridge.

They need a trail that logs management events (CloudTrail user guide, "Monitoring CloudTrail events
with Amazon EventBridge"). What a call carried is left behind: it may hold an approval's token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.domain.facts import ApiCalled
from signalbox.domain.identity import PipelineId
from signalbox.events.envelope import Envelope
from signalbox.events.fields import Key, OptionalUuid, Payload, Text, mapping, parse, text
from signalbox.events.reading import Reading, ignored
from signalbox.notifications.masking import mask

KIND, SOURCE = "cloudtrail.call", "aws.codepipeline"
STEERING = frozenset(
    {
        "PutApprovalResult",
        "OverrideStageCondition",
        "EnableStageTransition",
        "RollbackStage",
        "UpdatePipeline",
    }
)
"""Calls by which a release may pass what Signalbox decides; a rule of template.yaml names them."""


class _Call(Payload):
    """The parts of it that become parts of keys, or of sentences.

    ``id`` is a GUID (CloudTrail user guide, "CloudTrail record contents": eventID).
    """

    pipeline: Key
    by: Text = ""
    id: OptionalUuid = ""
    stage: Text = ""
    action: Text = ""
    error: Text = ""


def read_call(event: Envelope) -> Reading:
    """A call that steers a pipeline; everything else is none of our business."""
    detail = mapping(event.detail)
    name, asked = text(detail.get("eventName")), mapping(detail.get("requestParameters"))
    if event.source != SOURCE or name not in STEERING:
        reason = "calls are read from the APIs that they changed"
        return ignored(KIND, reason, account=event.account, region=event.region)
    if detail.get("errorCode") and not _pipeline(name, asked):
        reason = "AWS refused a call that names no pipeline"
        return ignored(KIND, reason, account=event.account, region=event.region)
    told = {
        "pipeline": _pipeline(name, asked),
        "by": _caller(mapping(detail.get("userIdentity"))),
        "id": detail.get("eventID"),
        "stage": asked.get("stageName"),
        "action": asked.get("actionName"),
        "error": detail.get("errorCode"),
    }
    call = parse(_Call, told, where=f"{KIND}: detail")
    account, region = event.place(KIND)
    fact = ApiCalled(
        pipeline=PipelineId(account=account, region=region, name=call.pipeline),
        call=name,
        by=mask(call.by),
        at=event.at(KIND),
        id=call.id,
        stage=mask(call.stage),
        action=mask(call.action),
        error=mask(call.error),
        replayed=event.replayed,
    )
    return Reading(kind=KIND, fact=fact)


def _caller(identity: Mapping[str, Any]) -> str:
    """The caller's ARN; of a service of AWS, which has none, its name
    (``codepipeline.amazonaws.com``).
    """
    return text(identity.get("arn")) or text(identity.get("invokedBy"))


def _pipeline(call: str, asked: Mapping[str, Any]) -> str:
    if call == "UpdatePipeline":
        return text(mapping(asked.get("pipeline")).get("name"))
    return text(asked.get("pipelineName"))
