"""What an event costs does not grow with the ledger: the same calls, the same items read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_incidents import DynamoDbIncidents
from signalbox.adapters.dynamodb_observations import DynamoDbObservations
from signalbox.adapters.dynamodb_pace import DynamoDbPace
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_storms import DynamoDbStorms
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.facts import ActionChanged, BuildChanged
from signalbox.domain.identity import ReleaseId
from signalbox.usecases.announce import announce
from signalbox.usecases.dispatch import dispatch
from signalbox.usecases.record_fact import record_fact

from tests.fakes import ACCOUNT, NOW, PIPELINE, REGION, MemoryAnchors
from tests.gate_world import GateWorld
from tests.unit.a_demo_release import ALARM, GOOD, demo_facts

SIZES = (0, 1_000, 30_000)
ALL = [fact for fact in demo_facts() if fact.release == GOOD]
APPROVAL = [fact for fact in ALL if getattr(fact, "stage", "") == "Approval"]
FACTS = [ALL[0], *APPROVAL[:2], ALL[-1]]
"""One of each kind: moto looks at every item for every query, which takes its time."""
BUILD = BuildChanged(
    account=ACCOUNT, region=REGION, project="p", build_id="p:1", status="FAILED", at=NOW
)
Cost = dict[str, Counter[str]]


def a_world(table: LedgerTable) -> GateWorld:
    world = GateWorld()
    world.releases = DynamoDbReleases(table)  # type: ignore[assignment]
    world.observations = DynamoDbObservations(table)  # type: ignore[assignment]
    world.effects = DynamoDbEffects(table)  # type: ignore[assignment]
    world.gates = DynamoDbGates(table)  # type: ignore[assignment]
    world.incidents = DynamoDbIncidents(table)  # type: ignore[assignment]
    world.anchors = MemoryAnchors()  # type: ignore[attr-defined]
    world.storms = DynamoDbStorms(table, world.clock)  # type: ignore[assignment]
    world.pace = DynamoDbPace(table, world.clock, sleep=lambda _: None)  # type: ignore[assignment]
    world.clock.moment = ALARM.at + timedelta(minutes=1)
    return world


def fill(size: int) -> None:
    """Put a past of ``size`` items behind the table, straight into moto's memory: open and ended
    releases of the same pipeline, pending effects, observations and gates."""
    held = dynamodb_backends[ACCOUNT][REGION].tables["ledger"]
    for number in range(size):
        release = ReleaseId(pipeline=PIPELINE, execution=f"old-{number // 5}")
        at = f"2026-10-01T00:00:00.{number % 10**6:06d}+00:00"
        pk = f"release#{release.key}"
        item: dict[str, str] = [
            {"pk": pk, "sk": "release", "gsi1pk": "releases", "gsi1sk": at},
            {"pk": pk, "sk": f"fact#pipeline#1#S{number}", "fact": "{}"},
            {"pk": pk, "sk": f"effect#announce#{number}", "gsi1pk": "effects", "gsi1sk": at},
            {"pk": f"observation#{ACCOUNT}/{REGION}", "sk": f"build#{number}#FAILED#{at}"},
            {"pk": f"gate#{number}", "sk": "gate", "gsi1pk": "gates", "gsi1sk": at},
        ][number % 5]
        held.put_item({name: {"S": value} for name, value in item.items()})


@contextmanager
def counted(client: Any) -> Iterator[Counter[str]]:
    """Calls by operation, and under ``items`` what queries and reads handed back."""
    seen: Counter[str] = Counter()

    def answered(model: Any, parsed: Any, **_: Any) -> None:
        seen[model.name] += 1
        seen["items"] += parsed.get("ScannedCount", 0) + (model.name == "GetItem")

    client.meta.events.register("after-call.dynamodb", answered, unique_id="counting")
    try:
        yield seen
    finally:
        client.meta.events.unregister("after-call.dynamodb", answered, unique_id="counting")


def bell_of(effect: Effect) -> dict[str, str]:
    return {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key}


def costs(table: LedgerTable, client: Any) -> Cost:
    """What each path costs on the way through one whole release, an alarm and a build."""
    world, cost = a_world(table), dict[str, Counter[str]]()
    for number, fact in enumerate([*FACTS, ALARM, BUILD]):
        with counted(client) as cost[f"record {number:02d} {type(fact).__name__}"]:
            assert record_fact(fact, world, allowed_accounts={ACCOUNT})
        with counted(client) as cost[f"record {number:02d} again"]:
            assert not record_fact(fact, world, allowed_accounts={ACCOUNT})
    for number, effect in enumerate(list(world.bells.rung)):
        world.clock.advance(timedelta(seconds=2))
        carry_out = announce if effect.kind is EffectKind.ANNOUNCE else dispatch
        with counted(client) as cost[f"{carry_out.__name__} {number:02d} {effect.kind.value}"]:
            carry_out(bell_of(effect), world)  # type: ignore[operator]
    return cost


def test_calls_per_event_are_the_same_with_0_1000_and_30000_items(
    table: LedgerTable, dynamodb: Any
) -> None:
    backend = dynamodb_backends[ACCOUNT][REGION]
    found = []
    for size in SIZES:
        held = backend.tables["ledger"]
        held.items.clear()
        fill(size)
        assert sum(len(items) for items in held.items.values()) == size
        found.append(costs(table, dynamodb))
    assert found[0] == found[1] == found[2]
    recorded = [cost for name, cost in found[0].items() if name.startswith("record")]
    assert max(sum(cost.values()) - cost["items"] for cost in recorded) <= 2
    assert all(cost["items"] == 0 for cost in recorded), "recording reads nothing"


def test_a_pipeline_with_a_long_history_costs_no_more(table: LedgerTable, dynamodb: Any) -> None:
    world = a_world(table)
    first = next(fact for fact in ALL if isinstance(fact, ActionChanged))
    seen = []
    for number in range(60):
        release = ReleaseId(pipeline=PIPELINE, execution=f"e-{number}")
        with counted(dynamodb) as cost:
            record_fact(replace(first, release=release), world, allowed_accounts={ACCOUNT})
        seen.append(cost)
    assert all(cost == seen[0] for cost in seen)
