"""`signalbox doctor`: a sound control plane is all OK, and each thing that is wrong is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from typer.testing import CliRunner

from cli.checkups import CHECKUPS
from cli.main import app
from tests.unit.cli.answering_clients import AnsweringClients, denied

ACCOUNT = "123456789012"
PREFIX = "/signalbox/signalbox"
TOKEN, SIGNING = "xoxb-canary-token", "canary-signing-secret"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
OUTPUTS = {
    "ApiUrl": "https://abc123.execute-api.us-east-1.amazonaws.com",
    "ParameterPrefix": PREFIX,
    "ReconcileFunctionName": "signalbox-ReconcileFunction-1",
    "SlackSecretArn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:slack",
    "NotificationsTopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic",
    "InboxDeadLetterQueueUrl": "https://sqs/inbox",
    "MessagesDeadLetterQueueUrl": "https://sqs/messages",
    "WorkDeadLetterQueueUrl": "https://sqs/work",
    "ReconcileDeadLetterQueueUrl": "https://sqs/reconcile",
}
PEOPLE = {"contract": 1, "people": {"ada": {"slack": ["U0ADA00001"]}}}
POLICY = {
    "contract": 2,
    "mode": "enforce",
    "groups": {"sre": ["U0ADA00001"]},
    "approvers": ["sre"],
}
SERVICE = {
    "contract": 1,
    "service": "hello",
    "pipeline": "hello",
    "operatorRoleArn": f"arn:aws:iam::{ACCOUNT}:role/signalbox-operator-hello",
    "artifactBucket": "b",
    "environments": [
        {
            "name": "production",
            "stage": "Production",
            "target": {"type": "lambda", "function": "f", "alias": "live"},
        }
    ],
}
DOCUMENTS: dict[str, Any] = {
    "people": PEOPLE,
    "policy/default": POLICY,
    "routes": {"contract": 1, "channel": "#releases"},
    "services/hello": SERVICE,
}


class Api:
    """The API, as it answers the doctor."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def get(self, path: str) -> dict[str, Any]:
        if self._error:
            raise self._error
        return {"gates": [{}]} if path == "/gates" else {}


def parameters(**documents: Any) -> dict[str, Any]:
    """Parameter Store with the documents; text goes in as it is, None takes one out."""
    held = DOCUMENTS | {name.replace("__", "/"): text for name, text in documents.items()}
    return {
        "Parameters": [
            {
                "Name": f"{PREFIX}/{name}",
                "ARN": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{PREFIX}/{name}",
                "Value": text if isinstance(text, str) else json.dumps(text),
            }
            for name, text in held.items()
            if text is not None
        ]
    }


def runs(invocations: int, errors: int = 0) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(params: dict[str, Any]) -> dict[str, Any]:
        sent = json.dumps(params["body"], default=str)
        count = errors if "Errors" in sent else invocations
        points = [{"Timestamp": datetime.now(UTC), "Sum": float(count)}] if count else []
        return {"Label": "x", "Datapoints": points}

    return answer


def a_role(stack: str = "signalbox") -> dict[str, Any]:
    trust = json.dumps({"Statement": [{"Condition": f"arn:aws:iam::{ACCOUNT}:role/{stack}-*"}]})
    return {
        "Role": {
            "Path": "/",
            "RoleName": "signalbox-operator-hello",
            "RoleId": "AROAEXAMPLEEXAMPLE",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/signalbox-operator-hello",
            "CreateDate": datetime.now(UTC),
            "AssumeRolePolicyDocument": trust,
        }
    }


