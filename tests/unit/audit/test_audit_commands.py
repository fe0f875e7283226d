"""`signalbox audit` at a terminal, over a table and a bucket in moto that somebody tampers with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from signalbox.adapters.dynamodb_audit import DynamoDbAudit
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.s3_anchors import S3Anchors
from signalbox.domain.facts import Commit, PipelineChanged
from signalbox.domain.states import ExecutionState
from signalbox.usecases.anchor_audit import anchor_audit
from typer.testing import CliRunner

from cli.main import app
from tests.adapters.conftest import _aws, dynamodb, new_client
from tests.fakes import NOW, FixedClock, release_id

__all__ = ["_aws", "dynamodb"]
pytestmark = pytest.mark.case(66)

RELEASE = release_id("11111111-aaaa-4bbb-8ccc-000000000001")
SUBJECT = f"release#{RELEASE.key}"
COMMIT = "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e"
OUTPUTS = {"AuditTableName": "audit", "AnchorBucketName": "anchors", "LedgerTableName": "ledger"}


class Desk:
    """An auditor's desk: the deployed archive, and a hand that may write to the table."""

    def __init__(self, client: Any) -> None:
        self.dynamodb, self.s3 = client, new_client("s3")
        self.s3.create_bucket(Bucket="anchors", ObjectLockEnabledForBucket=True)
        self.clock = FixedClock()
        self.audit = DynamoDbAudit(client=client, table="audit", clock=self.clock)
        self.anchors = S3Anchors(client=self.s3, bucket="anchors")
        self.releases = DynamoDbReleases(LedgerTable(client=client, name="ledger"))

    def say(self, *what: str, subject: str = SUBJECT) -> None:
        for one in what:
            self.audit.append(subject, one, {"gate": "g1", "n": one})

    def anchor(self, subject: str = SUBJECT) -> None:
        assert anchor_audit(subject, audit=self.audit, anchors=self.anchors)

    def tamper(self, number: int, **changes: str) -> None:
        for name, value in changes.items():
            self.dynamodb.update_item(
                TableName="audit",
                Key={"pk": {"S": SUBJECT}, "sk": {"S": f"{number:010d}"}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": {"S": value}},
            )

    def delete(self, number: int, subject: str = SUBJECT) -> None:
        key = {"pk": {"S": subject}, "sk": {"S": f"{number:010d}"}}
        self.dynamodb.delete_item(TableName="audit", Key=key)


@pytest.fixture
def desk(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    stacks = {
        "Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in OUTPUTS.items()]}]
    }

    class Stack:
        def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - botocore's
            return stacks if StackName == "signalbox" else {"Stacks": []}

    class Session:
        def create_client(self, name: str, **_: object) -> Any:
            return Stack() if name == "cloudformation" else new_client(name)

    monkeypatch.setattr(botocore.session, "get_session", Session)
    return Desk(dynamodb)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["audit", *words])


def test_a_sound_chain_exits_with_0_and_names_what_is_loose(desk: Desk) -> None:
    desk.say("one", "two")
    desk.anchor()
    desk.say("three")
    result = run("verify", SUBJECT)
    assert result.exit_code == 0
    assert f"ok      {SUBJECT}  3 entries, anchored up to entry 2" in result.output
    assert "not anchored yet: entry 3, the oldest from 2026-11-22T12:00:00Z" in result.output
    assert "LATE" in result.output


def test_a_changed_entry_exits_with_1_and_is_named(desk: Desk) -> None:
    desk.say("one", "two", "three")
    desk.anchor()
    desk.tamper(2, what="nothing")
    result = run("verify", SUBJECT)
    assert result.exit_code == 1
    assert "entry 2: it was changed" in result.output


@pytest.mark.parametrize("attribute", ["details", "at", "previous", "hash", "what"])
def test_an_attribute_that_is_no_longer_readable_is_a_finding_and_no_crash(
    desk: Desk, attribute: str
) -> None:
    desk.say("one", "two")
    desk.anchor()
    desk.tamper(2, **{attribute: "{"})
    result = run("verify", SUBJECT, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["chains"][0]["broken"][0]["entry"] == 2


@pytest.mark.parametrize(
    "changes",
    [{"details": '{"n": "one",  "gate": "g1"}'}, {"note": "seen by me"}, {"hour": "2020-01-01T00"}],
)
def test_what_signalbox_would_not_write_that_way_is_a_finding(
    desk: Desk, changes: dict[str, str]
) -> None:
    desk.say("one")
    desk.anchor()
    desk.tamper(1, **changes)
    assert run("verify", SUBJECT).exit_code == 1


def test_an_item_between_two_entries_is_a_finding(desk: Desk) -> None:
    desk.say("one", "two")
    desk.anchor()
    item = {"pk": {"S": SUBJECT}, "sk": {"S": "0000000001x"}, "what": {"S": "between"}}
    desk.dynamodb.put_item(TableName="audit", Item=item)
    result = run("verify", SUBJECT)
    assert result.exit_code == 1
    assert "entry 2: it cannot be read" in result.output


def test_entries_from_before_the_index_are_sound(desk: Desk) -> None:
    desk.say("one")
    desk.anchor()
    desk.dynamodb.update_item(
        TableName="audit",
        Key={"pk": {"S": SUBJECT}, "sk": {"S": "0000000001"}},
        UpdateExpression="REMOVE #hour",
        ExpressionAttributeNames={"#hour": "hour"},
    )
    assert run("verify", SUBJECT).exit_code == 0


def test_a_chain_that_is_gone_is_found_among_all(desk: Desk) -> None:
    desk.say("one")
    desk.anchor()
    desk.say("planned", subject="sweep#s1")
    desk.anchor("sweep#s1")
    desk.delete(1, "sweep#s1")
    result = run("verify", "--all")
    assert result.exit_code == 1
    assert f"ok      {SUBJECT}" in result.output
    assert "BROKEN  sweep#s1" in result.output
    assert "the whole chain is gone" in result.output
    assert result.output.rstrip().endswith("2 chains, 1 broken")


def test_an_older_version_of_an_anchor_speaks_under_a_newer_one_and_under_a_delete_marker(
    desk: Desk,
) -> None:
    desk.say("one", "two")
    desk.anchor()
    desk.delete(2)
    desk.audit.append(SUBJECT, "another two", {})
    desk.anchor()
    desk.s3.delete_object(Bucket="anchors", Key=f"{SUBJECT}/2.json")
    result = run("verify", SUBJECT)
    assert result.exit_code == 1
    assert "is not the one that was anchored" in result.output
    assert "remark: somebody deleted the anchor of entry 2" in result.output


def test_what_is_no_anchor_in_the_bucket_is_a_finding(desk: Desk) -> None:
    desk.say("one")
    desk.anchor()
    desk.s3.put_object(Bucket="anchors", Key=f"{SUBJECT}/2.json", Body=b"{}")
    result = run("verify", SUBJECT)
    assert result.exit_code == 1
    assert "is no anchor of Signalbox's" in result.output


def test_anchors_of_a_longer_subject_are_not_taken_for_ours(desk: Desk) -> None:
    desk.say("one")
    desk.anchor()
    desk.say("one", "two", subject=f"{SUBJECT}/more")
    desk.anchor(f"{SUBJECT}/more")
    assert run("verify", SUBJECT).exit_code == 0
    assert run("verify", "--all").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("verify", SUBJECT, "--all"),
        ("verify", "release#unheard/of"),
        ("verify", "unheard-of"),
        ("verify", SUBJECT, "--stack", "another"),
        ("show", "unheard-of"),
    ],
)
def test_what_cannot_be_found_out_exits_with_2(desk: Desk, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.output.startswith("signalbox audit: ")


def test_a_bucket_that_cannot_be_read_exits_with_2(desk: Desk) -> None:
    desk.say("one")
    desk.s3.delete_bucket(Bucket="anchors")
    result = run("verify", "--all")
    assert result.exit_code == 2
    assert "NoSuchBucket" in result.output


def a_story(desk: Desk) -> None:
    desk.releases.record(PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOW), [])
    desk.releases.write_notes(
        RELEASE,
        commit=Commit(id=COMMIT, message="Greet\x1b[31m by name", author_name="Ada"),
        failure="test_greeting failed",
    )
    desk.audit.append(SUBJECT, "gate opened", {"revision": COMMIT, "artifactDigest": "d" * 64})
    desk.anchor()


