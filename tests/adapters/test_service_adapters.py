"""CodeBuild, Lambda, S3, Parameter Store, SNS and Step Functions against botocore's own models."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody
from signalbox.adapters.codebuild import CodeBuildBuilds
from signalbox.adapters.sns_publisher import fitting_subject
from signalbox.adapters.ssm_services import SsmServices, service_of
from signalbox.adapters.stepfunctions_workflows import StepFunctionsWorkflows
from signalbox.adapters.targets.lambda_alias import LambdaTargets
from signalbox.domain.errors import DocumentInvalidError, InventoryIncompleteError

from tests.adapters.stubbed import StubbedClients
from tests.fakes import PIPELINE, a_service

ARN = "arn:aws:ssm:us-east-1:123456789012:parameter/signalbox/box/services/hello"
NAME = "/signalbox/box/services/hello"
DOCUMENT: dict[str, Any] = {
    "contract": 1,
    "service": "hello",
    "pipeline": "hello",
    "operatorRoleArn": "arn:aws:iam::123456789012:role/signalbox-operator-hello",
    "artifactBucket": "hello-artifacts",
    "channel": "",
    "environments": [
        {
            "name": "production",
            "stage": "Production",
            "target": {"type": "lambda", "function": "f", "alias": "live", "probe": "{}"},
            "alarms": ["f-errors"],
        }
    ],
}


@pytest.fixture
def clients() -> StubbedClients:
    return StubbedClients()


def _body(content: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(content), len(content))


def _build(clients: StubbedClients, **build: Any) -> None:
    clients.answers("codebuild").add_response(
        "batch_get_builds", {"builds": [{"id": "hello:1", **build}]}
    )


def test_a_failed_build_names_its_failing_tests(clients: StubbedClients) -> None:
    answers = clients.answers("codebuild")
    summary = {"total": 3, "statusCounts": {"SUCCEEDED": 2, "FAILED": 1}}
    report = {"arn": "r", "type": "TEST", "testSummary": {**summary, "durationInNanoSeconds": 1}}
    _build(clients, reportArns=["r"])
    answers.add_response("batch_get_reports", {"reports": [report]})
    answers.add_response("describe_test_cases", {"testCases": [{"name": "test_greets"}]})
    why = CodeBuildBuilds(clients).failure(a_service(), "hello:1").why
    assert why == "1 of 3 tests failed: test_greets"


def test_without_reports_the_phase_says_why_and_else_the_log(clients: StubbedClients) -> None:
    phase = {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "exit\n 1"}]}
    _build(clients, phases=[phase])
    assert CodeBuildBuilds(clients).failure(a_service(), "hello:1").why == "BUILD: exit 1"
    _build(clients, logs={"groupName": "g", "streamName": "s"})
    events = {"events": [{"message": "the end\n"}, {"message": "\n"}]}
    clients.answers("logs").add_response("get_log_events", events)
    assert CodeBuildBuilds(clients).failure(a_service(), "hello:1").why == "the end"


@pytest.mark.parametrize(
    ("answer", "well"),
    [
        ({"statusCode": 200, "body": '{"commit": "abcdef012"}'}, True),
        ({"statusCode": 500}, False),
        ({"statusCode": 404}, False),
        ({"greeting": "hi"}, True),
    ],
)
def test_verification_calls_the_service(
    clients: StubbedClients, answer: dict[str, Any], well: bool
) -> None:
    for _ in range(3):
        response = {"StatusCode": 200, "ExecutedVersion": "7"}
        payload = {"Payload": _body(json.dumps(answer).encode())}
        clients.answers("lambda").add_response("invoke", {**response, **payload})
    service = a_service()
    seen = LambdaTargets(clients).verify(service, service.environments[1])
    assert seen[0] is well
    assert "version 7" in seen[1]
    assert ("commit abcdef0" in seen[1]) == ("body" in answer)


def test_one_raised_error_in_three_calls_is_a_bad_service(clients: StubbedClients) -> None:
    for failed in (False, True, False):
        answer: dict[str, Any] = {"StatusCode": 200, "Payload": _body(b'{"errorMessage": "boom"}')}
        error = {"FunctionError": "Unhandled"} if failed else {}
        clients.answers("lambda").add_response("invoke", {**answer, **error})
    service = a_service()
    well, seen = LambdaTargets(clients).verify(service, service.environments[1])
    assert not well
    assert "1 of 3" in seen
    assert "boom" in seen


def test_traffic_that_is_split_has_no_current_version(clients: StubbedClients) -> None:
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    alias = {"FunctionVersion": "1", "RoutingConfig": weights}
    clients.answers("lambda").add_response("get_alias", alias)
    service = a_service()
    assert LambdaTargets(clients).current_version(service, service.environments[1]) == ""


@pytest.mark.case(65)
def test_a_weighted_version_is_in_use_and_a_failed_read_ends_the_inventory(
    clients: StubbedClients,
) -> None:
    service, weights = a_service(), {"AdditionalVersionWeights": {"2": 0.1}}
    alias = {"Name": "live", "FunctionVersion": "1", "RoutingConfig": weights}
    answers = clients.answers("lambda")
    answers.add_response("list_aliases", {"Aliases": [alias]})
    clients.answers("codepipeline").add_response("list_action_executions", {})
    versions = [
        {"Version": version, "FunctionArn": f"arn:{version}"} for version in ("$LATEST", "1", "2")
    ]
    answers.add_response("list_versions_by_function", {"Versions": versions})
    things = LambdaTargets(clients).inventory(service, service.environments[1])
    assert {thing.id: thing.in_use for thing in things} == {
        "arn:1": ("alias live",),
        "arn:2": ("alias live",),
    }
    answers.add_client_error("list_aliases", "AccessDeniedException")
    with pytest.raises(InventoryIncompleteError):
        LambdaTargets(clients).inventory(service, service.environments[1])


def test_a_service_may_leave_open_what_is_deployed_and_then_nothing_is_listed(
    clients: StubbedClients,
) -> None:
    production = {key: DOCUMENT["environments"][0][key] for key in ("name", "stage", "alarms")}
    service = service_of(ARN, NAME, json.dumps({**DOCUMENT, "environments": [production]}))
    (environment,) = service.environments
    assert (environment.target, environment.alarms) == (None, ("f-errors",))
    with pytest.raises(InventoryIncompleteError, match="no target of production"):
        LambdaTargets(clients).inventory(service, environment)


def test_one_bad_service_does_not_hide_the_others(clients: StubbedClients) -> None:
    parameters = [
        {"ARN": f"{ARN}x", "Name": f"{NAME}x", "Value": "{}"},
        {"ARN": ARN, "Name": NAME, "Value": json.dumps(DOCUMENT)},
    ]
    answers = clients.answers("ssm")
    answers.add_response("get_parameters_by_path", {"Parameters": parameters})
    services = SsmServices(clients.own("ssm"), "/signalbox/box")
    assert [one.name for one in services.all()] == ["hello"]
    assert services.of_pipeline(PIPELINE) is not None  # kept: no second answer was given


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("operatorRoleArn", "arn:aws:iam::123456789012:role/Admin"),
        ("contract", 2),
        ("colour", "green"),
        ("environments", []),
    ],
)
def test_a_wrong_service_document_is_named_with_its_field(field: str, value: Any) -> None:
    with pytest.raises(DocumentInvalidError, match=f"{NAME}: {field}"):
        service_of(ARN, NAME, json.dumps({**DOCUMENT, field: value}))


def test_a_workflow_that_runs_already_and_a_task_that_waits_no_more(
    clients: StubbedClients,
) -> None:
    answers = clients.answers("stepfunctions")
    answers.add_client_error("start_execution", "ExecutionAlreadyExists")
    answers.add_client_error("send_task_success", "TaskTimedOut")
    workflows = StepFunctionsWorkflows(clients.own("stepfunctions"), {"rollback": lambda: "arn"})
    workflows.start("rollback", "a-1", {"contract": 1})
    assert workflows.complete("token", {}) is False


def test_a_subject_is_short_ascii() -> None:
    assert fitting_subject("⏪ rolled\nback " + "x" * 200) == ("rolled back " + "x" * 88)