def a_topic(arn: str = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic:1") -> dict[str, Any]:
    return {"Subscriptions": [{"SubscriptionArn": arn}] if arn else []}


def a_secret(**held: str) -> dict[str, Any]:
    return {"SecretString": json.dumps({"botToken": TOKEN, "signingSecret": SIGNING} | held)}


def selectors(**said: Any) -> dict[str, Any]:
    return {"TrailARN": TRAIL, **said}


SOUND: dict[str, Any] = {
    "cloudformation:DescribeStacks": {
        "Stacks": [
            {
                "StackName": "signalbox",
                "CreationTime": datetime.now(UTC),
                "StackStatus": "CREATE_COMPLETE",
                "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in OUTPUTS.items()],
            }
        ]
    },
    "ssm:GetParametersByPath": parameters(),
    "cloudwatch:GetMetricStatistics": runs(3),
    "cloudtrail:DescribeTrails": {
        "trailList": [
            {
                "Name": "main",
                "TrailARN": TRAIL,
                "HomeRegion": "us-east-1",
                "IsMultiRegionTrail": False,
            }
        ]
    },
    "cloudtrail:GetTrailStatus": {"IsLogging": True},
    "cloudtrail:GetEventSelectors": selectors(
        EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    ),
    "iam:GetRole": a_role(),
    "secretsmanager:GetSecretValue": a_secret(),
    "sns:ListSubscriptionsByTopic": a_topic(),
    "sqs:GetQueueAttributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
}


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run it in an account that is sound but for the answers given, and for its API."""

    def run(
        answers: dict[str, Any] | None = None, *words: str, api: Exception | None = None
    ) -> tuple[int, str]:
        clients = AnsweringClients(SOUND | (answers or {}))
        monkeypatch.setattr("botocore.session.get_session", lambda: clients)
        monkeypatch.setattr("cli.doctor.api_of", lambda *_: Api(api))
        ended = CliRunner().invoke(app, ["doctor", *words])
        return ended.exit_code, ended.stdout + ended.stderr

    return run


Doctor = Callable[..., tuple[int, str]]


def test_a_sound_control_plane_is_all_ok_and_tells_no_secret(doctor: Doctor) -> None:
    code, said = doctor()
    assert code == 0, said
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == ["OK"] * len(lines)
    assert all(any(f"  {name}: " in line for line in lines) for name in CHECKUPS)
    assert TOKEN not in said
    assert SIGNING not in said
    told = json.loads(doctor(None, "--json")[1])
    assert {one["level"] for one in told} == {"OK"}


NO_JSON = "no JSON"
ADVANCED = [{"Field": "eventCategory", "Equals": ["Management"]}]
WRONG: list[tuple[str, str, str, dict[str, Any]]] = [
    ("no people document", "FAIL", "people", {"ssm:GetParametersByPath": parameters(people=None)}),
    ("nobody can vote", "FAIL", "people", {
        "ssm:GetParametersByPath": parameters(
            people={"contract": 1, "people": {"a": {}}}, policy__default={"contract": 2})}),
    ("people.ada.colour", "FAIL", "people", {"ssm:GetParametersByPath": parameters(
        people={"contract": 1, "people": {"ada": {"colour": "green"}}})}),
    ("policy/shop", "FAIL", "policies", {
        "ssm:GetParametersByPath": parameters(policy__shop={"contract": 2, "approvals": -1})}),
    ("U0GONE0001", "WARN", "policies", {"ssm:GetParametersByPath": parameters(
        policy__default=POLICY | {"groups": {"sre": ["U0ADA00001", "U0GONE0001"]}})}),
    ("only observed", "WARN", "policies", {
        "ssm:GetParametersByPath": parameters(policy__default=None)}),
    ("/waivers", "FAIL", "waivers", {"ssm:GetParametersByPath": parameters(waivers="{")}),
    ("1 of 1 waivers are over", "WARN", "waivers", {"ssm:GetParametersByPath": parameters(
        waivers={"contract": 1, "waivers": [
            {"finding": "CVE-1", "until": "2020-01-01", "reason": "r"}]})}),
    ("news goes nowhere", "FAIL", "routes", {
        "ssm:GetParametersByPath": parameters(routes=None)}),
    ("/routes", "FAIL", "routes", {"ssm:GetParametersByPath": parameters(routes="[]")}),
    ("no pipeline is registered", "WARN", "operator roles", {
        "ssm:GetParametersByPath": parameters(services__hello=None)}),
    ("operatorRoleArn", "FAIL", "operator roles", {"ssm:GetParametersByPath": parameters(
        services__hello=SERVICE | {"operatorRoleArn": "arn:aws:iam::1:role/Admin"})}),
    ("there is no role", "FAIL", "operator roles", {"iam:GetRole": {"code": "NoSuchEntity"}}),
    ("in its trust", "WARN", "operator roles", {"iam:GetRole": a_role("another")}),
    ("no trail logs", "FAIL", "CloudTrail", {"cloudtrail:DescribeTrails": {"trailList": []}}),
    ("no trail logs", "FAIL", "CloudTrail", {"cloudtrail:GetTrailStatus": {"IsLogging": False}}),
    ("no trail logs", "FAIL", "CloudTrail", {"cloudtrail:GetEventSelectors": selectors(
        EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}])}),
    ("no trail logs", "FAIL", "CloudTrail", {"cloudtrail:GetEventSelectors": selectors(
        EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": False}])}),
    ("no trail logs", "FAIL", "CloudTrail", {"cloudtrail:GetEventSelectors": selectors(
        AdvancedEventSelectors=[
            {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}])}),
    ("no trail logs", "FAIL", "CloudTrail", {"cloudtrail:GetEventSelectors": selectors(
        AdvancedEventSelectors=[
            {"FieldSelectors": [*ADVANCED, {"Field": "readOnly", "Equals": ["true"]}]}])}),
    ("no trail logs", "FAIL", "CloudTrail", {"cloudtrail:DescribeTrails": {"trailList": [
        {"Name": "far", "TrailARN": TRAIL, "HomeRegion": "eu-west-1"}]}}),
    ("has not run", "FAIL", "reconciler", {"cloudwatch:GetMetricStatistics": runs(0)}),
    ("fails each time", "FAIL", "reconciler", {"cloudwatch:GetMetricStatistics": runs(3, 3)}),
    ("lacks botToken", "WARN", "Slack", {"secretsmanager:GetSecretValue": a_secret(botToken="")}),
    ("no JSON", "FAIL", "Slack", {"secretsmanager:GetSecretValue": {"SecretString": NO_JSON}}),
    ("not confirmed", "WARN", "e-mail", {
        "sns:ListSubscriptionsByTopic": a_topic("PendingConfirmation")}),
    ("nobody subscribes", "WARN", "e-mail", {"sns:ListSubscriptionsByTopic": a_topic("")}),
    ("2 dead letter(s) of work", "WARN", "dead letters", {"sqs:GetQueueAttributes": lambda params: {
        "Attributes": {"ApproximateNumberOfMessages": "2" if "work" in str(params) else "0"}}}),
]  # fmt: skip


@pytest.mark.parametrize(("words", "level", "about", "answers"), WRONG)
def test_what_is_wrong_is_named_with_what_to_do_and_a_failure_ends_with_1(
    doctor: Doctor, words: str, level: str, about: str, answers: dict[str, Any]
) -> None:
    code, said = doctor(answers, "--json")
    found = [one for one in json.loads(said) if one["level"] != "OK"]
    assert [(one["level"], one["about"]) for one in found] == [(level, about)], found
    assert words in found[0]["what"]
    assert found[0]["do"]
    assert code == (1 if level == "FAIL" else 0)


@pytest.mark.parametrize(
    "selector",
    [
        {"AdvancedEventSelectors": [{"FieldSelectors": ADVANCED}]},
        {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]},
    ],
)
def test_other_ways_in_which_a_trail_logs_writes_are_ok(
    doctor: Doctor, selector: dict[str, Any]
) -> None:
    code, said = doctor({"cloudtrail:GetEventSelectors": selectors(**selector)})
    assert (code, "trail main logs" in said) == (0, True)


@pytest.mark.parametrize("operation", sorted(set(SOUND) - {"cloudformation:DescribeStacks"}))
def test_a_right_that_the_caller_lacks_is_a_warning_and_the_others_go_on(
    doctor: Doctor, operation: str
) -> None:
    code, said = doctor({operation: denied(operation)})
    assert code == 0
    assert "WARN" in said
    assert operation in said
    assert "ask for that right" in said
    assert "OK    API" in said


@pytest.mark.parametrize(
    ("error", "level", "code"),
    [
        (AwsRefusedError("no", code="403"), "WARN", 0),
        (AwsRefusedError("gone", code="404"), "FAIL", 1),
        (AwsUnavailableError("away"), "FAIL", 1),
    ],
)
def test_an_api_that_does_not_answer_fails_and_one_that_refuses_the_caller_warns(
    doctor: Doctor, error: Exception, level: str, code: int
) -> None:
    ended, said = doctor(api=error)
    assert (ended, said.startswith(level)) == (code, True)


def test_a_stack_that_is_no_control_plane_is_said(doctor: Doctor) -> None:
    stacks = json.loads(json.dumps(SOUND["cloudformation:DescribeStacks"], default=str))
    stacks["Stacks"][0]["Outputs"] = []
    code, said = doctor({"cloudformation:DescribeStacks": stacks})
    assert (code, said.count("\n")) == (1, 1)
    assert "has no output ApiUrl" in said


def test_a_service_whose_target_is_not_known_is_sound_and_said(doctor: Doctor) -> None:
    bare = SERVICE | {"environments": [{"name": "production", "stage": "Production"}]}
    code, said = doctor({"ssm:GetParametersByPath": parameters(services__hello=bare)})
    assert (code, "nothing is rolled back there" in said) == (0, True)
