"""A burst on the sandbox's event bus, worked off by the deployed functions.

By itself it is small; the variable ``SIGNALBOX_BURST`` says how many events it shall have.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from signalbox.adapters.dynamodb_facts import read_fact
from signalbox.adapters.dynamodb_items import to_item
from signalbox.domain.releases import fold

from sandbox.demo.world import World
from tests.burst.traffic import Setting, Told, Traffic, traffic

from .stage import deployed_sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(960)]

EVENTS = int(os.environ.get("SIGNALBOX_BURST", "100"))
AT_ONCE = 100
SECONDS = 840
"""For a machine under load. A crowded channel lets one message through in a second, and what it
keeps waiting longest is rung for by `reconcile`."""
QUEUES = ("InboxQueueUrl", "MessagesQueueUrl", "WorkQueueUrl")
PIPELINES = ("hello", *(f"unregistered-{number:02d}" for number in range(9)))

Item = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A sandbox of its own: what it is told of `hello` never happened there."""
    with deployed_sandbox() as deployed:
        yield deployed


def test_a_burst_is_worked_off_with_nothing_lost(world: World) -> None:
    setting = Setting(now=datetime.now(UTC), pipelines=PIPELINES, gated=())
    said = traffic(EVENTS, setting=setting)
    events, unreadable = _for_the_bus(said)
    begun = time.monotonic()
    for start in range(0, len(events), AT_ONCE):
        world.web("POST", "/_sandbox/events", events[start : start + AT_ONCE])
    put = time.monotonic() - begun
    while not (done := _is_worked_off(world)) and time.monotonic() - begun < SECONDS:
        time.sleep(1)
    took = time.monotonic() - begun
    print(f"{len(events)} events put in {put:.1f} s, worked off in {took:.1f} s")

    items = _items(world)
    assert done, Counter(item["status"] for item in items if _kind(item) == "effect")
    builds = {build for told in said.releases.values() for build in told.builds}
    heard = [item for item in items if any(f"build#{one}#" in item["sk"] for one in builds)]
    assert len(heard) == sum(event["source"] == "aws.codebuild" for event in _different(said))
    for told in said.releases.values():
        _stands_where_it_must(told, items)
    effects = [item for item in items if _kind(item) == "effect"]
    assert Counter(effect["status"] for effect in effects) == {"DONE": len(effects)}
    assert Counter(_dead_letters(world)) == Counter(unreadable)
    posted = [each["text"] for each in world.messages() if not each.get("thread_ts")]
    for told in said.releases.values():
        assert sum(told.id.execution[:7] in text for text in posted) <= 1


def _for_the_bus(said: Traffic) -> tuple[list[Any], list[str]]:
    """What AWS can put on our bus, and the details of what of it nobody can read."""
    events: list[Any] = []
    unreadable: list[str] = []
    for body in said.bodies:
        try:
            event = json.loads(body)
        except ValueError:
            continue  # EventBridge puts nothing but JSON there
        if body in said.dead and event["detail"]["execution-id"] is not None:
            continue  # nor another account's events, unless both agree on that
        events.append(event)
        if body in said.dead:
            unreadable.append(json.dumps(event["detail"], sort_keys=True))
    return events, unreadable


def _is_worked_off(world: World) -> bool:
    """Whether the queues are empty and no effect is pending."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    for queue in QUEUES:
        found = world.aws("sqs").get_queue_attributes(
            QueueUrl=world.deployment.outputs[queue], AttributeNames=list(names)
        )["Attributes"]
        if any(int(found[name]) for name in names):
            return False
    pending = world.aws("dynamodb").query(
        TableName=world.deployment.outputs["LedgerTableName"],
        IndexName="index1",
        KeyConditionExpression="gsi1pk = :effects",
        ExpressionAttributeValues={":effects": {"S": "effects"}},
        Select="COUNT",
    )
    return int(pending["Count"]) == 0


def _items(world: World) -> list[Item]:
    pages = world.aws("dynamodb").get_paginator("scan")
    table = world.deployment.outputs["LedgerTableName"]
    return [to_item(item) for page in pages.paginate(TableName=table) for item in page["Items"]]


def _kind(item: Item) -> str:
    return str(item["sk"].partition("#")[0])


def _different(said: Traffic) -> list[Any]:
    return [event for told in said.releases.values() for event in told.events]


def _stands_where_it_must(told: Told, items: list[Item]) -> None:
    facts = [
        read_fact(item["fact"])
        for item in items
        if item["pk"] == f"release#{told.id.key}" and _kind(item) == "fact"
    ]
    said = [event for event in told.events if event["source"] == "aws.codepipeline"]
    assert len(facts) == len(said)
    release = fold(told.id, facts)
    stages = {stage.name: stage.state.value for stage in release.stages}
    actions = {f"{s.name}/{a.name}": a.state.value for s in release.stages for a in s.actions}
    assert (release.state.value, stages, actions) == (told.state, told.stages, told.actions)


def _dead_letters(world: World) -> Iterator[str]:
    """The detail of each event in the inbox's dead-letter queue; each has its reason."""
    while (
        found := world.aws("sqs")
        .receive_message(
            QueueUrl=world.deployment.outputs["InboxDeadLetterQueueUrl"],
            MaxNumberOfMessages=10,
            MessageAttributeNames=["reason"],
        )
        .get("Messages")
    ):
        for message in found:
            assert "execution-id" in message["MessageAttributes"]["reason"]["StringValue"]
            yield json.dumps(json.loads(message["Body"])["detail"], sort_keys=True)
