"""Events of AWS with a stranger's text in every place where strangers write."""

from __future__ import annotations

import json
from typing import Any

from signalbox.domain.identity import AlarmId

from tests.fakes import ACCOUNT, PIPELINE, REGION
from tests.gate_world import COMMIT, RELEASE

ALARM = AlarmId(account=ACCOUNT, region=REGION, name="hello-production-errors")


def event(kind: str, **detail: Any) -> dict[str, Any]:
    """One of CodePipeline's three events about the release."""
    fields = {"pipeline": PIPELINE.name, "execution-id": RELEASE.execution, "version": 1.0}
    return {
        "version": "0",
        "id": "1",
        "source": "aws.codepipeline",
        "detail-type": f"CodePipeline {kind} Execution State Change",
        "account": ACCOUNT,
        "region": REGION,
        "time": "2026-11-22T12:00:00Z",
        "resources": [PIPELINE.arn],
        "detail": fields | detail,
    }


def word(said: str) -> str:
    """A state, which is no longer than 128 characters."""
    return said if len(said) <= 128 else "HIBERNATING"


def result(said: str) -> dict[str, str]:
    names = ("external-execution-id", "external-execution-url", "external-execution-summary")
    return dict.fromkeys([*names, "error-code"], said)


def release_events(said: str) -> list[dict[str, Any]]:
    """What CodePipeline says of the release, whose commit and errors are a stranger's."""
    trigger = {
        "trigger-type": "WebhookV2",
        "trigger-detail": said,
        "author-display-name": said,
        "author-email": said,
        "commit-message": said,
        "branch-name": said,
        "full-repository-name": said,
        "commit-id": COMMIT.id,
        "new": said,
    }
    where = {"stage": "Build", "action": "BuildAndTest", "action-execution-id": "b-1"}
    made = [{"name": said, "s3location": {"bucket": said, "key": said}}]
    action = {"execution-result": result(said), "output-artifacts": made, said: said}
    notified = event("Action", state="FAILED", stage="Deploy", action="Deploy")
    notified["detailType"] = notified.pop("detail-type")
    return [
        event("Pipeline", state="RESUMED", **{"execution-trigger": trigger}),
        event("Pipeline", state="STOPPING", **{"stop-execution-comments": said}),
        event("Stage", state="STARTED", stage="Deploy", new=[{"password": said}]),
        event("Action", state="STARTED", **where, **action),
        event("Action", state="FAILED", **where, **action, type={"category": said}),
        event("Action", state=word(said), **where),
        notified | {"additionalAttributes": {"additionalInformation": said, "failed": [said]}},
    ]


def other_events(said: str) -> list[dict[str, Any]]:
    """Builds, deployments, alarms, images and messages, with a stranger's text in each."""
    frame = {"account": ACCOUNT, "region": REGION, "time": "2026-11-22T12:00:00Z"}
    variables = [{"name": said, "value": said, "type": "PLAINTEXT"}]
    phases = [{"phase-type": "BUILD", "phase-status": "FAILED", "phase-context": [said]}]
    information = {
        "environment": {"environment-variables": variables},
        "logs": {"deep-link": said, "stream-name": said},
        "phases": phases,
        "initiator": said,
        "source-version": said,
    }
    build = {"build-id": "arn:x:build/hello:1", "additional-information": information}
    service = [f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/hello"]
    alarm = {"alarmName": ALARM.name, "state": {"value": "ALARM", "reason": said}}
    approval = {"pipelineName": "hello", "stageName": "S", "actionName": "A", "customData": said}

    call = {
        "eventName": "PutApprovalResult",
        "eventID": "c0ffee00-aaaa-4bbb-8ccc-000000000007",
        "userIdentity": {"type": "AssumedRole", "arn": said},
        "requestParameters": {
            "pipelineName": PIPELINE.name,
            "stageName": said,
            "actionName": said,
            "result": {"summary": said, "status": "Approved"},
            "token": said,
        },
        "errorCode": said,
    }

    def of(source: str, kind: str, detail: Any) -> dict[str, Any]:
        return {**frame, "source": source, "detail-type": kind, "detail": detail}

    return [
        of("aws.codebuild", "CodeBuild Build State Change", build | {"build-status": "FAILED"}),
        of("aws.codebuild", "CodeBuild Build State Change", build | {"build-status": word(said)}),
        of(
            "aws.codebuild",
            "CodeBuild Build Phase Change",
            build
            | {
                "completed-phase": "BUILD",
                "completed-phase-status": "FAILED",
                "completed-phase-context": said,
            },
        ),
        of(
            "aws.ecs",
            "ECS Service Action",
            {"eventName": "SERVICE_TASK_PLACEMENT_FAILURE", "reason": said},
        )
        | {"resources": service},
        of(
            "aws.ecs",
            "ECS Deployment State Change",
            {"eventName": "SERVICE_DEPLOYMENT_FAILED", "deploymentId": "d", "reason": said},
        )
        | {"resources": service},
        of(
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            alarm | {"alarmTags": {said: said}, "configuration": {"description": said}},
        ),
        of("aws.codepipeline", "AWS API Call via CloudTrail", call),
        of("aws.ecr", "ECR Image Scan", {"scan-status": word(said), "repository-name": said}),
        of(said, "CodePipeline Action Execution State Change", {"state": said}),
        {
            "Type": "Notification",
            "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:approvals",
            "Message": json.dumps({"approval": approval, "region": REGION}),
        },
        {"Type": "Notification", "TopicArn": "arn", "Message": f"lunch: {said}"},
        {"type": "block_actions", "token": said, "user": {"name": said}},
    ]


def unreadable_events(said: str) -> list[Any]:
    """What goes to the dead-letter queue: nobody can read it, or it is of a strange account."""
    lost = event("Pipeline", state="STARTED", new=said, **{"execution-trigger": {"x": [said]}})
    del lost["detail"]["execution-id"]
    nested = {"Type": "Notification", "TopicArn": said, "Message": json.dumps(lost)}
    return [
        said,
        f'{{"note": {json.dumps(said)}',
        lost,
        nested,
        event("Pipeline", state={"value": said}),
        event("Pipeline", state="STARTED", note=said) | {"account": "999988887777"},
        event("Dance", note=said),
        event(said, note=said),
        {"source": said, "detail-type": ""},
        {"records": [{"password": said}], "said": said},
    ]
