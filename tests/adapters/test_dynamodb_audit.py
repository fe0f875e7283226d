"""The audit in DynamoDB, its anchors in S3 and the bells in SQS."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from signalbox.adapters.dynamodb_audit import DynamoDbAudit
from signalbox.adapters.s3_anchors import S3Anchors
from signalbox.adapters.sqs_bells import SqsBells
from signalbox.domain.audit import first_break
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import AwsUnavailableError

from tests.adapters.conftest import new_client
from tests.adapters.faults import faults
from tests.fakes import NOW, FixedClock

SUBJECT = "release#123456789012/us-east-1/hello/e1"


@pytest.fixture
def audit(dynamodb: Any) -> DynamoDbAudit:
    return DynamoDbAudit(client=dynamodb, table="audit", clock=FixedClock(), pause=lambda _: None)


def test_a_chain_starts_empty(audit: DynamoDbAudit) -> None:
    assert audit.head(SUBJECT) == (0, "")
    assert list(audit.entries(SUBJECT)) == []


def test_each_entry_follows_from_the_one_before(audit: DynamoDbAudit) -> None:
    for number in range(12):
        audit.append(SUBJECT, "said", {"ümlaut": number, "nested": {"b": 1, "a": [None, True]}})
    entries = list(audit.entries(SUBJECT))
    assert [entry.number for entry in entries] == list(range(1, 13))
    assert first_break(entries) is None
    assert audit.head(SUBJECT) == (12, entries[-1].hash)


@pytest.mark.parametrize(
    "change", [{"what": "unsaid"}, {"details": {}}, {"previous": "0"}, {"number": 7}]
)
def test_a_changed_entry_breaks_the_chain(audit: DynamoDbAudit, change: dict[str, Any]) -> None:
    for number in range(3):
        audit.append(SUBJECT, "said", {"n": number})
    entries = list(audit.entries(SUBJECT))
    entries[1] = replace(entries[1], **change)
    assert first_break(entries) == 2


def test_a_missing_entry_breaks_the_chain(audit: DynamoDbAudit) -> None:
    for number in range(3):
        audit.append(SUBJECT, "said", {"n": number})
    first, _, third = audit.entries(SUBJECT)
    assert first_break([first, third]) == 2


def test_an_entry_whose_reply_was_lost_is_written_once(audit: DynamoDbAudit) -> None:
    with faults("PutItem", "lost-reply"):
        audit.append(SUBJECT, "said", {})
    assert [entry.what for entry in audit.entries(SUBJECT)] == ["said"]


def test_two_writers_of_one_chain_both_get_their_entry(
    audit: DynamoDbAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = iter([(0, "")])
    real = audit.head
    audit.append(SUBJECT, "first", {})
    monkeypatch.setattr(audit, "head", lambda subject: next(heads, None) or real(subject))
    audit.append(SUBJECT, "second", {})
    entries = list(audit.entries(SUBJECT))
    assert [entry.what for entry in entries] == ["first", "second"]
    assert first_break(entries) is None


def test_a_chain_that_others_keep_taking_is_an_error_to_retry(
    audit: DynamoDbAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.append(SUBJECT, "first", {})
    monkeypatch.setattr(audit, "head", lambda _: (0, ""))
    with pytest.raises(AwsUnavailableError):
        audit.append(SUBJECT, "never", {})


def test_an_anchor_holds_the_head_under_its_number(dynamodb: Any) -> None:
    client = new_client("s3")
    client.create_bucket(Bucket="anchors", ObjectLockEnabledForBucket=True)
    S3Anchors(client=client, bucket="anchors").anchor(SUBJECT, 12, "f" * 64)
    kept = client.get_object(Bucket="anchors", Key=f"{SUBJECT}/12.json", ChecksumMode="ENABLED")
    assert json.loads(kept["Body"].read()) == {
        "subject": SUBJECT,
        "number": 12,
        "head": "f" * 64,
    }
    assert kept["ChecksumSHA256"]


@pytest.fixture
def queues(dynamodb: Any) -> tuple[Any, str, str]:
    client = new_client("sqs")
    messages = client.create_queue(QueueName="m.fifo", Attributes={"FifoQueue": "true"})
    work = client.create_queue(QueueName="work")
    return client, messages["QueueUrl"], work["QueueUrl"]


def bell_of(kind: EffectKind) -> Effect:
    return Effect(kind=kind, subject=SUBJECT, key="k", created_at=NOW, payload={"a": "b"})


def ring(queues: tuple[Any, str, str], effect: Effect, **more: Any) -> None:
    client, messages, work = queues
    SqsBells(client=client, messages_queue_url=messages, work_queue_url=work).ring(effect, **more)


def received(client: Any, url: str) -> list[dict[str, Any]]:
    answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return list(answer.get("Messages", []))


def test_announcements_ring_in_order_within_their_subject(queues: tuple[Any, str, str]) -> None:
    ring(queues, bell_of(EffectKind.ANNOUNCE))
    ring(queues, bell_of(EffectKind.ANNOUNCE))
    (message,) = received(queues[0], queues[1])
    assert json.loads(message["Body"]) == {"subject": SUBJECT, "kind": "announce", "key": "k"}
    assert len(message["Attributes"]["MessageGroupId"]) == 64
    assert received(queues[0], queues[2]) == []


def test_a_bell_that_rings_anew_is_heard_though_it_has_just_rung(
    queues: tuple[Any, str, str],
) -> None:
    def rung() -> int:
        answer = queues[0].get_queue_attributes(
            QueueUrl=queues[1], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    heard = []
    for anew in (False, False, True, True, False):
        ring(queues, bell_of(EffectKind.ANNOUNCE), anew=anew)
        heard.append(rung())
    assert heard == [1, 1, 2, 3, 3]


@pytest.mark.parametrize("kind", [kind for kind in EffectKind if kind is not EffectKind.ANNOUNCE])
def test_everything_else_rings_on_the_work_queue(
    queues: tuple[Any, str, str], kind: EffectKind
) -> None:
    ring(queues, bell_of(kind))
    (message,) = received(queues[0], queues[2])
    assert json.loads(message["Body"])["kind"] == kind.value
    assert received(queues[0], queues[1]) == []


def test_a_bell_may_ring_later(queues: tuple[Any, str, str]) -> None:
    ring(queues, bell_of(EffectKind.DECIDE_GATE), delay_seconds=900)
    assert received(queues[0], queues[2]) == []
