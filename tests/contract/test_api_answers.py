"""Samples of what AWS's APIs and Slack answer, read by the adapters that ask them.

Each sample goes over the wire as far as possible: botocore's own parser reads it, so that times and
missing fields come as they do from AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.parsers import create_parser
from signalbox.adapters.cloudwatch_alarms import CloudWatchAlarms
from signalbox.adapters.codebuild import CodeBuildBuilds
from signalbox.adapters.codepipeline import CodePipelinePipelines
from signalbox.adapters.codepipeline_reading import facts_of, truth_of
from signalbox.adapters.slack_errors import slack_error
from signalbox.domain.errors import SlackRefusedError, SlackUnavailableError
from signalbox.domain.facts import ActionChanged
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.releases import fold
from signalbox.domain.services import Service
from signalbox.domain.states import AlarmState

from tests.contract.corpus import answers, needs_the_corpus
from tests.fakes import NOW, a_service, release_id

pytestmark = needs_the_corpus
SESSION = botocore.session.get_session()


def parsed(service: str, operation: str, kind: str) -> list[dict[str, Any]]:
    """Every sample of that kind, as botocore hands it over."""
    model = SESSION.get_service_model(service)
    shape = model.operation_model(operation).output_shape
    parser = create_parser("json")
    found = []
    for answer in answers(kind):
        body = json.dumps(answer).encode()
        response = {"body": body, "headers": {}, "status_code": 200}
        found.append(parser.parse(response, shape))
    assert found
    return found


class Told:
    """A client that answers each call as it was told, and any other with nothing."""

    def __init__(self, **told: dict[str, Any]) -> None:
        self._told = told

    def for_service(self, service: Service, name: str) -> Any:
        return self

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        return lambda **_: dict(self._told.get(name, {}))


def of_codepipeline(operation: str, kind: str) -> list[dict[str, Any]]:
    return parsed("codepipeline", operation, f"codepipeline.api.{kind}")


def release_of(summary: dict[str, Any]) -> ReleaseId:
    pipeline = PipelineId(account="123456789012", region="us-east-1", name="hello")
    return ReleaseId(pipeline=pipeline, execution=summary["pipelineExecutionId"])


def test_an_execution_tells_its_commit_and_whether_it_is_a_rollback() -> None:
    truths = []
    for answer in of_codepipeline("GetPipelineExecution", "get_pipeline_execution"):
        execution = answer["pipelineExecution"]
        truth = truth_of(release_of(execution), execution)
        assert truth.status == execution["status"]
        assert truth.pipeline_version == execution["pipelineVersion"]
        truths.append(truth)
    assert {truth.kind for truth in truths} == {"STANDARD", "ROLLBACK"}
    assert any(truth.commit and truth.commit.id for truth in truths)
    assert all(truth.rollback_target for truth in truths if truth.kind == "ROLLBACK")


def test_listed_executions_are_read_without_their_trigger_as_well() -> None:
    (answer,) = of_codepipeline("ListPipelineExecutions", "list_pipeline_executions")
    client = Told(list_pipeline_executions=answer)
    newest = CodePipelinePipelines(client).newest(a_service(), 100)
    assert len(newest) == len(answer["pipelineExecutionSummaries"])
    truths = CodePipelinePipelines(client).succeeded_in_stage(a_service(), "Deploy")
    assert [truth.release for truth in truths] == list(newest)
    assert {truth.trigger_type for truth in truths} == {""}


def test_action_executions_become_facts_that_fold_into_a_release() -> None:
    (answer,) = of_codepipeline("ListActionExecutions", "list_action_executions")
    runs = answer["actionExecutionDetails"]
    release = release_of(runs[0])
    execution = {"status": "Succeeded", "pipelineVersion": 12}
    facts = facts_of(release, execution, runs, {}, (NOW, NOW))
    folded = fold(release, facts)
    assert folded.is_final
    assert {stage.name for stage in folded.stages} == {run["stageName"] for run in runs}
    deploy = next(f for f in facts if isinstance(f, ActionChanged) and f.category == "Deploy")
    assert deploy.provider == "CodeDeploy"
    assert deploy.at.tzinfo is not None


def test_the_state_of_a_pipeline_is_read_however_old_its_form_is() -> None:
    for answer in of_codepipeline("GetPipelineState", "get_pipeline_state"):
        pipelines = CodePipelinePipelines(Told(get_pipeline_state=answer))
        named = [stage for stage in answer["stageStates"] if "stageName" in stage]
        for stage in named:
            closed = not stage.get("inboundTransitionState", {}).get("enabled", True)
            if len(named) == len(answer["stageStates"]):
                assert pipelines.stage_is_closed(a_service(), stage["stageName"]) is closed
        assert pipelines.pending_approval(a_service(), release_id(), "none") is None


def test_a_build_is_read_with_its_reports_and_failing_tests() -> None:
    (builds,) = parsed("codebuild", "BatchGetBuilds", "codebuild.api.batch_get_builds")
    (reports,) = parsed("codebuild", "BatchGetReports", "codebuild.api.batch_get_reports")
    (cases,) = parsed("codebuild", "DescribeTestCases", "codebuild.api.describe_test_cases")
    build = {**builds["builds"][0], "reportArns": [one["arn"] for one in reports["reports"]]}
    client = Told(
        batch_get_builds={"builds": [build]},
        batch_get_reports=reports,
        describe_test_cases=cases,
    )
    tests = CodeBuildBuilds(client).tests(a_service(), build["id"])
    counted = [report["testSummary"]["statusCounts"] for report in reports["reports"]]
    assert tests.passed == sum(of["SUCCEEDED"] for of in counted)
    assert tests.failed == sum(of["FAILED"] + of["ERROR"] for of in counted) > 0
    names = {case["name"] for case in cases["testCases"]}
    assert set(tests.failing) <= names
    assert tests.failing
    failure = CodeBuildBuilds(client).failure(a_service(), build["id"])
    assert {one.name for one in failure.failing} <= names
    assert any(name in failure.why for name in names)


def test_a_build_without_reports_is_read_as_it_is() -> None:
    for kind in ("batch_get_builds", "start_build", "stop_build", "retry_build"):
        for answer in answers(f"codebuild.api.{kind}"):
            build = answer["build"] if "build" in answer else answer["builds"][0]
            client = Told(batch_get_builds={"builds": [build]})
            assert CodeBuildBuilds(client).tests(a_service(), build["id"]).known is False
            assert CodeBuildBuilds(client).failure(a_service(), build["id"]).failing == ()


def test_alarms_are_read_by_their_names() -> None:
    (answer,) = answers("cloudwatch.api.describe_alarms")
    names = [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]
    states = CloudWatchAlarms(Told(describe_alarms=answer)).state(a_service(), names)
    assert set(states) == set(names)
    assert set(states.values()) <= set(AlarmState) - {AlarmState.UNKNOWN}


def test_every_answer_of_slack_that_is_not_ok_becomes_an_error_of_ours() -> None:
    refused = 0
    for answer in answers("slack.api_response"):
        body = answer.get("body", answer)
        if body.get("ok"):
            continue
        error = slack_error("m", answer.get("status", 200), body, answer.get("headers", {}))
        if body["error"] == "ratelimited":
            assert isinstance(error, SlackUnavailableError)
            assert error.retry_after_seconds == 1
        else:
            assert isinstance(error, SlackRefusedError)
            assert error.code == body["error"]
        refused += 1
    assert refused >= 3
