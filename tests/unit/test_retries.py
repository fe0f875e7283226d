"""When a failed message comes again, in which order, and how it is given up in the end."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from signalbox.domain.errors import (
    AwsRefusedError,
    AwsUnavailableError,
    ChannelBusyError,
    NotYetError,
    SlackUnavailableError,
)
from signalbox.runtime.batches import handle_batch
from signalbox.runtime.inbox import handle_inbox
from signalbox.runtime.queues import (
    LONGEST_DELAY_SECONDS,
    LONGEST_IN_A_CROWD_SECONDS,
    LONGEST_WAIT_SECONDS,
    RECEIVES_WITHOUT_HOPE,
    OwnQueue,
    delay_after,
)
from signalbox.runtime.settings import Settings
from signalbox.usecases.announce_ports import PATIENCE

from tests.fakes import ACCOUNT, FakeWorld
from tests.structure.templates import points_at, resources, statements

RECEIVES = 24
AWAY = AwsUnavailableError("away")
SECRET = "xoxb-" + "1234567890-abcdefghijkl"


class Consumer(FakeWorld):
    """A function's world whose SQS remembers what it was asked for."""

    def __init__(self, refuse: str = "") -> None:
        super().__init__()
        self.settings = Settings(
            {"ALLOWED_ACCOUNTS": ACCOUNT, "MAX_RECEIVES": str(RECEIVES)}
            | {f"{name}_QUEUE_URL": name for name in ("INBOX", "MESSAGES", "WORK")}
            | {f"{name}_DLQ_URL": f"{name}-dead" for name in ("INBOX", "MESSAGES", "WORK")}
        )
        self.put_off: list[tuple[str, str, int]] = []
        self.aside: list[dict[str, Any]] = []

        def change_message_visibility(**asked: Any) -> None:
            if refuse == "change_message_visibility":
                raise ZeroDivisionError
            self.put_off.append(
                (asked["QueueUrl"], asked["ReceiptHandle"], asked["VisibilityTimeout"])
            )

        def send_message(**asked: Any) -> None:
            if refuse == "send_message":
                raise AwsUnavailableError("away")
            self.aside.append(asked)

        sqs = SimpleNamespace(
            change_message_visibility=change_message_visibility, send_message=send_message
        )
        self.clients = SimpleNamespace(own=lambda name: {"sqs": sqs}[name])

    def queue(self, name: str = "work", chance: float = 0.5) -> OwnQueue:
        return OwnQueue(self, name, random=lambda: chance)  # type: ignore[arg-type]


def batch(*bodies: Any, received: int = 1, groups: str = "") -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(received)}
                | ({"MessageGroupId": groups[number]} if groups else {}),
            }
            for number, body in enumerate(bodies)
        ]
    }


def failing(*which: Any, error: Exception = AWAY) -> Any:
    seen: list[Any] = []

    def handle(body: Any) -> None:
        seen.append(body)
        if body in which:
            raise error

    handle.seen = seen  # type: ignore[attr-defined]
    return handle


