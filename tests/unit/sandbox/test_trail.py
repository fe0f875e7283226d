"""CloudTrail on the real server: a call of the API becomes an event on the default bus."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.emulator import ACCOUNT, REGION
from sandbox.process import Box
from tests.unit.sandbox.live import client_as, make_role

pytestmark = pytest.mark.sandbox

STEERING = {"source": ["aws.codepipeline"], "detail-type": ["AWS API Call via CloudTrail"]}


@pytest.fixture(scope="module")
def queue(box: Box) -> str:
    """A queue that hears what the trail records."""
    sqs, events = box.client("sqs"), box.client("events")
    url: str = sqs.create_queue(QueueName="recorded")["QueueUrl"]
    events.put_rule(Name="recorded", EventPattern=json.dumps(STEERING))
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:recorded"}
    events.put_targets(Rule="recorded", Targets=[target])
    return url


@pytest.fixture
def trail(box: Box) -> Iterator[Any]:
    """The switch of the sandbox's own trail, which logs again afterwards."""

    def switch(**wish: object) -> dict[str, object]:
        with box.web() as web:
            answer: dict[str, object] = web.post("/_sandbox/trail", json=wish).json()
            return answer

    yield switch
    switch(logging=True)


def recorded(box: Box, queue: str) -> dict[str, Any]:
    """The next record; waits for it."""
    sqs = box.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    event: dict[str, Any] = json.loads(message["Body"])
    return event


def start(client: Any, name: str) -> str:
    try:
        client.start_pipeline_execution(name=name)
    except client.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_the_sandbox_begins_with_a_trail_that_logs(box: Box) -> None:
    cloudtrail = box.client("cloudtrail")
    (trail,) = cloudtrail.describe_trails()["trailList"]
    assert trail["Name"] == "sandbox"
    assert cloudtrail.get_trail_status(Name="sandbox")["IsLogging"] is True


def test_a_session_is_recorded_with_the_role_that_issued_it(box: Box, queue: str) -> None:
    pipelines = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:*"
    keys = make_role(box, "starter", codepipeline__StartPipelineExecution=pipelines)
    assert start(client_as(box, "codepipeline", keys), "nothing") == "PipelineNotFoundException"
    event = recorded(box, queue)
    detail = event["detail"]
    assert (event["account"], event["region"], event["resources"]) == (ACCOUNT, REGION, [])
    assert detail["errorCode"] == "PipelineNotFoundException"
    assert detail["requestParameters"]["name"] == "nothing"
    assert "Boto3" in detail["userAgent"]
    identity = detail["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/starter/ana"
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert issuer["arn"] == f"arn:aws:iam::{ACCOUNT}:role/starter"
    assert identity["principalId"] == f"{issuer['principalId']}:ana"


def test_a_call_without_the_right_is_recorded(box: Box, queue: str) -> None:
    client = client_as(box, "codepipeline", make_role(box, "powerless"))
    assert start(client, "nothing") == "AccessDeniedException"
    detail = recorded(box, queue)["detail"]
    assert detail["errorCode"] == "AccessDenied"
    assert detail["userIdentity"]["arn"].endswith("/powerless/ana")


def test_the_accounts_root_is_recorded_as_root(box: Box, queue: str) -> None:
    start(box.client("codepipeline"), "nothing")
    identity = recorded(box, queue)["detail"]["userIdentity"]
    assert (identity["type"], identity["principalId"]) == ("Root", ACCOUNT)
    assert identity["arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_while_no_trail_logs_nothing_is_recorded(box: Box, queue: str, trail: Any) -> None:
    assert trail(logging=False) == {"logging": False}
    start(box.client("codepipeline"), "unseen")
    assert trail(logging=True) == {"logging": True}
    start(box.client("codepipeline"), "seen")
    assert recorded(box, queue)["detail"]["requestParameters"]["name"] == "seen"


def test_a_trail_that_leaves_out_what_writes_does_not_count(
    box: Box, queue: str, trail: Any
) -> None:
    cloudtrail = box.client("cloudtrail")

    def select(kind: str) -> None:
        selector = {"ReadWriteType": kind, "IncludeManagementEvents": True}
        cloudtrail.put_event_selectors(TrailName="sandbox", EventSelectors=[selector])

    select("ReadOnly")
    with box.web() as web:
        assert web.get("/_sandbox/trail").json() == {"logging": False}
    select("All")
    assert trail(logging=True) == {"logging": True}


def test_a_switch_without_a_position_is_refused(trail: Any) -> None:
    assert "error" in trail(logging="yes")
