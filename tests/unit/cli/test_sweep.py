from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.stub import ANY, Stubber
from typer.testing import CliRunner

from cli.main import app

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Cleanup"
EXECUTION = MACHINE.replace("stateMachine", "execution") + ":1f-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    """Clients whose calls are checked against AWS's model, and answered by the test."""
    session = botocore.session.Session()
    clients = {
        name: session.create_client(
            name,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for name in ("cloudformation", "stepfunctions")
    }
    stubs = {name: Stubber(client) for name, client in clients.items()}

    class Session:
        def create_client(self, name: str) -> Any:
            return clients[name]

    monkeypatch.setattr("botocore.session.get_session", Session)
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def stack(**outputs: str) -> dict[str, Any]:
    return {
        "Stacks": [
            {
                "StackName": "signalbox",
                "CreationTime": "2026-11-22T09:00:00Z",
                "StackStatus": "CREATE_COMPLETE",
                "Outputs": [
                    {"OutputKey": key, "OutputValue": value} for key, value in outputs.items()
                ],
            }
        ]
    }


def expect_start(aws: dict[str, Stubber]) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    aws["stepfunctions"].add_response(
        "start_execution",
        {"executionArn": EXECUTION, "startDate": "2026-11-22T09:00:00Z"},
        {"stateMachineArn": MACHINE, "name": ANY, "input": ANY},
    )
    aws["stepfunctions"].client.meta.events.register(
        "before-parameter-build.sfn.StartExecution", lambda params, **_: seen.append(dict(params))
    )
    return seen


def test_the_machine_is_found_in_the_stack_and_started(aws: dict[str, Stubber]) -> None:
    aws["cloudformation"].add_response(
        "describe_stacks", stack(CleanupStateMachineArn=MACHINE), {"StackName": "signalbox"}
    )
    seen = expect_start(aws)
    result = CliRunner().invoke(app, ["sweep", "hello"])
    assert (result.exit_code, result.stdout) == (0, f"{EXECUTION}\n")
    payload = json.loads(seen[0]["input"])
    assert payload == {"contract": 1, "service": "hello", "sweepId": payload["sweepId"]}
    assert seen[0]["name"] == f"{payload['sweepId']}-1"


def test_an_arn_spares_reading_the_stack(aws: dict[str, Stubber]) -> None:
    expect_start(aws)
    result = CliRunner().invoke(app, ["sweep", "hello", "--machine-arn", MACHINE])
    assert result.exit_code == 0


def test_a_stack_that_is_not_the_control_plane_is_said(aws: dict[str, Stubber]) -> None:
    aws["cloudformation"].add_response("describe_stacks", stack(Other="x"), {"StackName": "shop"})
    result = CliRunner().invoke(app, ["sweep", "hello", "--stack", "shop"])
    assert result.exit_code == 1
    assert "stack shop has no output CleanupStateMachineArn" in result.stderr


def test_a_refusal_by_aws_is_one_sentence(aws: dict[str, Stubber]) -> None:
    aws["stepfunctions"].add_client_error(
        "start_execution", "AccessDeniedException", "not authorized to perform: states:Start"
    )
    result = CliRunner().invoke(app, ["sweep", "hello", "--machine-arn", MACHINE])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "signalbox sweep: the cleanup did not start: not authorized to perform: states:Start"
    ]
