"""What the sandbox's engine says in events and what it answers when asked come to one ledger.

The engine plays the demo: a good release, a bad one, and its rollback. Its raw events go through
the reader; what is lost is read back by the real adapter from the engine's own API.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.adapters.codepipeline import CodePipelinePipelines
from signalbox.domain.effects import EffectKind
from signalbox.domain.facts import AlarmChanged, ReleaseFact
from signalbox.domain.scopes import name_of
from signalbox.events.reader import read
from signalbox.usecases.reconcile import Reconciled, reconcile
from signalbox.usecases.record_fact import incident_id, record_fact

from sandbox.engine.events import instant
from sandbox.engine.executions import Execution
from tests.fakes import ACCOUNT, REGION, FakeWorld, a_service, release_id
from tests.unit.engine.engine_world import CALLER, STAGES, World
from tests.unit.engine_as_aws import EngineAsAws

Event = Mapping[str, Any]
State = dict[str, Any]
ONCE_PER_RELEASE = (EffectKind.START_APPROVAL, EffectKind.START_ROLLBACK, EffectKind.ANCHOR_AUDIT)


@dataclass(frozen=True)
class Story:
    """The engine after the demo, with every event that it said."""

    engine: World
    truth: EngineAsAws
    good: Execution
    bad: Execution
    rollback: Execution
    events: tuple[Event, ...]
    alarm: Event

    @property
    def all(self) -> tuple[Event, ...]:
        return (*self.events, self.alarm)


@cache
def story() -> Story:
    """Played once: nothing that reads it changes it."""
    engine = World()
    good, bad = _release(engine), _release(engine)
    alarm = _alarm(engine.clock.at)
    engine.clock.advance(seconds=3)
    rollback = engine.interventions.roll_back("hello", "Production", good.id, by=CALLER)
    engine.clock.advance(seconds=3)
    engine.end("Production")
    events = tuple(_on_the_bus(event) for event in engine.kept.events)
    return Story(engine, EngineAsAws(engine), good, bad, rollback, events, alarm)


def _release(engine: World) -> Execution:
    execution = engine.start()
    for stage in STAGES:
        engine.clock.advance(seconds=3)
        engine.approve() if stage == "Approval" else engine.end(stage)
    engine.clock.advance(seconds=3)
    return execution


def _on_the_bus(event: Event) -> Event:
    """As EventBridge delivers it: JSON, with an envelope and whole seconds."""
    envelope = {"version": "0", "account": ACCOUNT, "region": REGION}
    said: Event = json.loads(
        json.dumps({**envelope, **event, "time": instant(event["time"].replace(microsecond=0))})
    )
    return said


def _alarm(at: datetime) -> Event:
    def state(value: str) -> dict[str, str]:
        return {"value": value, "reason": "errors", "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"}

    name = "hello-production-errors"
    return {
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": ACCOUNT,
        "region": REGION,
        "time": instant(at),
        "resources": [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"],
        "detail": {"alarmName": name, "state": state("ALARM"), "previousState": state("OK")},
    }


def hear(events: Iterable[Event]) -> FakeWorld:
    """A ledger that heard these events, some minutes after the last of them."""
    world = FakeWorld()
    world.pipelines = CodePipelinePipelines(story().truth)  # type: ignore[assignment]
    world.clock.moment = story().engine.clock.at + timedelta(minutes=7)
    for event in events:
        for fact in read(event):
            record_fact(fact, world, allowed_accounts={ACCOUNT})
    return world


def mend(world: FakeWorld) -> Reconciled:
    found = reconcile(world)
    assert found.errors == []
    return found


def state_of(world: FakeWorld) -> State:
    """Every release as the ledger folds it, what is open, and every effect; no clock's doing."""
    releases = {}
    for release in world.ledger.facts:
        folded = world.ledger.release(release)
        assert folded is not None
        releases[release.execution] = {
            "pipeline": (folded.state, folded.attempt, folded.trigger_type, folded.trigger_detail),
            "stages": {
                stage.name: (
                    stage.state,
                    stage.attempt,
                    {
                        action.name: (
                            action.state,
                            action.attempt,
                            action.action_execution_id,
                            action.category,
                            action.provider,
                        )
                        for action in stage.actions
                    },
                )
                for stage in folded.stages
            },
        }
    return {
        "releases": releases,
        "open": set(world.ledger.open_releases()),
        "effects": {(e.subject, e.kind, e.key): e.payload for e in world.ledger.effects.values()},
    }


@cache
def the_undisturbed() -> State:
    return state_of(hear(story().all))


