"""A message that cannot be handled goes aside, by moto's own SQS; the rest of its batch goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import FixedClock
from tests.faults.account import ENVIRON, Account, FunctionWorld, an_account, handler_of
from tests.faults.driver import QUEUES as DRIVEN
from tests.faults.injection import Injector, in_front_of_moto
from tests.faults.stories import STORIES
from tests.structure.templates import resources

QUEUE_OF = {"inbox": "InboxQueue", "messages.fifo": "MessagesQueue", "work": "WorkQueue"}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with an_account() as account:
        yield account


def redriven(account: Account, name: str) -> tuple[Any, str, str]:
    """A queue of template.yaml in moto, and its dead-letter queue: (client, URL, URL)."""
    redrive = resources("cfn.json", "AWS::SQS::Queue")[QUEUE_OF[name]]["RedrivePolicy"]
    sqs = account.client("sqs")
    dead = sqs.create_queue(QueueName=f"{name}-given-up")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {
        "deadLetterTargetArn": arn["QueueArn"],
        "maxReceiveCount": redrive["maxReceiveCount"],
    }
    url = sqs.create_queue(
        QueueName=f"{name}-redriven", Attributes={"RedrivePolicy": json.dumps(policy)}
    )["QueueUrl"]
    return sqs, url, dead


def deliver(account: Account, sqs: Any, url: str, function: str) -> int:
    """What Lambda does with one batch; returns how many messages it held."""
    batch = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    ).get("Messages", [])
    records = [
        {"messageId": m["MessageId"], "body": m["Body"], "attributes": m["Attributes"]}
        for m in batch
    ]
    handle = handler_of(function, FunctionWorld(account, FixedClock()))
    failed = {f["itemIdentifier"] for f in handle({"Records": records})["batchItemFailures"]}
    for message in batch:
        if message["MessageId"] not in failed:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return len(batch)


def bodies(sqs: Any, url: str) -> list[str]:
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in got.get("Messages", [])]


@pytest.mark.case(46)
def test_poison_in_the_work_queue_is_given_up_and_keeps_nothing_else_from_being_done(
    account: Account,
) -> None:
    sqs, url, dead = redriven(account, "work")
    story = STORIES["an_alarm_fires"]()
    world = FunctionWorld(account, FixedClock(story.now))
    handler_of("record_event", world)(
        {
            "Records": [
                {"messageId": "m", "body": json.dumps(event), "attributes": {}}
                for event in story.said
            ]
        }
    )
    (bell,) = [sent.body for sent in account.drain("work")]
    for body in ("not json", '{"subject": 1}', bell, '{"kind": "unheard of"}'):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    rounds = 0
    while deliver(account, sqs, url, "dispatch"):
        rounds += 1
    assert rounds <= DRIVEN["work"].receives
    given_up = [*bodies(sqs, dead), *(sent.body for sent in account.drain("work-dead"))]
    assert len(given_up) == 3
    assert any("not json" in body for body in given_up)
    assert len(account.started()) == 1


@pytest.mark.case(46)
def test_an_event_that_nobody_can_read_goes_aside_at_once_and_the_next_one_is_recorded(
    account: Account,
) -> None:
    story = STORIES["a_release_begins"]()
    sqs, url, dead = redriven(account, "inbox")
    (started, *_) = story.said
    for body in ("{not json", json.dumps(started)):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    assert deliver(account, sqs, url, "record_event") == 2
    assert deliver(account, sqs, url, "record_event") == 0
    assert bodies(sqs, dead) == []
    assert [sent.body for sent in account.drain("inbox-dead")] == ["{not json"]
    assert any(item["sk"]["S"].startswith("fact#pipeline") for item in account.items("ledger"))


@pytest.mark.case(46)
def test_an_event_that_cannot_be_set_aside_is_given_up_by_its_queue(account: Account) -> None:
    injector = Injector()
    sqs, url, dead = redriven(account, "inbox")
    sqs.send_message(QueueUrl=url, MessageBody="{not json")
    rounds = 0
    with in_front_of_moto(injector, {}):
        injector.arm(refused="sqs.SendMessage")
        while deliver(account, sqs, url, "record_event"):
            rounds += 1
    assert injector.hits
    assert rounds == DRIVEN["inbox"].receives
    assert bodies(sqs, dead) == ["{not json"]


def test_the_functions_know_when_their_queues_give_up() -> None:
    functions = resources("cfn.json", "AWS::Lambda::Function")
    for name in ("RecordEventFunction", "AnnounceFunction", "DispatchFunction"):
        said = functions[name]["Environment"]["Variables"]
        assert said["MAX_RECEIVES"] == ENVIRON["MAX_RECEIVES"]
    for name in QUEUE_OF:
        assert DRIVEN[name].receives == int(ENVIRON["MAX_RECEIVES"])
