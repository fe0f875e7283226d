"""Any payload in, facts out. The one door through which strangers' data enters.

To add an AWS event: a sample in ``events/``, a model and a function in its service's module, and
one line in ``ACTED_ON`` or ``NOT_ACTED_ON``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import Fact
from signalbox.events import (
    cloudtrail,
    cloudwatch,
    codebuild,
    codedeploy,
    codepipeline,
    ecr,
    ecs,
    strangers,
)
from signalbox.events.envelope import Envelope, is_envelope, open_envelope
from signalbox.events.leftovers import quoted
from signalbox.events.reading import Reading, ignored
from signalbox.events.wrappers import Unwrapped, unwrap

ACTED_ON: Mapping[tuple[str, str], Callable[[Envelope], Reading]] = {
    ("aws.codepipeline", "CodePipeline Pipeline Execution State Change"): (
        codepipeline.read_pipeline
    ),
    ("aws.codepipeline", "CodePipeline Stage Execution State Change"): codepipeline.read_stage,
    ("aws.codepipeline", "CodePipeline Action Execution State Change"): codepipeline.read_action,
    ("aws.codebuild", "CodeBuild Build State Change"): codebuild.read_state,
    ("aws.codebuild", "CodeBuild Build Phase Change"): codebuild.read_phase,
    ("aws.codedeploy", "CodeDeploy Deployment State-change Notification"): (
        codedeploy.read_deployment
    ),
    ("aws.codedeploy", "CodeDeploy Instance State-change Notification"): codedeploy.read_instance,
    ("aws.ecs", "ECS Deployment State Change"): ecs.read_deployment,
    ("aws.ecs", "ECS Service Action"): ecs.read_service_action,
    ("aws.ecs", "ECS Hook State Change"): ecs.read_hook,
    ("aws.ecs", "ECS Task State Change"): ecs.read_task,
    ("aws.ecr", "ECR Image Scan"): ecr.read_ecr_scan,
    ("aws.inspector2", "Inspector2 Scan"): ecr.read_inspector_scan,
    ("aws.cloudwatch", "CloudWatch Alarm State Change"): cloudwatch.read_state_change,
}

_IMAGES = "images are looked up when they are needed"
_DAEMONS = "daemons belong to a cluster, not to a release"
_FINDING = "single findings are counted by the scan that found them"

NOT_ACTED_ON: Mapping[tuple[str, str], tuple[str, str]] = {
    ("aws.ecs", "ECS Container Instance State Change"): (
        "ecs.container_instance",
        "the machines of a cluster are no part of a release",
    ),
    ("aws.ecs", "ECS Daemon Service Action"): ("ecs.daemon", _DAEMONS),
    ("aws.ecs", "ECS Daemon Deployment State Change"): ("ecs.daemon", _DAEMONS),
    ("aws.ecr", "ECR Image Action"): ("ecr.image_action", _IMAGES),
    ("aws.ecr", "ECR Replication Action"): ("ecr.replication", _IMAGES),
    ("aws.ecr", "ECR Referrer Action"): ("ecr.referrer", _IMAGES),
    ("aws.ecr", "ECR Pull Through Cache Action"): ("ecr.pull_through_cache", _IMAGES),
    ("aws.ecr", "ECR Scan Resource Change"): ("ecr.scan_resource", _IMAGES),
    ("aws.inspector2", "Inspector2 Finding"): ("inspector2.finding", _FINDING),
    ("aws.inspector2", "Inspector2 Coverage"): ("inspector2.coverage", _FINDING),
    ("aws.cloudwatch", "CloudWatch Alarm Configuration Change"): (
        "cloudwatch.alarm_configuration",
        "a changed alarm is read anew when it next fires",
    ),
    ("aws.cloudwatch", "CloudWatch Alarm Contributor State Change"): (
        "cloudwatch.alarm_contributor",
        "the alarm's own change is what counts",
    ),
}

READ_SOURCES = frozenset(source for source, _ in ACTED_ON)
"""Sources whose every detail type is known here: one that is not is unreadable, not ignored."""

_OTHER_SOURCES: Mapping[str, tuple[str, str]] = {
    "aws.codecommit": ("codecommit.event", "a push starts the pipeline by itself"),
    "aws.health": ("health.event", "AWS Health is no part of a release"),
    "aws.states": ("stepfunctions.event", "Signalbox reads its workflows when it reconciles"),
    "aws.eks": ("eks.event", "pods are no part of a release"),
    "aws.events": ("eventbridge.scheduled", "a schedule needs no record"),
    "aws.scheduler": ("eventbridge.scheduled", "a schedule needs no record"),
}


def read(payload: object) -> list[Fact]:
    """Every fact in a payload, unwrapped from SNS, SQS, Lambda records and lists.

    ``payload`` is decoded JSON. What is readable but not acted on comes as ``Ignored``.
    Raises UnreadableEventError where any part is none of the kinds known here or lacks a field
    that its fact depends on; the message names the field.
    """
    return [reading.fact for reading in readings(payload)]


def read_text(document: str) -> list[Fact]:
    """Like ``read``, from JSON text. Raises UnreadableEventError where it is not JSON."""
    return read(decode(document))


def decode(document: str) -> object:
    """Decode JSON text. Raises UnreadableEventError that says where it stops being JSON."""
    try:
        return json.loads(document)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableEventError(f"the event is not JSON ({where})") from None
    except (RecursionError, ValueError):
        raise UnreadableEventError("the event is JSON that nobody could have meant") from None


def readings(payload: object) -> list[Reading]:
    """Like ``read``, with the kind of payload that each fact was read from."""
    return [_read_one(part) for part in unwrap(payload)]


def _read_one(part: Unwrapped) -> Reading:
    payload, at = part.payload, part.received_at
    if isinstance(payload, str):
        return ignored(f"{part.by}.text", "a message of plain text")
    if is_envelope(payload):
        return _read_event(open_envelope(payload, at))
    if cloudwatch.is_direct(payload):
        return cloudwatch.read_direct(payload, at)
    if cloudwatch.is_message(payload):
        return cloudwatch.read_message(payload, at)
    if codepipeline.is_approval_message(payload):
        return codepipeline.read_approval_message(payload, at, part.topic_arn)
    if codedeploy.is_trigger(payload):
        return codedeploy.read_trigger(payload, at)
    return _read_stranger(payload, part.by)


def _read_event(event: Envelope) -> Reading:
    name = (event.source, event.detail_type)
    if event.detail_type.endswith("via CloudTrail"):
        return cloudtrail.read_call(event)
    if reader := ACTED_ON.get(name):
        return reader(event)
    if name in NOT_ACTED_ON:
        kind, reason = NOT_ACTED_ON[name]
    elif event.source in READ_SOURCES:
        raise UnreadableEventError(
            f"{event.source}: detail-type: {quoted(event.detail_type)}"
            " is not one that Signalbox knows"
        )
    else:
        other = ("eventbridge.other", f"nothing of {quoted(event.source)} concerns a release")
        kind, reason = _OTHER_SOURCES.get(event.source, other)
    return ignored(kind, reason, account=event.account, region=event.region)


def _read_stranger(payload: Mapping[str, Any], by: str) -> Reading:
    if stranger := strangers.recognise(payload):
        return stranger
    if by:
        return ignored(f"{by}.message", "a message that is no event of AWS")
    if "source" in payload:
        raise UnreadableEventError("detail-type: is missing")
    raise UnreadableEventError("the event is of no shape that Signalbox knows")
