"""CloudFormation's properties become the API's, and bad ones fail with a reason."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.engine.refusals import Refusal
from sandbox.engine.resources import PipelineResource, ProjectResource
from sandbox.engine.wire.codebuild import CodeBuildApi
from tests.unit.engine.build_world import BuildScene
from tests.unit.engine.engine_world import World, hello


def in_template(value: Any) -> Any:
    """The API's form as a template writes it: capitals, and numbers as text."""
    if isinstance(value, dict):
        return {k[0].upper() + k[1:]: in_template(v) for k, v in value.items()}
    if isinstance(value, list):
        return [in_template(each) for each in value]
    return str(value) if isinstance(value, int) else value


def fresh(**changes: Any) -> dict[str, Any]:
    properties: dict[str, Any] = in_template(hello(name="other", **changes))
    return properties


def test_a_pipeline_is_created_and_started_as_aws_does() -> None:
    world = World()
    name, attributes = PipelineResource(world.pipelines).create("Pipeline", fresh(), "stack")
    assert (name, attributes) == ("other", {"Version": "1"})
    declaration = world.pipelines.get("other").declaration
    assert declaration.stages[3].actions[0].timeout_minutes == 60
    (execution,) = world.pipelines.get("other").executions.values()
    assert execution.trigger.type == "CreatePipeline"


def test_an_update_that_changes_nothing_keeps_version_and_executions() -> None:
    world = World()
    resource = PipelineResource(world.pipelines)
    resource.create("Pipeline", fresh(), "stack")
    (execution,) = world.pipelines.get("other").executions.values()
    assert resource.update("other", fresh(), fresh(), "stack")[1] == {"Version": "1"}
    assert not execution.status.final
    changed = fresh(roleArn="arn:aws:iam::123456789012:role/new")
    assert resource.update("other", fresh(), changed, "stack")[1] == {"Version": "2"}
    assert execution.status == "Cancelled"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "extraneous key [Colour] is not permitted"),
        ({"executionMode": "QUEUED", "pipelineType": "V1"}, "QUEUED needs a pipeline of type V2"),
        ({"executionMode": "PARALLEL", "pipelineType": "V1"}, "PARALLEL needs a pipeline of type"),
        (
            {
                "executionMode": "PARALLEL",
                "disableInboundStageTransitions": [{"StageName": "Build", "Reason": "held"}],
            },
            "PARALLEL mode has no transitions",
        ),
        ({"executionMode": "SOMETIMES"}, "Member must satisfy enum value set"),
        ({"pipelineType": "V1", "triggers": []}, ""),
        ({"stages": hello()["stages"][:1]}, "There must be at least 2 stages"),
        ({"stages": hello()["stages"][1:]}, "Source actions belong in the first stage"),
        (
            {"stages": [hello()["stages"][0], hello()["stages"][2]]},
            "Input artifact BuildArtifact of action Deploy is not an output of an earlier action",
        ),
    ],
)
def test_a_bad_pipeline_fails_with_its_reason(changes: dict[str, Any], said: str) -> None:
    world = World()
    resource = PipelineResource(world.pipelines)
    if not said:
        resource.create("Pipeline", fresh(**changes), "stack")
        return
    with pytest.raises(Refusal) as refused:
        resource.create("Pipeline", fresh(**changes), "stack")
    assert said in refused.value.message
    assert len(world.pipelines.all()) == 1


def test_a_project_is_kept_in_the_apis_form(tmp_path: Path) -> None:
    service = BuildScene(tmp_path).service
    name, attributes = ProjectResource(service).create(
        "Project",
        {
            "Name": "other",
            "ServiceRole": "arn:aws:iam::123456789012:role/build",
            "Source": {"Type": "CODEPIPELINE", "BuildSpec": "ci/buildspec.yml"},
            "Artifacts": {"Type": "CODEPIPELINE"},
            "Environment": {
                "Type": "LINUX_CONTAINER",
                "Image": "aws/codebuild/standard:7.0",
                "ComputeType": "BUILD_GENERAL1_SMALL",
                "PrivilegedMode": "false",
            },
            "TimeoutInMinutes": "20",
        },
        "stack",
    )
    assert attributes == {"Arn": "arn:aws:codebuild:us-east-1:123456789012:project/other"}
    answer = CodeBuildApi(service).answer("BatchGetProjects", {"names": [name]}, "me")
    (project,) = answer["projects"]
    assert project["source"]["buildspec"] == "ci/buildspec.yml"
    assert project["timeoutInMinutes"] == 20
    assert project["environment"]["privilegedMode"] is False
