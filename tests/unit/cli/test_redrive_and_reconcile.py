"""`signalbox redrive` and `signalbox reconcile`, against AWS's own models."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber
from typer.testing import CliRunner

from cli.main import app

DEAD, BACK = "https://sqs/work-dead", "https://sqs/work"
BELL = json.dumps({"subject": "gate#1", "kind": "decide_gate", "key": "k"})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    """Clients whose calls are checked against AWS's model, and answered by the test."""
    session = botocore.session.Session()
    clients = {
        name: session.create_client(
            name, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
        )
        for name in ("cloudformation", "sqs", "lambda")
    }
    stubs = {name: Stubber(client) for name, client in clients.items()}

    class Session:
        def create_client(self, name: str, **_: Any) -> Any:
            return clients[name]

    monkeypatch.setattr("botocore.session.get_session", Session)
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def has_outputs(aws: dict[str, Stubber], **outputs: str) -> None:
    told = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    stack = {
        "StackName": "signalbox",
        "CreationTime": "2026-11-22T09:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": told,
    }
    aws["cloudformation"].add_response("describe_stacks", {"Stacks": [stack]})


def run(*words: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, words)
    return ended.exit_code, ended.stdout, ended.stderr


def test_letters_go_back_and_what_is_no_bell_is_kept(aws: dict[str, Stubber]) -> None:
    has_outputs(aws, WorkQueueUrl=BACK, WorkDeadLetterQueueUrl=DEAD)
    letters = [
        {"MessageId": "1", "ReceiptHandle": "r1", "Body": BELL},
        {"MessageId": "2", "ReceiptHandle": "r2", "Body": '{"kind": "unheard of"}'},
    ]
    aws["sqs"].add_response("receive_message", {"Messages": letters})
    aws["sqs"].add_response(
        "send_message", {"MessageId": "3"}, {"QueueUrl": BACK, "MessageBody": BELL}
    )
    aws["sqs"].add_response("delete_message", {}, {"QueueUrl": DEAD, "ReceiptHandle": "r1"})
    aws["sqs"].add_response("receive_message", {})
    code, said, _ = run("redrive", "work")
    assert (code, said.splitlines()) == (0, ["kept: not a bell: ValueError", "1 sent back, 1 kept"])


def test_a_letter_that_cannot_be_sent_is_not_deleted(aws: dict[str, Stubber]) -> None:
    has_outputs(aws, WorkQueueUrl=BACK, WorkDeadLetterQueueUrl=DEAD)
    letter = {"MessageId": "1", "ReceiptHandle": "r1", "Body": BELL}
    aws["sqs"].add_response("receive_message", {"Messages": [letter]})
    aws["sqs"].add_client_error("send_message", "AccessDenied")
    code, _, complained = run("redrive", "work")
    assert code == 1
    assert complained.startswith("signalbox redrive: could not send a dead letter back")


@pytest.mark.parametrize("command", [["redrive", "inbox"], ["reconcile"]])
def test_a_stack_without_the_outputs_is_named(aws: dict[str, Stubber], command: list[str]) -> None:
    has_outputs(aws, Other="x")
    code, _, complained = run(*command, "--stack", "mine")
    assert code == 1
    assert "stack mine has no output" in complained


def test_a_queue_that_does_not_exist_is_refused() -> None:
    assert run("redrive", "reconcile")[0] == 2


def answers(aws: dict[str, Stubber], said: object, **more: str) -> None:
    payload = io.BytesIO(json.dumps(said).encode())
    aws["lambda"].add_response(
        "invoke",
        {"StatusCode": 200, "Payload": payload, **more},
        {"FunctionName": "the-function", "InvocationType": "RequestResponse"},
    )


def test_the_reconciler_runs_now_and_says_what_it_found(aws: dict[str, Stubber]) -> None:
    has_outputs(aws, ReconcileFunctionName="the-function")
    answers(aws, {"UnheardFacts": 3, "ThrottledReads": 0})
    code, said, _ = run("reconcile")
    assert code == 0
    assert [line.split() for line in said.splitlines()] == [
        ["UnheardFacts", "3"],
        ["ThrottledReads", "0"],
    ]


def test_a_run_that_failed_says_why(aws: dict[str, Stubber]) -> None:
    answers(
        aws,
        {"errorType": "AwsUnavailableError", "errorMessage": "away"},
        FunctionError="Unhandled",
    )
    code, _, complained = run("reconcile", "--function", "the-function")
    assert code == 1
    assert "the run failed: AwsUnavailableError: away" in complained
