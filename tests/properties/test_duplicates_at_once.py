"""The same news many times at once, under one event id or many, has its effects once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_observations import DynamoDbObservations
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.errors import ForeignAccountError
from signalbox.domain.facts import ReleaseFact
from signalbox.domain.releases import fold
from signalbox.events.reader import read
from signalbox.usecases.record_fact import record_fact

from tests.adapters.conftest import new_client
from tests.fakes import ACCOUNT, FakeWorld
from tests.properties.runs import SEEN_AFTER, Event, run_of

WRITERS = 4


def a_writer(like: FakeWorld, bells: Any) -> FakeWorld:
    table = LedgerTable(client=new_client("dynamodb"), name="ledger")
    world = FakeWorld()
    world.releases = DynamoDbReleases(table)  # type: ignore[assignment]
    world.observations = DynamoDbObservations(table)  # type: ignore[assignment]
    world.effects = DynamoDbEffects(table)  # type: ignore[assignment]
    world.clock, world.bells = like.clock, bells
    return world


def record_at_once(batches: Sequence[Sequence[Event]]) -> FakeWorld:
    """Each writer records its batch, all at the same time; the bells are shared."""
    shared = FakeWorld()
    shared.clock.moment = run_of("standard").ended + SEEN_AFTER
    start = Barrier(len(batches))

    def work(batch: Sequence[Event]) -> None:
        world = a_writer(shared, shared.bells)
        start.wait()
        for event in batch:
            for fact in read(event):
                record_fact(fact, world, allowed_accounts={ACCOUNT})

    with ThreadPoolExecutor(len(batches)) as pool:
        list(pool.map(work, batches))
    return shared


@pytest.mark.case(41)
@pytest.mark.case(42)
@pytest.mark.parametrize("ids", ["the same", "their own"])
def test_duplicates_at_once_have_one_effect_each(dynamodb: Any, ids: str) -> None:
    events = run_of("standard").events
    batches = [
        [{**event, "id": "one" if ids == "the same" else f"{writer}"} for event in events]
        for writer in range(WRITERS)
    ]
    world = record_at_once(batches)
    rung = Counter((effect.subject, effect.kind, effect.key) for effect in world.bells.rung)
    assert set(rung.values()) == {1}
    facts = [f for event in events for f in read(event) if isinstance(f, ReleaseFact)]
    releases = DynamoDbReleases(LedgerTable(client=dynamodb, name="ledger"))
    (release,) = {fact.release for fact in facts}
    assert releases.release(release) == fold(release, facts)
    assert releases.open_releases() == ()
    items = dynamodb.scan(TableName="ledger")["Items"]
    effects = [item for item in items if item["sk"]["S"].startswith("effect#")]
    assert len(effects) == len(rung)


@pytest.mark.case(43)
def test_writers_in_opposite_orders_leave_one_ledger(dynamodb: Any) -> None:
    events = run_of("retried").events
    world = record_at_once([events, events[::-1]])
    facts = [f for event in events for f in read(event) if isinstance(f, ReleaseFact)]
    releases = DynamoDbReleases(LedgerTable(client=dynamodb, name="ledger"))
    (release,) = {fact.release for fact in facts}
    assert releases.release(release) == fold(release, facts)
    assert releases.open_releases() == ()
    rung = Counter((effect.subject, effect.kind, effect.key) for effect in world.bells.rung)
    assert set(rung.values()) == {1}


@pytest.mark.case(48)
def test_the_right_name_in_the_wrong_account_is_refused() -> None:
    world = FakeWorld()
    for event in run_of("standard").events:
        (arn,) = event["resources"]
        stranger = "999999999999"
        foreign = {**event, "account": stranger, "resources": [arn.replace(ACCOUNT, stranger)]}
        for fact in read(foreign):
            with pytest.raises(ForeignAccountError):
                record_fact(fact, world, allowed_accounts={ACCOUNT})
    assert world.ledger.facts == {}
    assert world.bells.rung == []


@pytest.mark.case(48)
def test_two_allowed_accounts_with_pipelines_of_one_name_share_no_release() -> None:
    world, other = FakeWorld(), "999999999999"
    for event in run_of("standard").events:
        (arn,) = event["resources"]
        twin = {**event, "account": other, "resources": [arn.replace(ACCOUNT, other)]}
        for each in (event, twin):
            for fact in read(each):
                assert record_fact(fact, world, allowed_accounts={ACCOUNT, other})
    assert {release.pipeline.account for release in world.ledger.facts} == {ACCOUNT, other}