@pytest.mark.parametrize("named", [RELEASE.key, RELEASE.execution, COMMIT[:8], SUBJECT])
def test_a_release_is_shown_by_key_execution_or_commit(desk: Desk, named: str) -> None:
    a_story(desk)
    result = run("show", named)
    assert result.exit_code == 0, result.output
    (entry,) = desk.audit.entries(SUBJECT)
    cited = f"[#1 {entry.hash[:12]}]"
    assert f"artifact   sha256:{'d' * 64} of {COMMIT} {cited}" in result.output
    assert f"commit     {COMMIT} by Ada" in result.output
    assert "failed     test_greeting failed" in result.output
    assert f"   1  {entry.hash[:12]}  2026-11-22T12:00:00Z  gate opened" in result.output
    assert "\x1b" not in result.output


def test_a_release_is_verified_by_its_commit(desk: Desk) -> None:
    a_story(desk)
    assert run("verify", COMMIT[:8]).exit_code == 0
    desk.tamper(1, what="gate closed")
    assert run("verify", COMMIT[:8]).exit_code == 1
    assert run("show", COMMIT[:8]).exit_code == 1


def test_a_story_is_json_too(desk: Desk) -> None:
    a_story(desk)
    told = json.loads(run("show", RELEASE.key, "--json").output)
    assert told["commit"]["id"] == COMMIT
    assert told["artifacts"][0]["sha256"] == "d" * 64
    assert told["chains"][0]["chain"][0]["what"] == "gate opened"
    assert told["chains"][0]["sound"] is True


def test_young_entries_are_not_late(desk: Desk) -> None:
    desk.clock.moment = datetime.now(UTC) - timedelta(minutes=30)
    desk.say("one")
    result = run("verify", SUBJECT, "--json")
    (chain,) = json.loads(result.output)["chains"]
    assert (chain["anchoredUpTo"], chain["notAnchored"]["late"]) == (0, False)
    assert 1790 <= chain["notAnchored"]["oldestAgeSeconds"] <= 1900
