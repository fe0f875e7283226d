"""Calls that steer a pipeline are recorded as CloudTrail records them, the refused ones too."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.engine.cloudtrail import HIDDEN
from tests.unit.engine.engine_world import CALLER, hello
from tests.unit.engine.test_engine_wire import Rights, Wire

NOBODYS_TOKEN = "00000000-0000-4000-8000-000000000000"
APPROVAL = {"pipelineName": "hello", "stageName": "Approval", "actionName": "Approve"}
YES = {"summary": "ana and bo", "status": "Approved"}
BUILD = {"pipelineName": "hello", "stageName": "Build", "transitionType": "Inbound"}


@pytest.fixture
def wire(tmp_path: Path) -> Wire:
    return Wire(tmp_path)


def waiting(wire: Wire) -> str:
    """The token of an approval that waits."""
    wire.world.start()
    wire.world.advance(through="Staging")
    return str(wire.world.open_run("Approval").token)


def record(wire: Wire) -> dict[str, Any]:
    (event,) = wire.trailed.events
    detail: dict[str, Any] = event["detail"]
    return detail


def test_an_approval_is_recorded_without_its_token(wire: Wire) -> None:
    token = waiting(wire)
    status, _ = wire.ask("PutApprovalResult", **APPROVAL, token=token, result=YES)
    assert status == 200
    (event,) = wire.trailed.events
    assert event["source"] == "aws.codepipeline"
    assert event["detail-type"] == "AWS API Call via CloudTrail"
    assert event["resources"] == []
    detail = record(wire)
    assert detail.pop("requestID") != detail.pop("eventID")
    assert detail == {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole", "arn": CALLER},
        "eventTime": "2026-11-22T12:00:00Z",
        "eventSource": "codepipeline.amazonaws.com",
        "eventName": "PutApprovalResult",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "",
        "requestParameters": {**APPROVAL, "token": HIDDEN, "result": YES},
        "responseElements": {"approvedAt": "Nov 22, 2026, 12:00:00 PM"},
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "123456789012",
        "eventCategory": "Management",
    }
    assert token not in str(wire.trailed.events)


def test_a_refused_call_is_recorded_with_its_error(wire: Wire) -> None:
    waiting(wire)
    wire.ask("PutApprovalResult", **APPROVAL, token=NOBODYS_TOKEN, result=YES)
    detail = record(wire)
    assert detail["errorCode"] == "InvalidApprovalTokenException"
    assert "expired" in detail["errorMessage"]
    assert detail["responseElements"] is None
    assert detail["requestParameters"] == {**APPROVAL, "token": HIDDEN, "result": YES}


def test_a_call_without_the_right_is_recorded_as_access_denied(tmp_path: Path) -> None:
    wire = Wire(tmp_path, Rights(denied="codepipeline:DisableStageTransition"))
    wire.ask("DisableStageTransition", **BUILD, reason="held")
    detail = record(wire)
    assert detail["errorCode"] == "AccessDenied"
    assert "codepipeline:DisableStageTransition" in detail["errorMessage"]


def test_a_call_outside_the_model_is_recorded_too(wire: Wire) -> None:
    wire.ask("DisableStageTransition", **BUILD, reason="held, #42")
    assert record(wire)["errorCode"] == "ValidationException"


def test_what_steers_a_pipeline_is_recorded_and_nothing_else(wire: Wire) -> None:
    good = wire.world.release()
    structure = hello(roleArn="arn:aws:iam::123456789012:role/other")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("GetPipelineState", {"name": "hello"}),
        ("DisableStageTransition", {**BUILD, "reason": "held"}),
        ("ListActionExecutions", {"pipelineName": "hello"}),
        ("EnableStageTransition", BUILD),
        (
            "RollbackStage",
            {
                "pipelineName": "hello",
                "stageName": "Production",
                "targetPipelineExecutionId": good.id,
            },
        ),
        ("StartPipelineExecution", {"name": "hello", "clientRequestToken": "t-1"}),
        ("UpdatePipeline", {"pipeline": structure}),
    ]
    answers = {}
    for operation, request in calls:
        status, answers[operation] = wire.ask(operation, **request)
        assert status == 200, answers[operation]
    told = {event["detail"]["eventName"]: event["detail"] for event in wire.trailed.events}
    assert list(told) == [
        *("DisableStageTransition", "EnableStageTransition", "RollbackStage"),
        *("StartPipelineExecution", "UpdatePipeline"),
    ]
    assert told["DisableStageTransition"]["responseElements"] is None
    assert told["RollbackStage"]["responseElements"] == answers["RollbackStage"]
    started = told["StartPipelineExecution"]
    assert started["requestParameters"] == {"name": "hello", "clientRequestToken": HIDDEN}
    assert started["responseElements"] == answers["StartPipelineExecution"]
    assert told["UpdatePipeline"]["requestParameters"] == {"pipeline": structure}
    assert told["UpdatePipeline"]["responseElements"]["pipeline"]["version"] == 2


def test_without_a_trail_nothing_is_recorded(wire: Wire) -> None:
    wire.logging = False
    wire.ask("EnableStageTransition", **BUILD)
    assert wire.trailed.events == []


def test_a_forged_call_is_not_recorded(tmp_path: Path) -> None:
    wire = Wire(tmp_path, Rights(forged="The request signature we calculated does not match"))
    wire.ask("EnableStageTransition", **BUILD)
    assert wire.trailed.events == []