def failed(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_the_wait_is_anything_up_to_a_bound_that_doubles() -> None:
    def bounds(chance: float) -> list[int]:
        return [delay_after(receives, AWAY, lambda: chance) for receives in range(1, 9)]

    assert bounds(1.0) == [5, 10, 20, 40, 80, 160, 300, 300]
    assert bounds(0.5) == [2, 5, 10, 20, 40, 80, 150, 150]
    assert bounds(0.0) == [1] * 8, "never at once: SQS would deliver it within the same second"
    assert delay_after(10**6, AWAY, lambda: 1.0) == LONGEST_DELAY_SECONDS


def test_a_crowded_channel_is_tried_again_within_seconds() -> None:
    busy = ChannelBusyError("busy", retry_after_seconds=5)
    waits = [delay_after(receives, busy, lambda: 1.0) for receives in range(1, 9)]
    assert waits == [10, 10, *[LONGEST_IN_A_CROWD_SECONDS] * 6]


@pytest.mark.parametrize(
    ("asked", "receives", "waits"),
    [(30, 1, 32), (3600, 1, 3602), (1, 12, 150), (10**9, 1, LONGEST_WAIT_SECONDS), (None, 1, 2)],
)
@pytest.mark.case(35)
def test_slack_is_given_the_time_that_it_asked_for(
    asked: int | None, receives: int, waits: int
) -> None:
    busy = SlackUnavailableError("busy", retry_after_seconds=asked)
    assert delay_after(receives, busy, lambda: 0.5) == waits


def patience(random: Random) -> timedelta:
    """How long a message that always fails is tried."""
    waits = [delay_after(receives, AWAY, random.random) for receives in range(1, RECEIVES)]
    return timedelta(seconds=sum(waits))


def test_a_passing_outage_of_half_an_hour_makes_no_dead_letter() -> None:
    tried = sorted(patience(Random(seed)) for seed in range(1000))  # noqa: S311 - to be repeated
    assert tried[0] > timedelta(minutes=20)
    assert tried[20] > timedelta(minutes=30), "98 of 100"
    assert tried[-1] < timedelta(hours=2), "and who must know hears of it"
    assert tried[0] > PATIENCE, "announce gives Slack up before the queue gives the message up"


def test_a_failed_message_is_put_off_and_the_others_are_not() -> None:
    world = Consumer()
    answer = handle_batch(batch(0, 1, 2, received=3), failing(1), queue=world.queue())
    assert failed(answer) == ["m1"]
    assert world.put_off == [("WORK", "r1", 10)]


def test_what_only_a_person_can_change_waits_for_the_queues_own_timeout() -> None:
    world = Consumer()
    denied = AwsRefusedError("no", code="AccessDenied")
    answer = handle_batch(batch(0), failing(0, error=denied), queue=world.queue())
    assert failed(answer) == ["m0"]
    assert world.put_off == world.aside == []


def test_a_group_keeps_its_order_and_waits_no_longer_than_its_first_failure() -> None:
    world = Consumer()
    handle = failing(1)
    answer = handle_batch(
        batch(0, 1, 2, 3, groups="ABBA"), handle, fifo=True, queue=world.queue("messages")
    )
    assert handle.seen == [0, 1, 3], "what follows in group B is not tried"
    assert failed(answer) == ["m1", "m2"]
    assert world.put_off == [("MESSAGES", "r1", 2), ("MESSAGES", "r2", 2)]


def test_a_queue_that_cannot_be_asked_to_wait_less_fails_nobody_else() -> None:
    world = Consumer(refuse="change_message_visibility")
    handle = failing(0)
    assert failed(handle_batch(batch(0, 1), handle, queue=world.queue())) == ["m0"]
    assert handle.seen == [0, 1]


@pytest.mark.case(46)
def test_the_last_try_sends_the_message_aside_with_its_reason_and_the_rest_goes_on() -> None:
    world = Consumer()
    handle = failing({"n": 0}, error=NotYetError(f"not yet, said {SECRET}"))
    bodies = ({"n": 0}, {"n": 1})
    assert failed(handle_batch(batch(*bodies, received=23), handle, queue=world.queue())) == ["m0"]
    assert world.aside == []
    assert failed(handle_batch(batch(*bodies, received=24), handle, queue=world.queue())) == []
    (letter,) = world.aside
    assert letter["QueueUrl"] == "WORK-dead"
    assert json.loads(letter["MessageBody"]) == {"n": 0}
    reason = letter["MessageAttributes"]["reason"]["StringValue"]
    assert reason == "NotYetError: not yet, said [masked]"
    assert handle.seen[-1] == {"n": 1}


def test_what_only_a_person_can_change_is_given_up_sooner() -> None:
    world = Consumer()
    handle = failing(0, error=ZeroDivisionError())
    before = batch(0, received=RECEIVES_WITHOUT_HOPE - 1)
    assert failed(handle_batch(before, handle, queue=world.queue())) == ["m0"]
    last = batch(0, received=RECEIVES_WITHOUT_HOPE)
    assert failed(handle_batch(last, handle, queue=world.queue())) == []
    assert len(world.aside) == 1


def test_a_group_goes_on_behind_what_was_given_up() -> None:
    world = Consumer()
    handle = failing(0, 1)
    late = batch(0, 1, 2, received=24, groups="AAA")
    assert failed(handle_batch(late, handle, fifo=True, queue=world.queue("messages"))) == []
    assert handle.seen == [0, 1, 2], "each of them has its last try"
    assert [letter["MessageGroupId"] for letter in world.aside] == ["A", "A"]
    assert [letter["MessageDeduplicationId"] for letter in world.aside] == ["m0", "m1"]


@pytest.mark.case(46)
def test_a_message_that_cannot_go_aside_is_left_to_sqs() -> None:
    world = Consumer(refuse="send_message")
    assert failed(handle_batch(batch(0, received=24), failing(0), queue=world.queue())) == ["m0"]


def an_event(**detail: Any) -> dict[str, Any]:
    return {
        "source": "aws.codepipeline",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "account": ACCOUNT,
        "region": "us-east-1",
        "time": "2026-11-22T12:00:00Z",
        "resources": [f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:hello"],
        "detail": {"pipeline": "hello", "execution-id": "e-1", "state": "STARTED", "version": 1.0}
        | detail,
    }


@pytest.mark.case(33)
def test_a_dead_letter_keeps_its_ids_and_none_of_its_secrets() -> None:
    world = Consumer()

    def refuse(*_: Any) -> bool:
        raise AwsUnavailableError("away")

    world.ledger.record = refuse  # type: ignore[method-assign, assignment]
    note = {"password": "hunter2hunter2", "list": [f"token {SECRET}", "\ud800 \ufffe"]}
    event = an_event(note=note, inner=json.dumps({"secret": SECRET}))
    answer = handle_inbox(batch(event, received=24), world)  # type: ignore[arg-type]
    assert failed(answer) == []
    (letter,) = world.aside
    assert SECRET not in letter["MessageBody"]
    assert "hunter2" not in letter["MessageBody"]
    letter["MessageBody"].encode()
    body = json.loads(letter["MessageBody"])
    assert body["resources"] == event["resources"]
    assert body["detail"]["execution-id"] == "e-1"
    assert body["detail"]["note"]["list"][1] == "\ufffd \ufffd", "SQS refuses such characters"


QUEUES = {"record_event": "Inbox", "announce": "Messages", "dispatch": "Work"}
FUNCTIONS = resources("cfn.json", "AWS::Lambda::Function")


@pytest.mark.parametrize(("function", "queue"), QUEUES.items())
def test_the_template_tells_each_function_of_its_own_queue(function: str, queue: str) -> None:
    logical_id = "".join(part.capitalize() for part in function.split("_")) + "Function"
    properties = FUNCTIONS[logical_id]
    told = properties["Environment"]["Variables"]
    redriven = resources("cfn.json", "AWS::SQS::Queue")[f"{queue}Queue"]
    assert int(told["MAX_RECEIVES"]) == redriven["RedrivePolicy"]["maxReceiveCount"] == RECEIVES
    assert points_at(told[f"{queue.upper()}_QUEUE_URL"]) == f"{queue}Queue"
    assert points_at(told[f"{queue.upper()}_DLQ_URL"]) == f"{queue}DeadLetterQueue"
    assert redriven["VisibilityTimeout"] >= 6 * properties["Timeout"]


def test_a_function_puts_off_messages_of_its_own_queue_only() -> None:
    found = {
        key: points_at(statement["Resource"])
        for key, statement in statements("cfn.json")
        if "sqs:ChangeMessageVisibility" in statement.get("Action", ())
    }
    assert found == {
        "RecordEventFunctionRole": "InboxQueue",
        "AnnounceFunctionRole": "MessagesQueue",
        "DispatchFunctionRole": "WorkQueue",
    }
