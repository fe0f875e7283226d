"""Whatever is lost, doubled or reordered of a run, it ends in one and the same state."""

from __future__ import annotations

from functools import cache
from itertools import permutations
from random import Random
from typing import Any

import pytest
from signalbox.domain.effects import EffectKind
from signalbox.domain.releases import fold
from signalbox.domain.scopes import name_of
from signalbox.domain.states import ExecutionState

from tests.properties.runs import KINDS, facts_said, hear, interleaved, mend, run_of, state_of

ROUNDS = 1000 // len(KINDS) + 1
"""Of each kind of run, so that there are 1,000 in all."""


@cache
def undisturbed(kind: str) -> dict[str, Any]:
    return state_of(hear(run_of(kind), run_of(kind).events))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_runs_events_say_is_what_the_api_says(kind: str) -> None:
    run = run_of(kind)
    said = {name_of(fact) for fact in facts_said(run)}
    world = hear(run, ())
    mend(world)
    found = {name_of(fact) for facts in world.ledger.facts.values() for fact in facts.values()}
    assert found == said


@pytest.mark.parametrize("kind", KINDS)
def test_every_run_ends_and_reconciling_it_changes_nothing(kind: str) -> None:
    run = run_of(kind)
    world = hear(run, run.events)
    assert undisturbed(kind)["open"] == set()
    assert undisturbed(kind)["ended"] == set(world.ledger.facts)
    assert mend(world) == 0
    assert state_of(world) == undisturbed(kind)


@pytest.mark.case(43)
@pytest.mark.case(44)
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_interleavings_end_in_one_state(kind: str) -> None:
    run = run_of(kind)
    disturbed = 0
    for seed in range(ROUNDS):
        world = hear(run, interleaved(run, Random(seed)))  # noqa: S311 - to be repeated
        disturbed += state_of(world) != undisturbed(kind)
        mend(world)
        assert state_of(world) == undisturbed(kind), f"seed {seed}"
        assert mend(world) == 0
    assert disturbed > ROUNDS // 4, "most losses must show, or this shows nothing"


@pytest.mark.case(44)
@pytest.mark.parametrize("kind", KINDS)
def test_any_one_event_of_any_run_may_be_lost(kind: str) -> None:
    run = run_of(kind)
    for lost in range(len(run.events)):
        world = hear(run, [*run.events[:lost], *run.events[lost + 1 :]])
        assert state_of(world) != undisturbed(kind), "or the test shows nothing"
        assert mend(world) == 1
        assert state_of(world) == undisturbed(kind)


@pytest.mark.case(43)
@pytest.mark.parametrize("kind", KINDS)
def test_all_orders_of_six_events_fold_to_one_release(kind: str) -> None:
    """Windows of six over each whole run: 720 orders of every six neighbours."""
    facts = facts_said(run_of(kind))
    for release in dict.fromkeys(fact.release for fact in facts):
        mine = [fact for fact in facts if fact.release == release]
        for start in range(0, max(1, len(mine) - 5), 3):
            window = mine[start : start + 6]
            folded = fold(release, window)
            assert all(fold(release, order) == folded for order in permutations(window))


@pytest.mark.case(43)
def test_a_later_attempt_outranks_every_end_of_an_earlier_one_in_any_order() -> None:
    facts = facts_said(run_of("retried"))
    resumed = next(n for n, fact in enumerate(facts) if fact.state is ExecutionState.RESUMED)
    until = facts[: resumed + 2]
    folded = fold(facts[0].release, until)
    stage = folded.stage("Build")
    assert stage is not None
    assert (folded.state, folded.attempt) == (ExecutionState.RESUMED, 2)
    assert (stage.state, stage.attempt) == (ExecutionState.RESUMED, 2)
    assert folded.ended_at is None
    assert fold(facts[0].release, until[::-1]) == folded


@pytest.mark.case(43)
@pytest.mark.parametrize("kind", KINDS)
def test_all_orders_of_its_last_events_leave_one_ledger(kind: str) -> None:
    run = run_of(kind)
    before, last = run.events[:-4], run.events[-4:]
    for order in permutations(last):
        assert state_of(hear(run, [*before, *order])) == undisturbed(kind)


@pytest.mark.parametrize("kind", ["standard", "superseded", "rolled back", "retried"])
def test_each_approval_is_asked_for_once_whatever_comes_late(kind: str) -> None:
    run = run_of(kind)
    keys = [key for _, kind, key in undisturbed(run.name)["effects"]
            if kind is EffectKind.START_APPROVAL]  # fmt: skip
    runs = {
        fact.action_execution_id  # type: ignore[union-attr]
        for fact in facts_said(run)
        if getattr(fact, "category", "") == "Approval"
    }
    assert sorted(keys) == sorted(runs)
