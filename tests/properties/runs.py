"""Whole runs of a pipeline, each with the events that it said and the API that answers for it.

The sandbox's engine plays all but one: it knows no retry of a stage. That run is modelled, its
events and the answers of its API made from one list of action runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from signalbox.adapters.codepipeline import CodePipelinePipelines
from signalbox.domain.facts import ReleaseFact
from signalbox.events.reader import read
from signalbox.usecases.reconcile import reconcile
from signalbox.usecases.record_fact import record_fact

from tests.fakes import ACCOUNT, FakeWorld
from tests.properties.a_retried_run import retried
from tests.unit.engine.engine_world import CALLER, STAGES, World
from tests.unit.engine_as_aws import EngineAsAws
from tests.unit.test_loss_through_the_engine import Event, _on_the_bus

SEEN_AFTER = timedelta(minutes=7)


class Remembered:
    """What the API says of a run that is over: asked once, for it never changes."""

    def __init__(self, pipelines: CodePipelinePipelines) -> None:
        self.facts = cache(pipelines.facts)
        self.newest = cache(pipelines.newest)
        self.pending_approval = pipelines.pending_approval
        self.execution = pipelines.execution


@dataclass(frozen=True)
class Run:
    """One or more executions of a pipeline: what was said, what the API says, when they ended."""

    name: str
    events: tuple[Event, ...]
    clients: Any
    ended: datetime


def _to(engine: World, last: str) -> None:
    """Let the execution in front go through all stages before ``last``."""
    for stage in STAGES[: STAGES.index(last)]:
        engine.clock.advance(seconds=3)
        engine.approve() if stage == "Approval" else engine.end(stage)
    engine.clock.advance(seconds=3)


def _standard(engine: World) -> None:
    engine.start()
    _to(engine, "Production")
    engine.end("Production")


def _failed(engine: World) -> None:
    engine.start()
    _to(engine, "Build")
    engine.end("Build", well=False)


def _rejected(engine: World) -> None:
    engine.start()
    _to(engine, "Approval")
    engine.approve(approved=False)


def _stopped(engine: World, *, abandon: bool) -> None:
    execution = engine.start()
    _to(engine, "Staging")
    engine.interventions.stop("hello", execution.id, abandon=abandon, reason="enough")
    engine.clock.advance(seconds=3)
    if not abandon:
        engine.end("Staging")


def _superseded(engine: World) -> None:
    engine.start()
    _to(engine, "Approval")
    for _ in range(2):
        engine.start()
        _to(engine, "Approval")
    engine.approve()
    engine.clock.advance(seconds=3)
    engine.end("Production")
    engine.clock.advance(seconds=3)
    engine.approve(approved=False)


def _canceled(engine: World) -> None:
    engine.start()
    _to(engine, "Staging")
    engine.conductor.cancel(engine.pipeline)


def _rolled_back(engine: World) -> None:
    good = engine.start()
    _to(engine, "Production")
    engine.end("Production")
    _standard(engine)
    engine.clock.advance(seconds=3)
    engine.interventions.roll_back("hello", "Production", good.id, by=CALLER)
    engine.clock.advance(seconds=3)
    engine.end("Production")


PLAYED: dict[str, Callable[[World], None]] = {
    "standard": _standard,
    "failed": _failed,
    "rejected": _rejected,
    "stopped": lambda engine: _stopped(engine, abandon=True),
    "stopped when its actions had ended": lambda engine: _stopped(engine, abandon=False),
    "superseded": _superseded,
    "canceled": _canceled,
    "rolled back": _rolled_back,
}
KINDS = (*PLAYED, "retried")


@cache
def run_of(kind: str) -> Run:
    """Played once: nothing that reads a run changes it."""
    if kind == "retried":
        model = retried()
        return Run(kind, tuple(model.events()), model, model.ended)
    engine = World()
    PLAYED[kind](engine)
    events = tuple(_on_the_bus(event) for event in engine.kept.events)
    return Run(kind, events, EngineAsAws(engine), engine.clock.at)


@cache
def _api_of(kind: str) -> Remembered:
    return Remembered(CodePipelinePipelines(run_of(kind).clients))


def facts_said(run: Run) -> list[ReleaseFact]:
    """The facts of all events, in order."""
    return [fact for event in run.events for fact in read(event) if isinstance(fact, ReleaseFact)]


def hear(run: Run, events: Iterable[Event]) -> FakeWorld:
    """A ledger that heard these events, minutes after the run."""
    world = FakeWorld()
    world.pipelines = _api_of(run.name)  # type: ignore[assignment]
    world.clock.moment = run.ended + SEEN_AFTER
    for event in events:
        for fact in read(event):
            record_fact(fact, world, allowed_accounts={ACCOUNT})
    return world


def mend(world: FakeWorld) -> int:
    """Reconcile; returns how much had not been heard."""
    found = reconcile(world)
    assert found.errors == []
    return found.unheard_facts


def interleaved(run: Run, random: Random) -> list[Event]:
    """Some of the events lost, some doubled (at times under another id), in any order."""
    kept = [event for event in run.events if random.random() < random.choice((0.5, 0.9, 1.0))]
    again = [{**event, "id": "another"} for event in kept if random.random() < 0.4]
    heard: list[Mapping[str, Any]] = [*kept, *again]
    random.shuffle(heard)
    return heard


def state_of(world: FakeWorld) -> dict[str, Any]:
    """All that the ledger holds: releases as they fold, what is open, effects with their status.

    Left out of a release: the commit and the trigger, which events say on STARTED only and in
    other words than the API; an action's texts and links; and the times of what the API has no
    time of (a pipeline and a stage begin and end with their actions).
    """
    releases = {}
    for release in world.ledger.facts:
        folded = world.ledger.release(release)
        assert folded is not None
        stages = tuple(
            replace(
                stage,
                started_at=None,
                ended_at=None,
                actions=tuple(replace(a, summary="", error_code="", external_url="",
                                      external_id="") for a in stage.actions),
            )
            for stage in folded.stages
        )  # fmt: skip
        releases[release] = replace(
            folded, stages=stages, commit=None, started_at=None, ended_at=None
        )
    return {
        "releases": releases,
        "ended": {release for release, folded in releases.items() if folded.is_final},
        "open": set(world.ledger.open_releases()),
        "effects": {
            (effect.subject, effect.kind, effect.key): (dict(effect.payload), effect.status)
            for effect in world.ledger.effects.values()
        },
    }
