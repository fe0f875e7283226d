"""The panes: facts as the adapter writes them, and what happens when a part is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.facts import ActionChanged, PipelineChanged, StageChanged
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.states import ActionState, ExecutionState

from sandbox import emulator
from sandbox.console.ledger import LedgerWindow
from sandbox.console.sources import Sources, snapshot
from sandbox.slack.workspace import SlackWorkspace

TABLE = "signalbox-LedgerTable-1ABC"
PIPELINE = PipelineId(account="123456789012", region="us-east-1", name="hello")
RELEASE = ReleaseId(pipeline=PIPELINE, execution="3f1c9a52-7d0e-4b1c-9a55-2f6f1f0d9b11")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        monkeypatch.setattr(emulator, "client", lambda _service: client)
        yield client


def _deploy(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )


def test_before_the_ledger_is_deployed_there_are_no_facts(dynamodb: Any) -> None:
    assert LedgerWindow().latest() == ()


def test_the_adapters_facts_are_shown_newest_first(dynamodb: Any) -> None:
    _deploy(dynamodb)
    releases = DynamoDbReleases(LedgerTable(client=dynamodb, name=TABLE))
    started = PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOON)
    built = StageChanged(
        release=RELEASE, stage="Build", state=ExecutionState.SUCCEEDED, at=NOON + timedelta(0, 30)
    )
    asked = ActionChanged(
        release=RELEASE, stage="Approval", action="Approve", state=ActionState.STARTED,
        at=NOON + timedelta(0, 60), action_execution_id="a-1",
    )  # fmt: skip
    for fact in (asked, started, built):
        releases.record(fact, ())
    shown = LedgerWindow().latest()
    assert [(fact["kind"], fact["what"], fact["state"]) for fact in shown] == [
        ("action", "Approval/Approve", "STARTED"),
        ("stage", "Build", "SUCCEEDED"),
        ("pipeline", "pipeline", "STARTED"),
    ]
    assert {fact["release"] for fact in shown} == {RELEASE.key}
    assert len({fact["key"] for fact in shown}) == 3


def test_a_part_that_fails_leaves_its_pane_empty_and_says_why() -> None:
    def broken() -> Any:
        raise ConnectionError("no engine")

    workspace = SlackWorkspace()
    workspace.post("C0RELEASES", text="hello", blocks=())
    shown = snapshot(
        Sources(slack=lambda: workspace, pipelines=broken, alarms=broken, facts=lambda: [])
    )
    assert (shown["pipelines"], shown["alarms"]) == ([], [])
    assert shown["missing"] == dict.fromkeys(("pipelines", "alarms"), "ConnectionError: no engine")
    assert [message["text"] for message in shown["slack"]["messages"]] == ["hello"]
