from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from signalbox.domain import states
from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import Ignored, StageChanged
from signalbox.events.reader import ACTED_ON, NOT_ACTED_ON, read, read_text, readings
from signalbox.events.wrappers import unwrap

from tests.unit.events.samples import FILES, sample


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_sample_reads(file: Path) -> None:
    payload = json.loads(file.read_text())
    assert readings(payload)


def test_every_event_that_is_acted_on_has_a_sample() -> None:
    seen = set()
    for file in FILES:
        for part in unwrap(json.loads(file.read_text())):
            assert not isinstance(part.payload, str)
            seen.add((part.payload.get("source"), part.payload.get("detail-type")))
    assert set(ACTED_ON) <= seen


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ([], "empty list"),
        ({"Records": []}, "empty list"),
        (None, "not a JSON object"),
        (7, "not a JSON object"),
        ("text", "not a JSON object"),
        ([{"source": "x", "detail-type": "y"}, 7], "not a JSON object"),
        ({}, "no shape that Signalbox knows"),
        ({"hello": "world"}, "no shape that Signalbox knows"),
        ({"source": "aws.codepipeline"}, "detail-type: is missing"),
        ({"detail-type": "x"}, "source: is missing"),
        ({"source": "aws.ecs", "detail-type": None}, "is missing"),
        ({"source": "aws.codepipeline", "detail-type": "Tea"}, "'Tea' is not one"),
        (
            {
                "source": "aws.codepipeline",
                "detail-type": "CodePipeline Stage Execution State Change",
            },
            "detail: is missing",
        ),
    ],
)
def test_what_nobody_can_read_is_refused_with_the_reason(payload: object, reason: str) -> None:
    with pytest.raises(UnreadableEventError, match=reason):
        read(payload)


@pytest.mark.parametrize("name", sorted(NOT_ACTED_ON), ids=lambda name: name[1])
def test_what_is_not_acted_on_is_ignored_with_a_reason(name: tuple[str, str]) -> None:
    (fact,) = read({"source": name[0], "detail-type": name[1]})
    assert isinstance(fact, Ignored)
    assert fact.kind == NOT_ACTED_ON[name][0]
    assert fact.reason


def test_a_message_in_a_queue_in_a_topic_is_unwrapped() -> None:
    event = sample("codepipeline_stage_started")
    topic = {"Type": "Notification", "TopicArn": "arn", "Message": json.dumps(event)}
    queue = {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(topic)}]}
    received = {"Messages": [{"MessageId": "1", "Body": json.dumps(queue)}]}
    assert read(received) == read(event)


def test_the_wrappers_time_stands_in_for_a_missing_one() -> None:
    event = sample("codepipeline_stage_started")
    event["time"] = None
    record = {
        "eventSource": "aws:sqs",
        "body": json.dumps(event),
        "attributes": {"SentTimestamp": "1795338366000"},
    }
    (fact,) = read({"Records": [record]})
    assert isinstance(fact, StageChanged)
    assert fact.at == datetime(2026, 11, 22, 9, 6, 6, tzinfo=UTC)
    with pytest.raises(UnreadableEventError, match="time: is missing"):
        read(event)


def test_an_event_broken_inside_a_wrapper_is_still_refused() -> None:
    event = sample("codepipeline_stage_started")
    del event["detail"]["stage"]
    with pytest.raises(UnreadableEventError, match=r"detail\.stage: is missing"):
        read({"Type": "Notification", "Message": json.dumps(event)})


def test_wrappers_without_end_are_refused() -> None:
    payload: dict[str, Any] = sample("codepipeline_stage_started")
    for _ in range(9):
        payload = {"Records": [payload]}
    with pytest.raises(UnreadableEventError, match="wrapped too deep"):
        read(payload)


def test_plain_text_in_a_topic_is_ignored() -> None:
    (fact,) = read({"Type": "Notification", "TopicArn": "arn", "Message": "lunch is ready"})
    assert isinstance(fact, Ignored)
    assert fact.kind == "sns.text"


def test_an_entry_of_put_events_reads_as_what_is_delivered() -> None:
    (fact,) = read([{"Source": "shop", "DetailType": "Order", "Detail": "{}"}])
    assert isinstance(fact, Ignored)
    assert fact.kind == "eventbridge.other"


@pytest.mark.parametrize(
    ("body", "encoded", "kind"),
    [
        ("command=%2Fsignalbox&response_url=https%3A%2F%2Fx", False, "slack.slash_command"),
        ('payload={"type":"view_submission","team":null}', False, "slack.view_submission"),
        ("payload=%7B", False, "http.request"),
        ("\udcff", True, "http.request"),
        ('{"ref":"refs/heads/main"}', False, "http.request"),
    ],
)
def test_an_http_request_is_named_by_what_it_carries(body: str, encoded: bool, kind: str) -> None:
    request = {"requestContext": {}, "body": body, "isBase64Encoded": encoded}
    (fact,) = read(request)
    assert isinstance(fact, Ignored)
    assert fact.kind == kind


def test_slacks_body_is_recognised_through_base64() -> None:
    body = base64.b64encode(b'payload={"type":"block_actions","user":{}}').decode()
    (fact,) = read({"requestContext": {}, "body": body, "isBase64Encoded": True})
    assert isinstance(fact, Ignored)
    assert fact.kind == "slack.block_actions"


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[" * 100_000, "9" * 5000])
def test_text_that_is_not_an_event_is_refused(text: str) -> None:
    with pytest.raises(UnreadableEventError):
        read_text(text)


TABLES: list[tuple[type[StrEnum], Mapping[Any, Any]]] = [
    (states.ExecutionState, states.EXECUTION_RANK),
    (states.ActionState, states.ACTION_RANK),
    (states.CodeDeployEventState, states.CODEDEPLOY_EVENT_STATE),
    (states.CodeDeployStatus, states.CODEDEPLOY_STATUS),
    (states.EcsDeploymentEvent, states.ECS_DEPLOYMENT_EVENT),
    (states.EcsHookEvent, states.ECS_HOOK_EVENT),
    (states.EcsServiceEvent, states.ECS_SERVICE_EVENT),
    (states.EcsTaskStatus, states.ECS_TASK_STATUS),
]


@pytest.mark.parametrize(("closed_set", "table"), TABLES, ids=lambda value: str(value)[:40])
def test_the_table_of_a_closed_set_is_complete(
    closed_set: type[StrEnum], table: Mapping[Any, Any]
) -> None:
    assert set(table) == set(closed_set)


def test_the_closed_sets_are_those_of_botocore() -> None:
    import botocore.session

    session = botocore.session.get_session()

    def enum_of(service: str, shape: str) -> set[str]:
        shape_of: Any = session.get_service_model(service).shape_for(shape)
        return set(shape_of.enum)

    assert enum_of("codepipeline", "ActionCategory") == set(states.ActionCategory)
    assert enum_of("codebuild", "StatusType") == set(states.BuildStatus) - {"UNKNOWN"}
    assert enum_of("ecr", "ScanStatus") <= set(states.ScanStatus)
    assert enum_of("cloudwatch", "StateValue") == set(states.AlarmState) - {"UNKNOWN"}
    statuses = {status.upper() for status in enum_of("codedeploy", "DeploymentStatus")}
    assert statuses <= set(states.CodeDeployStatus)
    instances = {status.upper() for status in enum_of("codedeploy", "TargetStatus")}
    assert instances <= set(states.CodeDeployStatus)
