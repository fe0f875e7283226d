"""All dead letters are sent back, twice: the ledger stands as after the first time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.sqs.models import sqs_backends

from cli.redrive import Queue, Redriven, send_back
from tests.fakes import ACCOUNT, REGION, FixedClock
from tests.faults.account import Account, FunctionWorld, an_account, handler_of
from tests.faults.injection import Injector
from tests.faults.slack import ScriptedSlack
from tests.faults.stories import STORIES, Story

FUNCTIONS = {"inbox": "record_event", "messages.fifo": "announce", "work": "dispatch"}
UNREADABLE = '{"source": "aws.codepipeline", "detail-type": "CodePipeline Dance"}'
Letters = list[tuple[str, str]]
"""A body and its group each."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr("cli.redrive.LISTENS_SECONDS", 0)
    with an_account() as account:
        for name in ("messages-dead.fifo", "work-dead"):
            fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            account.client("sqs").create_queue(QueueName=name, Attributes=fifo)
        yield account


def url(account: Account, name: str) -> str:
    return str(account.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def dead_of(name: str) -> str:
    return name.replace(".fifo", "-dead.fifo") if "fifo" in name else f"{name}-dead"


def die(account: Account, name: str, letters: Letters) -> None:
    """Let letters stand in the dead-letter queue of a queue."""
    for number, (body, group) in enumerate(letters):
        place = {"MessageGroupId": group, "MessageDeduplicationId": f"d{number}"} if group else {}
        queue = url(account, dead_of(name))
        account.client("sqs").send_message(QueueUrl=queue, MessageBody=body, **place)


def redrive(account: Account, name: str) -> Redriven:
    return send_back(
        Queue(name.removesuffix(".fifo")),
        account.client("sqs"),
        dead=url(account, dead_of(name)),
        back=url(account, name),
    )


def deliver(account: Account, name: str, story: Story) -> list[str]:
    """Let the function handle what its queue holds, and everything must succeed."""
    taken = account.drain(name)
    for sent in taken:
        record = {"messageId": "m", "body": sent.body, "attributes": {}}
        handle = handler_of(FUNCTIONS[name], FunctionWorld(account, FixedClock(story.now)))
        assert handle({"Records": [record]}) == {"batchItemFailures": []}
    return [sent.body for sent in taken]


def ledger(account: Account) -> dict[str, Any]:
    return {json.dumps([i["pk"], i["sk"]]): i for i in account.items("ledger")}


def once(account: Account, story: Story, letters: dict[str, Letters]) -> dict[str, Redriven]:
    """Every queue's letters are sent back and worked off, the bells they ring included."""
    came_of_it = {}
    for name, some in letters.items():
        die(account, name, some)
        came_of_it[name] = redrive(account, name)
        assert len(deliver(account, name, story)) == len(some)
        assert account.drain(dead_of(name)) == []
    return came_of_it


@pytest.mark.parametrize("name", ["a release begins", "an alarm fires"])
def test_everything_redriven_twice_ends_in_the_same_state_and_doubles_nothing(
    account: Account, name: str
) -> None:
    story = next(s() for s in STORIES.values() if s().name == name)
    slack = ScriptedSlack(Injector())
    events: Letters = [(json.dumps(event), "") for event in (*story.before, *story.said)]
    with slack.answering():
        first = once(account, story, {"inbox": events})
        assert first["inbox"].sent == len(events)
        bells = {
            "work": [(sent.body, "") for sent in account.drain("work")],
            "messages.fifo": [(s.body, s.group_id) for s in account.drain("messages.fifo")],
        }
        assert any(bells.values())
        once(account, story, bells)
        before = ledger(account), account.started(), slack.kept(), account.mails()
        assert before[2] if name == "a release begins" else before[1], "something was done"
        for queue in ("work", "messages.fifo"):
            account.drain(queue)
        for _ in range(2):
            once(account, story, {"inbox": events, **bells})
            assert ledger(account) == before[0]
            assert account.started() == before[1]
            assert (slack.kept(), account.mails()) == before[2:]


def test_what_cannot_be_read_is_kept_with_its_reason_and_the_rest_goes_back(
    account: Account,
) -> None:
    story = STORIES["a_release_begins"]()
    (event, *_) = (*story.before, *story.said)
    die(account, "inbox", [(UNREADABLE, ""), (json.dumps(event), ""), ("no json", "")])
    came_of_it = redrive(account, "inbox")
    assert came_of_it.sent == 1
    assert sorted("Dance" in reason for reason in came_of_it.kept) == [False, True]
    left = [message.body for message in account.drain("inbox-dead")]
    assert sorted(left) == sorted([UNREADABLE, "no json"])
    assert deliver(account, "inbox", story) == [json.dumps(event)]


def test_whoever_is_interrupted_between_sending_and_deleting_can_go_on(account: Account) -> None:
    bell = json.dumps({"subject": "s", "kind": "announce", "key": "k"})
    die(account, "messages.fifo", [(bell, "group")])
    sqs = account.client("sqs")

    class Interrupted:
        def __getattr__(self, name: str) -> Any:
            if name == "delete_message":
                raise KeyboardInterrupt
            return getattr(sqs, name)

    dead, back = url(account, "messages-dead.fifo"), url(account, "messages.fifo")
    with pytest.raises(KeyboardInterrupt):
        send_back(Queue.MESSAGES, Interrupted(), dead=dead, back=back)
    for message in sqs_backends[ACCOUNT][REGION].queues["messages-dead.fifo"]._messages:
        message.change_visibility(0)
    assert send_back(Queue.MESSAGES, sqs, dead=dead, back=back).sent == 1
    assert len(account.drain("messages.fifo")) == 1, "SQS knows it by its name"
