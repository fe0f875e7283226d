"""One account with everything in it, worked off as Lambda does: in batches, by warm functions."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from signalbox.adapters.dynamodb_pace import DynamoDbPace

from tests.burst.quick_moto import quick_moto
from tests.burst.traffic import REGISTERED, Traffic
from tests.burst.truth import Truth
from tests.fakes import REGION, FixedClock
from tests.faults.account import PREFIX, SERVICE, Account, FunctionWorld, an_account, handler_of
from tests.faults.injection import Injector, in_front_of_moto
from tests.faults.slack import ScriptedSlack

BATCH = 10
WAVE = 200
"""So many events are recorded between two times that the bells are answered."""

AGAIN_AFTER = timedelta(seconds=5)
"""So long waits what a function gave back; that is how soon a channel may have room again."""

CONSUMERS = {"inbox": "record_event", "messages.fifo": "announce", "work": "dispatch"}
BELLS = ("messages.fifo", "work")


class Tally(Injector):
    """Counts every call to AWS and Slack by operation, and lets it pass."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()
        self.items_read = 0

    def meet(self, operation: str, call: str) -> str:
        self.calls[operation] += 1
        return ""

    def saw(self, parsed: dict[str, Any], **_: Any) -> None:
        """A DynamoDB answer: how many items it brought."""
        self.items_read += len(parsed.get("Items", ())) + ("Item" in parsed)


@dataclass(kw_only=True)
class Message:
    """One message; ``due`` is when it can be received."""

    id: str
    body: str
    group: str
    due: datetime
    received: int = 0

    def record(self) -> dict[str, Any]:
        """As Lambda hands it over."""
        attributes = {"ApproximateReceiveCount": str(self.received)}
        attributes |= {"MessageGroupId": self.group} if self.group else {}
        named = {"messageId": self.id, "receiptHandle": self.id}
        return {**named, "body": self.body, "attributes": attributes}


@dataclass
class Works:
    """The account and its warm functions, by a clock that batches and waits move."""

    account: Account
    world: FunctionWorld
    clock: FixedClock
    slack: ScriptedSlack
    tally: Tally
    waiting: dict[str, list[Message]] = field(default_factory=lambda: {q: [] for q in CONSUMERS})
    again: Counter[str] = field(default_factory=Counter)
    """How often a message of a queue came again: of announcements while a channel is crowded."""
    dead: list[tuple[str, str]] = field(default_factory=list)
    """(body, reason) of what went to the inbox's dead-letter queue."""
    bells: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def work_off(self, bodies: Sequence[str]) -> None:
        """Record everything, and answer the bells after each wave."""
        for wave in _batches(bodies, WAVE):
            self._put("inbox", [(body, "") for body in wave])
            while any(self.waiting.values()):
                self._deliver_what_is_due()
        for message in self.account.drain("inbox-dead"):
            reason = message.message_attributes["reason"]["StringValue"]
            self.dead.append((message.body, reason))

    def _deliver_what_is_due(self) -> None:
        """One round of every queue; where nothing is due, time passes until something is."""
        moved = False
        for queue in CONSUMERS:
            due = [each for each in self.waiting[queue] if each.due <= self.clock.moment]
            for batch in _batches(due, BATCH):
                self._deliver(queue, batch)
            moved = moved or bool(due)
        for queue in BELLS:
            sent = [(each.body, each.group_id or "") for each in self.account.drain(queue)]
            self.bells[queue] += len(sent)
            self._put(queue, sent)
        if not moved and any(self.waiting.values()):
            self.clock.moment = min(m.due for some in self.waiting.values() for m in some)

    def _deliver(self, queue: str, batch: Sequence[Message]) -> None:
        for message in batch:
            message.received += 1
        handle = handler_of(CONSUMERS[queue], self.world)
        answer = handle({"Records": [message.record() for message in batch]})
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for message in batch:
            message.due = self.clock.moment + AGAIN_AFTER
            if message.id not in failed:
                self.waiting[queue].remove(message)
        self.again[queue] += len(failed)

    def _put(self, queue: str, sent: Sequence[tuple[str, str]]) -> None:
        for body, group in sent:
            name = f"m{next(self._numbers)}"
            message = Message(id=name, body=body, group=group, due=self.clock.moment)
            self.waiting[queue].append(message)


@contextmanager
def works_for(traffic: Traffic) -> Iterator[Works]:
    """An account with the services of the traffic registered, while moto stands in for AWS."""
    tally, truth = Tally(), Truth(traffic.releases)
    fakes = {"codepipeline": truth.codepipeline, "codebuild": truth.codebuild}
    with ExitStack() as stack:
        account = stack.enter_context(an_account())
        stack.enter_context(quick_moto())
        _register(account)
        clock, slack = FixedClock(), ScriptedSlack(tally)
        world = FunctionWorld(account, clock)
        world.__dict__["pace"] = DynamoDbPace(world._ledger, clock, sleep=partial(_pass, clock))
        world.clients.own("dynamodb").meta.events.register("after-call.dynamodb", tally.saw)
        stack.enter_context(slack.answering())
        stack.enter_context(in_front_of_moto(tally, fakes))
        yield Works(account, world, clock, slack, tally)


def _pass(clock: FixedClock, seconds: float) -> None:
    clock.advance(timedelta(seconds=seconds))


def _register(account: Account) -> None:
    ssm = account.client("ssm", region_name=REGION)
    for name in REGISTERED:
        role = SERVICE["operatorRoleArn"].replace("hello", name)
        named = {"service": name, "pipeline": name, "channel": f"#{name}"}
        document = {**SERVICE, **named, "operatorRoleArn": role}
        ssm.put_parameter(
            Name=f"{PREFIX}/services/{name}", Value=json.dumps(document), Type="String"
        )


def _batches(things: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]
