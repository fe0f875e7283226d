"""Events are hints: lost, doubled or shuffled, the demo's releases end in one ledger state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.effects import EffectKind
from signalbox.domain.facts import Fact
from signalbox.domain.identity import ReleaseId
from signalbox.domain.releases import Release, fold
from signalbox.usecases.dispatch import dispatch
from signalbox.usecases.reconcile import reconcile
from signalbox.usecases.record_fact import record_fact

from tests.fakes import ACCOUNT, NOW, FakeWorld
from tests.unit.a_demo_release import ALARM, BAD, GOOD, ROLLBACK, demo_facts

FACTS = demo_facts()
HEARD = [*FACTS, ALARM]
AFTERWARDS = NOW + timedelta(hours=1)
State = tuple[dict[ReleaseId, Release | None], Sequence[ReleaseId], set[tuple[Any, ...]]]


def a_world() -> FakeWorld:
    """A world whose CodePipeline knows the truth, an hour after the releases began."""
    world = FakeWorld()
    for fact in FACTS:
        world.pipelines.told.setdefault(fact.release, []).append(fact)
    world.clock.moment = AFTERWARDS
    return world


def hear(world: FakeWorld, facts: Iterable[Fact]) -> None:
    for fact in facts:
        record_fact(fact, world, allowed_accounts={ACCOUNT})


def state_of(world: FakeWorld) -> State:
    """What the ledger holds in the end: releases, which are open, and every effect's identity."""
    return (
        {release: world.ledger.release(release) for release in (GOOD, BAD, ROLLBACK)},
        world.ledger.open_releases(),
        {(e.subject, e.kind, e.key, str(e.payload)) for e in world.ledger.effects.values()},
    )


@pytest.fixture(scope="module")
def expected() -> State:
    world = a_world()
    hear(world, HEARD)
    return state_of(world)


def test_the_undisturbed_demo_ends_all_three_releases(expected: State) -> None:
    releases, still_open, effects = expected
    assert all(release and release.is_final for release in releases.values())
    assert still_open == ()
    kinds = [kind for _, kind, _, _ in effects]
    assert kinds.count(EffectKind.START_APPROVAL) == 2
    assert kinds.count(EffectKind.START_ROLLBACK) == 1
    assert kinds.count(EffectKind.ANCHOR_AUDIT) == 3
    assert kinds.count(EffectKind.ANNOUNCE) == len(FACTS)


@pytest.mark.parametrize("lost", range(len(FACTS)))
def test_any_one_event_may_be_lost(lost: int, expected: State) -> None:
    world = a_world()
    hear(world, [*FACTS[:lost], *FACTS[lost + 1 :], ALARM])
    assert state_of(world) != expected, "the loss must show, or this test shows nothing"
    found = reconcile(world)
    assert found.unheard_facts == 1
    assert not found.errors
    assert state_of(world) == expected


def test_all_of_codepipelines_events_may_be_lost(expected: State) -> None:
    world = a_world()
    hear(world, [ALARM])
    assert reconcile(world).unheard_facts == len(FACTS)
    assert state_of(world) == expected


def test_every_event_may_come_twice(expected: State) -> None:
    world = a_world()
    hear(world, [fact for fact in HEARD for _ in range(2)])
    assert state_of(world) == expected
    assert len(world.bells.rung) == len(world.ledger.effects), "each effect rang once"


@pytest.mark.parametrize("seed", range(20))
def test_every_event_may_come_twice_in_any_order(seed: int, expected: State) -> None:
    world = a_world()
    shuffled = [*HEARD, *HEARD]
    Random(seed).shuffle(shuffled)  # noqa: S311 - to be repeated, not to be secret
    hear(world, shuffled)
    assert state_of(world) == expected


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_part_of_the_events_in_any_order_ends_in_the_same_state(data: st.DataObject) -> None:
    heard = data.draw(st.lists(st.sampled_from(FACTS), max_size=80))
    whole, world = a_world(), a_world()
    hear(whole, FACTS)
    hear(world, heard)
    reconcile(world)
    assert state_of(world) == state_of(whole)


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(FACTS), repeats=st.lists(st.sampled_from(FACTS), max_size=20))
def test_the_order_and_number_of_facts_do_not_change_the_fold(
    order: list[Any], repeats: list[Any]
) -> None:
    for release in (GOOD, BAD, ROLLBACK):
        mine = [fact for fact in FACTS if fact.release == release]
        mixed = [fact for fact in [*repeats, *order] if fact.release == release]
        assert fold(release, mixed) == fold(release, mine)


def test_reconciling_again_finds_nothing_more(expected: State) -> None:
    world = a_world()
    reconcile(world)
    assert reconcile(world).unheard_facts == 0


def test_each_workflow_starts_once_however_often_its_bell_rings() -> None:
    world = a_world()
    hear(world, [*HEARD, *HEARD])
    world.clock.advance(timedelta(minutes=10))
    reconcile(world)
    for effect in [*world.bells.rung, *world.bells.rung]:
        if effect.kind is not EffectKind.ANNOUNCE:
            bell = {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key}
            dispatch(bell, world)
    started = [workflow for workflow, _ in world.workflows.started.values()]
    assert sorted(started) == ["approval", "approval", "rollback"]
    assert len(world.anchors.anchored) == 3
