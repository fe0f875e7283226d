"""Requests are held against the botocore model and the caller's rights; responses fit the model."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from sandbox.engine.cloudtrail import CloudTrail
from sandbox.engine.refusals import Refusal
from sandbox.engine.validation import check_request, operation_model
from sandbox.engine.wire.codebuild import CodeBuildApi
from sandbox.engine.wire.codepipeline import CodePipelineApi, resource_of
from sandbox.engine.wire.gateway import Call, EngineGateway
from tests.unit.engine.build_world import BuildScene
from tests.unit.engine.engine_world import CALLER, KeptEvents, World

PIPELINE = "arn:aws:codepipeline:us-east-1:123456789012:hello"


class Rights:
    """Allows everything but one action; keeps what was asked."""

    def __init__(self, denied: str = "", forged: str | None = None) -> None:
        self.refused, self.forged = denied, forged
        self.asked: list[tuple[str, str]] = []

    def access_key_of(self, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "")

    def forgery(
        self, method: str, path: str, raw_headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> str | None:
        return self.forged

    def denied(self, access_key_id: str, action: str, resource_arn: str) -> str | None:
        self.asked.append((action, resource_arn))
        return (
            f"User: me is not authorized to perform: {action}" if action == self.refused else None
        )

    def caller_arn(self, access_key_id: str) -> str:
        return CALLER

    def user_identity(self, access_key_id: str) -> Mapping[str, Any]:
        return {"type": "AssumedRole", "arn": CALLER}


class Wire:
    """The gateway over a world."""

    def __init__(self, scratch: Path, rights: Rights | None = None) -> None:
        self.world, self.scene = World(), BuildScene(scratch)
        self.rights = rights or Rights()
        self.trailed, self.logging = KeptEvents(), True
        self.gateway = EngineGateway(
            pipelines=CodePipelineApi(
                pipelines=self.world.pipelines, interventions=self.world.interventions
            ),
            builds=CodeBuildApi(self.scene.service),
            identity=self.rights,
            trail=CloudTrail(
                emit=self.trailed, clock=self.world.clock, is_logging=lambda: self.logging
            ),
        )

    def ask(
        self, operation: str, service: str = "CodePipeline_20150709", **request: Any
    ) -> tuple[int, dict[str, Any]]:
        return self.gateway.answer(
            Call(
                method="POST",
                path="/",
                raw_headers=[(b"X-Amz-Target", f"{service}.{operation}".encode())],
                body=json.dumps(request).encode(),
            )
        )


@pytest.fixture
def wire(tmp_path: Path) -> Wire:
    return Wire(tmp_path)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "Value null at 'pipelineName' failed to satisfy constraint: Member must not be null"),
        ({"pipelineName": "no spaces"}, "Member must satisfy regular expression pattern"),
        ({"pipelineName": "x" * 101}, "Member must have length less than or equal to 100"),
        ({"pipelineName": "hello", "transitionType": "In"}, "Member must satisfy enum value set"),
        ({"pipelineName": "hello", "reason": "held, #42"}, "regular expression pattern"),
        ({"pipelineName": "hello", "stage": "x"}, "Value 'x' at 'stage'"),
    ],
)
def test_a_request_outside_the_model_is_refused(request_: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_request("codepipeline", "DisableStageTransition", request_)
    assert refused.value.code == "ValidationException"
    assert said in refused.value.message


def test_a_value_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(Refusal, match="SerializationException"):
        check_request("codepipeline", "StopPipelineExecution", {"abandon": "yes"})


def test_an_unknown_operation_is_refused(wire: Wire) -> None:
    status, answer = wire.ask("LaunchPipeline")
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("operation", ["RetryStageExecution", "OverrideStageCondition"])
def test_what_the_sandbox_lacks_says_so(wire: Wire, operation: str) -> None:
    shape = operation_model("codepipeline", operation).input_shape
    assert shape is not None
    given = {"RetryStageExecution": {"retryMode": "ALL_ACTIONS"}}.get(
        operation, {"conditionType": "BEFORE_ENTRY"}
    )
    request = {
        "pipelineName": "hello",
        "stageName": "Build",
        "pipelineExecutionId": "11111111-1111-4111-8111-111111111111",
        **given,
    }
    status, answer = wire.ask(operation, **request)
    assert status == 400
    assert "not in this sandbox yet" in answer["message"]


def test_codedeploy_is_refused_call_by_call(wire: Wire) -> None:
    status, answer = wire.ask(
        "GetDeployment", service="CodeDeploy_20141006", deploymentId="d-ABCDEF123"
    )
    assert status == 400
    assert "CodeDeploy's GetDeployment is not in this sandbox yet" in answer["message"]


def test_a_caller_without_the_right_is_refused_and_nothing_happens(tmp_path: Path) -> None:
    wire = Wire(tmp_path, Rights(denied="codepipeline:PutApprovalResult"))
    wire.world.start()
    wire.world.advance(through="Staging")
    run = wire.world.open_run("Approval")
    status, answer = wire.ask(
        "PutApprovalResult",
        pipelineName="hello",
        stageName="Approval",
        actionName="Approve",
        token=run.token,
        result={"summary": "yes", "status": "Approved"},
    )
    assert (status, answer["__type"]) == (400, "AccessDeniedException")
    assert wire.rights.asked == [("codepipeline:PutApprovalResult", f"{PIPELINE}/Approval/Approve")]
    assert not run.status.final


def test_a_forged_signature_is_refused_before_anything_else(tmp_path: Path) -> None:
    wire = Wire(tmp_path, Rights(forged="The request signature we calculated does not match"))
    status, answer = wire.ask("GetPipelineState", name="hello")
    assert (status, answer["__type"]) == (403, "InvalidSignatureException")
    assert wire.rights.asked == []


@pytest.mark.parametrize(
    ("operation", "request_", "arn"),
    [
        ("GetPipelineState", {"name": "hello"}, PIPELINE),
        ("RollbackStage", {"pipelineName": "hello", "stageName": "Build"}, f"{PIPELINE}/Build"),
        ("DisableStageTransition", {"pipelineName": "hello", "stageName": "A"}, f"{PIPELINE}/A"),
        ("CreatePipeline", {"pipeline": {"name": "hello"}}, PIPELINE),
        ("ListPipelines", {}, "arn:aws:codepipeline:us-east-1:123456789012:*"),
    ],
)
def test_iam_is_asked_about_the_resource_that_aws_names(
    operation: str, request_: dict[str, Any], arn: str
) -> None:
    assert resource_of(operation, request_) == arn


def test_responses_fit_the_model(wire: Wire) -> None:
    world = wire.world
    good = world.release()
    failing = world.start()
    world.end("Source", well=False)
    world.interventions.roll_back("hello", "Production", good.id, by=CALLER)
    world.start()
    world.advance(through="Staging")
    build = wire.scene.build("version: 0.2\nphases: {build: {commands: ['true']}}")
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("codepipeline", "ListPipelines", {}),
        ("codepipeline", "GetPipeline", {"name": "hello"}),
        ("codepipeline", "GetPipelineState", {"name": "hello"}),
        ("codepipeline", "ListPipelineExecutions", {"pipelineName": "hello"}),
        ("codepipeline", "ListActionExecutions", {"pipelineName": "hello"}),
        ("codebuild", "BatchGetBuilds", {"ids": [build.id]}),
        ("codebuild", "BatchGetProjects", {"names": ["hello"]}),
        ("codebuild", "ListBuildsForProject", {"projectName": "hello"}),
    ]
    for each in (good.id, failing.id, next(reversed(world.pipeline.executions))):
        ids = {"pipelineName": "hello", "pipelineExecutionId": each}
        asked.append(("codepipeline", "GetPipelineExecution", ids))
    for service, operation, request in asked:
        target = {"codepipeline": "CodePipeline_20150709", "codebuild": "CodeBuild_20161006"}
        status, answer = wire.ask(operation, service=target[service], **request)
        assert status == 200, answer
        shape = operation_model(service, operation).output_shape
        assert shape is not None
        fits(shape, answer, operation)


def fits(shape: Shape, value: Any, where: str) -> None:
    """Unlike a request's, a response's unknown member would be lost in silence."""
    if isinstance(shape, StructureShape):
        assert isinstance(value, dict), where
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{where}: {unknown}"
        for name, member in value.items():
            fits(shape.members[name], member, f"{where}.{name}")
    elif isinstance(shape, ListShape):
        for member in value:
            fits(shape.member, member, f"{where}[]")
    elif isinstance(shape, MapShape):
        for member in value.values():
            fits(shape.value, member, f"{where}{{}}")
    elif shape.type_name == "string":
        assert isinstance(value, str), where
        allowed = getattr(shape, "enum", None)
        assert not allowed or value in allowed, f"{where}: {value}"
    elif shape.type_name == "timestamp":
        assert isinstance(value, int | float), where
        assert datetime.fromtimestamp(value, tz=UTC).year >= 2026


def test_only_an_open_approval_shows_its_token(wire: Wire) -> None:
    wire.world.start()
    wire.world.advance(through="Staging")
    _, state = wire.ask("GetPipelineState", name="hello")
    shown = {
        stage["stageName"]: [
            a.get("latestExecution", {}).get("token") for a in stage["actionStates"]
        ]
        for stage in state["stageStates"]
    }
    token = wire.world.open_run("Approval").token
    assert shown == {
        "Source": [None],
        "Build": [None],
        "Staging": [None],
        "Approval": [token],
        "Production": [None],
    }


def test_an_answered_approval_names_who_answered_it(wire: Wire) -> None:
    wire.world.start()
    wire.world.advance(through="Staging")

    def shown() -> tuple[object, object]:
        _, state = wire.ask("GetPipelineState", name="hello")
        _, history = wire.ask("ListActionExecutions", pipelineName="hello")
        stage = next(each for each in state["stageStates"] if each["stageName"] == "Approval")
        (detail,) = [d for d in history["actionExecutionDetails"] if d["stageName"] == "Approval"]
        latest = stage["actionStates"][0]["latestExecution"]
        return latest.get("lastUpdatedBy"), detail.get("updatedBy")

    assert shown() == (None, None)
    wire.ask(
        "PutApprovalResult",
        pipelineName="hello",
        stageName="Approval",
        actionName="Approve",
        token=wire.world.open_run("Approval").token,
        result={"summary": "no", "status": "Rejected"},
    )
    assert shown() == (CALLER, CALLER)


def start(wire: Wire, **request: Any) -> str:
    status, answer = wire.ask("StartPipelineExecution", name="hello", **request)
    assert status == 200, answer
    return str(answer["pipelineExecutionId"])


def test_an_execution_that_is_asked_for_names_who_asked_and_what_for(wire: Wire) -> None:
    revision = {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": "a" * 40}
    started = start(wire, sourceRevisions=[revision])
    assert wire.world.pipeline.executions[started].requested_revisions == {"Source": "a" * 40}
    ids = {"pipelineName": "hello", "pipelineExecutionId": started}
    _, answer = wire.ask("GetPipelineExecution", **ids)
    trigger = {"triggerType": "StartPipelineExecution", "triggerDetail": CALLER}
    assert answer["pipelineExecution"]["trigger"] == trigger
    _, listed = wire.ask("ListPipelineExecutions", pipelineName="hello")
    assert listed["pipelineExecutionSummaries"][0]["trigger"] == trigger


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"actionName": "Elsewhere"}, "no source action named Elsewhere"),
        ({"revisionType": "IMAGE_DIGEST"}, "IMAGE_DIGEST are not in this sandbox"),
    ],
)
def test_a_revision_that_no_source_takes_starts_nothing(
    wire: Wire, changes: dict[str, str], said: str
) -> None:
    revision = {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": "a" * 40}
    status, answer = wire.ask(
        "StartPipelineExecution", name="hello", sourceRevisions=[{**revision, **changes}]
    )
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert said in answer["message"]
    assert wire.world.pipeline.executions == {}


def test_asking_again_with_the_same_token_starts_nothing_new(wire: Wire) -> None:
    first = start(wire, clientRequestToken="t-1")
    assert start(wire, clientRequestToken="t-1") == first
    assert start(wire, clientRequestToken="t-2") != first
    assert start(wire) not in (first, "")
    assert len(wire.world.pipeline.executions) == 3


def test_succeeded_in_stage_lists_the_present_version_only(wire: Wire) -> None:
    wire.world.release()
    wire.world.pipelines.update(dict(wire.world.pipeline.declaration.structure))
    good = wire.world.release()
    _, answer = wire.ask(
        "ListPipelineExecutions",
        pipelineName="hello",
        filter={"succeededInStage": {"stageName": "Production"}},
    )
    listed = [each["pipelineExecutionId"] for each in answer["pipelineExecutionSummaries"]]
    assert listed == [good.id]


def test_pages_follow_each_other(wire: Wire) -> None:
    for _ in range(3):
        wire.world.release()
    _, first = wire.ask("ListPipelineExecutions", pipelineName="hello", maxResults=2)
    _, second = wire.ask(
        "ListPipelineExecutions",
        pipelineName="hello",
        maxResults=2,
        nextToken=first["nextToken"],
    )
    sizes = [len(page["pipelineExecutionSummaries"]) for page in (first, second)]
    assert sizes == [2, 1]
    assert "nextToken" not in second