def started(world: FakeWorld) -> Counter[tuple[EffectKind, str]]:
    """The effects that must not be doubled, by kind and what each is for."""
    return Counter(
        (effect.kind, effect.key if effect.kind is EffectKind.START_APPROVAL else effect.subject)
        for effect in world.ledger.effects.values()
        if effect.kind in ONCE_PER_RELEASE
    )


def exactly_once() -> Counter[tuple[EffectKind, str]]:
    """From what the engine did, not from any ledger."""
    told = story()
    approvals = [
        run.id
        for execution in (told.good, told.bad)
        for run in execution.action_runs()
        if run.stage == "Approval"
    ]
    assert len(approvals) == 2
    executions = (told.good, told.bad, told.rollback)
    ended = [f"release#{release_id(execution.id).key}" for execution in executions]
    (alarm,) = read(told.alarm)
    assert isinstance(alarm, AlarmChanged)
    return Counter(
        [(EffectKind.START_APPROVAL, each) for each in approvals]
        + [(EffectKind.ANCHOR_AUDIT, each) for each in ended]
        + [(EffectKind.START_ROLLBACK, f"incident#{incident_id(alarm.alarm, alarm.at)}")]
    )


def _name(event: Event) -> str:
    detail = event["detail"]
    where = [detail["stage"]] if "stage" in detail else []
    where += [detail["action"]] if "action" in detail else []
    told = story()
    which = {told.good.id: "good", told.bad.id: "bad", told.rollback.id: "rollback"}
    return f"{which[detail['execution-id']]}: {detail['state']} {'/'.join(where) or 'pipeline'}"


def losses() -> list[Any]:
    events = story().events
    return [pytest.param(number, id=_name(event)) for number, event in enumerate(events)]


def test_what_the_events_say_is_what_the_adapter_reads() -> None:
    said = {
        name_of(f) for event in story().events for f in read(event) if isinstance(f, ReleaseFact)
    }
    world = hear(())
    asked = {
        name_of(fact)
        for release in world.pipelines.newest(a_service(), 10)
        for fact in world.pipelines.facts(a_service(), release)
    }
    assert said == asked


def test_undisturbed_all_three_releases_end_and_each_workflow_starts_once() -> None:
    told = story()
    world = hear(told.all)
    assert {r.execution for r in world.ledger.facts} == {
        told.good.id,
        told.bad.id,
        told.rollback.id,
    }
    assert the_undisturbed()["open"] == set()
    assert started(world) == exactly_once()
    assert len(told.events) == 2 * (2 + 5 * 4) + (2 + 4), "begin and end of each thing"


def test_reconciling_what_was_heard_changes_nothing() -> None:
    world = hear(story().all)
    assert mend(world).unheard_facts == 0
    assert state_of(world) == the_undisturbed()


@pytest.mark.parametrize("lost", losses())
def test_without_reconcile_every_loss_would_show(lost: int) -> None:
    events = story().events
    world = hear([*events[:lost], *events[lost + 1 :], story().alarm])
    assert state_of(world) != the_undisturbed()


@pytest.mark.parametrize("lost", losses())
def test_any_one_event_may_be_lost(lost: int) -> None:
    events = story().events
    world = hear([*events[:lost], *events[lost + 1 :], story().alarm])
    assert mend(world).unheard_facts == 1
    assert state_of(world) == the_undisturbed()
    assert started(world) == exactly_once()


def test_all_of_codepipelines_events_may_be_lost() -> None:
    world = hear([story().alarm])
    assert mend(world).unheard_facts == len(story().events)
    assert state_of(world) == the_undisturbed()
    assert started(world) == exactly_once()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_event_may_come_twice_in_any_order(seed: int) -> None:
    shuffled = [*story().all, *story().all]
    Random(seed).shuffle(shuffled)  # noqa: S311 - to be repeated, not to be secret
    world = hear(shuffled)
    assert state_of(world) == the_undisturbed()
    rung = Counter((e.subject, e.kind, e.key) for e in world.bells.rung)
    assert set(rung.values()) == {1}, "a duplicate rings nothing"
    assert started(world) == exactly_once()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_half_of_the_events_may_be_lost_and_the_rest_come_twice_in_any_order(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    kept = [event for event in story().events if random.random() < 0.5]
    heard = [*kept, *kept, story().alarm, story().alarm]
    random.shuffle(heard)
    world = hear(heard)
    mend(world)
    assert state_of(world) == the_undisturbed()
    assert started(world) == exactly_once()
    assert mend(world).unheard_facts == 0, "there is nothing left to find"
