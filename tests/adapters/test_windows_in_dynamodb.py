"""Spans of windows, told and ended once, and closed stages, on the real ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_holds import DynamoDbHolds
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.held_stages import Condition
from signalbox.domain.policy import Policy
from signalbox.domain.windows import HoldWindow, Span, Window
from signalbox.usecases.end_holds import end_holds
from signalbox.usecases.read_holds import read_holds

from tests.adapters.faults import faults
from tests.fakes import NOW
from tests.unit.holds.several_pipelines import SeveralWorld

CALENDAR = Window(calendar="production-changes")


@pytest.fixture
def world(table: LedgerTable) -> SeveralWorld:
    world: Any = SeveralWorld("hello", "shop")
    world.holds, world.effects = DynamoDbHolds(table), DynamoDbEffects(table)
    window = HoldWindow(
        window=CALENDAR, owner="U0", reason="holidays", environments=("production",)
    )
    world.policies.default = Policy(holds=(window,))
    world.schedules.spans[CALENDAR] = Span(until=NOW + timedelta(hours=1))
    assert isinstance(world, SeveralWorld)
    return world


def told(world: SeveralWorld) -> list[tuple[str, list[str]]]:
    pending = world.effects.pending(NOW + timedelta(days=9))
    pending = sorted(pending, key=lambda one: one.created_at)
    return [(one.payload["news"], one.payload["pipelines"]) for one in pending]


def test_a_window_is_told_once_each_and_known_with_its_end_while_it_holds(
    world: SeveralWorld,
) -> None:
    pipelines = [one.pipeline.key for one in world.services.listed]
    for _ in range(2):
        world.run()
    assert told(world) == [("started", pipelines)]
    held = read_holds(holds=world.holds, clock=world.clock)
    assert [(one.owner, one.until) for one in held.holds] == [("U0", NOW + timedelta(hours=1))]
    assert [(one.condition, one.holds) for one in held.stages] == [(Condition.HELD, held.holds)] * 2
    world.schedules.spans.clear()
    for _ in range(2):
        world.clock.advance(timedelta(minutes=5))
        world.run()
    assert told(world) == [("started", pipelines), ("ended", pipelines)]
    held = read_holds(holds=world.holds, clock=world.clock)
    assert (held.holds, held.stages) == ((), ())


@pytest.mark.case(53)
def test_a_window_whose_write_was_applied_but_not_answered_is_told_once(
    world: SeveralWorld,
) -> None:
    with faults("TransactWriteItems", "lost-reply"):
        end_holds(world)
    end_holds(world)
    assert [news for news, _ in told(world)] == ["started"]
    world.schedules.spans.clear()
    with faults("TransactWriteItems", "lost-reply"):
        end_holds(world)
    end_holds(world)
    assert sorted(news for news, _ in told(world)) == ["ended", "started"]
