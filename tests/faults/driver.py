"""Plays what AWS does around the functions: queues deliver batches, and again what failed, until
they give it to their dead-letter queue; the schedule starts ``reconcile``; what dies comes back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.fakes import FixedClock
from tests.faults.account import DEAD_LETTERS, Account, FunctionWorld, handler_of
from tests.faults.injection import DiedError, Injector
from tests.structure.templates import resources

DEDUPLICATED = timedelta(minutes=5)
BATCH = 10
PERIOD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, or what Lambda keeps of asynchronous calls, as template.yaml has it."""

    consumer: str
    receives: int
    again_after: timedelta


def _queue(consumer: str, logical_id: str) -> Queue:
    said = resources("cfn.json", "AWS::SQS::Queue")[logical_id]
    again = timedelta(seconds=said["VisibilityTimeout"])
    return Queue(consumer, int(said["RedrivePolicy"]["maxReceiveCount"]), again)


def _schedule() -> Queue:
    """Lambda tries an asynchronous call again after a minute (developer guide)."""
    (said,) = resources("cfn.json", "AWS::Lambda::EventInvokeConfig").values()
    return Queue("reconcile", 1 + int(said["MaximumRetryAttempts"]), timedelta(seconds=60))


QUEUES = {
    "inbox": _queue("record_event", "InboxQueue"),
    "messages.fifo": _queue("announce", "MessagesQueue"),
    "work": _queue("dispatch", "WorkQueue"),
    "schedule": _schedule(),
}


@dataclass(kw_only=True)
class Message:
    """One message; ``due`` is when it can be received."""

    id: str
    body: str
    group: str
    due: datetime
    received: int = 0

    def record(self) -> dict[str, Any]:
        attributes = {"ApproximateReceiveCount": str(self.received)}
        if self.group:
            attributes["MessageGroupId"] = self.group
        return {
            "messageId": self.id,
            "receiptHandle": self.id,
            "body": self.body,
            "attributes": attributes,
        }


@dataclass(kw_only=True)
class Driver:
    """Queues and schedule over one account, by a clock that it moves.

    Each invocation gets an execution environment of its own, so that the same message costs the
    same calls whatever came before it. ``before_each`` is called before each invocation.
    """

    account: Account
    injector: Injector
    clock: FixedClock
    before_each: Callable[[Driver], None] = lambda _: None
    dead: list[tuple[str, str]] = field(default_factory=list)
    """(queue, body) of what was given up; each rings an alarm."""
    waiting: dict[str, list[Message]] = field(default_factory=lambda: {q: [] for q in QUEUES})
    heard: dict[str, datetime] = field(default_factory=dict)
    """When a deduplication id was last taken."""
    number: int = 0

    def copied(self) -> Driver:
        """The same driver, to go on from here again."""
        return replace(
            self,
            clock=FixedClock(self.clock.moment),
            before_each=lambda _: None,
            dead=list(self.dead),
            waiting={name: [replace(m) for m in some] for name, some in self.waiting.items()},
            heard=dict(self.heard),
        )

    @property
    def bells(self) -> list[tuple[str, str]]:
        """What waits, in order: (queue, body)."""
        return [(name, m.body) for name, some in self.waiting.items() for m in some]

    def say(self, events: Iterable[Mapping[str, Any] | str]) -> None:
        """Events reach the inbox."""
        for event in events:
            self._put("inbox", event if isinstance(event, str) else json.dumps(event))

    def come_round(self) -> None:
        """Five minutes pass, and the schedule starts ``reconcile``."""
        self.clock.advance(PERIOD)
        self._put("schedule", "{}")

    def work_off(self) -> None:
        """Deliver until nothing waits."""
        while True:
            self._collect()
            waiting = [message for queue in self.waiting.values() for message in queue]
            if not waiting:
                return
            name = next((name for name in QUEUES if self._batch(name)), None)
            if name is None:
                self.clock.moment = min(m.due for m in waiting if m.due > self.clock.moment)
                continue
            self.before_each(self)
            self._deliver(name)

    def _deliver(self, name: str) -> None:
        batch, queue = self._batch(name), QUEUES[name]
        for message in batch:
            message.received += 1
        self.account.put_off.clear()
        failed = self._invoke(queue.consumer, batch)
        for message in batch:
            if failed is not None and message.id not in failed:
                self.waiting[name].remove(message)
            elif message.received >= queue.receives:
                self.waiting[name].remove(message)
                self.dead.append((name, message.body))
            else:
                wait = self.account.put_off.get(message.id, queue.again_after)
                message.due = self.clock.moment + wait

    def _batch(self, name: str) -> list[Message]:
        """What can be received now: of a FIFO group nothing behind what is still invisible."""
        batch: list[Message] = []
        blocked: set[str] = set()
        for message in self.waiting[name]:
            if message.due > self.clock.moment:
                blocked |= {message.group} - {""}
            elif message.group not in blocked:
                batch.append(message)
        return batch[:BATCH]

    def _invoke(self, function: str, batch: list[Message]) -> set[str] | None:
        """The ids of messages that failed, or None where the invocation itself did."""
        self.injector.begin(function)
        handle = handler_of(function, FunctionWorld(self.account, self.clock))
        try:
            answer = handle({"Records": [message.record() for message in batch]})
        except DiedError:
            return None
        except Exception:
            if function != "reconcile":
                raise  # batch handlers report failures one by one
            return None
        return {each["itemIdentifier"] for each in answer.get("batchItemFailures", ())}

    def _collect(self) -> None:
        for name in QUEUES.keys() - {"schedule"}:
            for sent in self.account.drain(name):
                if not (sent.deduplication_id and self._heard_before(sent.deduplication_id)):
                    delay = max(0, sent.delayed_until - sent.sent_timestamp) // 1000
                    self._put(name, sent.body, sent.group_id or "", int(delay))
        for name in DEAD_LETTERS:
            self.dead += [(name, sent.body) for sent in self.account.drain(name)]

    def _heard_before(self, key: str) -> bool:
        heard = self.heard.get(key)
        if heard is not None and self.clock.moment - heard < DEDUPLICATED:
            return True
        self.heard[key] = self.clock.moment
        return False

    def _put(self, queue: str, body: str, group: str = "", delay: int = 0) -> None:
        self.number += 1
        due = self.clock.moment + timedelta(seconds=delay)
        self.waiting[queue].append(Message(id=f"m{self.number}", body=body, group=group, due=due))
