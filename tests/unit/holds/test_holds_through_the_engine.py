"""Holds on the sandbox's CodePipeline, which refuses as AWS does, through a real client."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.adapters.codepipeline import CodePipelinePipelines
from signalbox.domain.gates import GateKind, Settlement, Verdict
from signalbox.usecases.apply_holds import apply_holds
from signalbox.usecases.ask_for_hotfix import ask_for_hotfix
from signalbox.usecases.settle_hotfix import settle_hotfix

from sandbox.engine.executions import ActionResult, Status
from tests.fakes import ListedServices, a_service
from tests.gate_world import GateWorld
from tests.unit import engine_as_aws
from tests.unit.engine.engine_world import World, hello
from tests.unit.engine_as_aws import EngineAsAws
from tests.unit.holds.held_pipeline import HeldWorld, execution_id
from tests.unit.holds.test_hotfixes import a_command

OPERATOR = "arn:aws:iam::123456789012:role/operators/operator"
OURS = "arn:aws:sts::123456789012:assumed-role/operator/signalbox-dispatch"
SERVICE = replace(a_service(), operator_role_arn=OPERATOR)


@pytest.fixture
def engine() -> World:
    return World()


@pytest.fixture
def world(engine: World, monkeypatch: pytest.MonkeyPatch) -> HeldWorld:
    monkeypatch.setattr(engine_as_aws, "CALLER", OURS)
    world = HeldWorld()
    GateWorld.__init__(world)
    world.services = ListedServices([SERVICE])
    world.clock.moment = engine.clock.at
    world.pipelines = CodePipelinePipelines(EngineAsAws(engine))  # type: ignore[assignment]
    return world


def apply(world: HeldWorld, engine: World, **later: float) -> None:
    engine.clock.advance(**later or {"minutes": 5})
    world.clock.moment = engine.clock.at
    apply_holds(SERVICE, world)


def in_production(engine: World) -> str:
    latest = engine.pipeline.latest_stage.get("Production")
    return latest.id if latest else ""


def test_a_release_waits_in_front_of_a_held_stage_and_goes_on_by_itself(
    world: HeldWorld, engine: World
) -> None:
    world.place()
    apply(world, engine)
    release = engine.start()
    engine.advance(through="Approval")
    assert [one.id for one in engine.pipeline.waiting_at("Production")] == [release.id]
    apply(world, engine)
    assert in_production(engine) == ""
    world.release()
    apply(world, engine)
    assert in_production(engine) == release.id
    assert world.ledger.closed_stages() == ()


def test_a_person_in_the_console_is_neither_fought_nor_opened_for(
    world: HeldWorld, engine: World
) -> None:
    world.place()
    apply(world, engine)
    console = {"enabled": True, "reason": "", "by": "arn:aws:iam::123456789012:user/ann"}
    engine.interventions.set_transition("hello", "Production", "Inbound", **console)  # type: ignore[arg-type]
    apply(world, engine)
    apply(world, engine)
    assert engine.pipeline.transition("Production", "Inbound").enabled
    world.place("h2")
    apply(world, engine)
    console |= {"enabled": False, "reason": "mine"}
    engine.interventions.set_transition("hello", "Production", "Inbound", **console)  # type: ignore[arg-type]
    for name in ("h1", "h2"):
        world.release(name)
        apply(world, engine)
    assert not engine.pipeline.transition("Production", "Inbound").enabled


def test_after_a_month_the_same_commit_is_started_again(world: HeldWorld, engine: World) -> None:
    world.place()
    apply(world, engine)
    old = engine.start()
    fetched = {"CommitId": "4f1c2d3e" * 5}
    result = ActionResult(status=Status.SUCCEEDED, output_variables=fetched)
    engine.workers.end(engine.open_run("Source"), result)
    for passed in ("Build", "Staging"):
        engine.end(passed)
    engine.approve()
    apply(world, engine, days=31)
    world.release()
    apply(world, engine)
    assert in_production(engine) == "", "CodePipeline does not resume it"
    apply(world, engine)
    apply(world, engine)
    new = [one for one in engine.pipeline.executions.values() if one is not old]
    assert len(new) == 1
    assert new[0].trigger.detail == OURS
    (news,) = [one.payload["news"] for one in world.bells.rung if "news" in one.payload]
    assert news == "restarted"


def test_what_nobody_can_start_again_is_told_and_left_to_people(
    world: HeldWorld, engine: World
) -> None:
    world.place()
    apply(world, engine)
    engine.start()
    engine.advance(through="Approval")
    apply(world, engine, days=31)
    world.release()
    for _ in range(4):
        apply(world, engine)
    (news,) = [one.payload["news"] for one in world.bells.rung if "news" in one.payload]
    assert news == "stuck"
    assert world.ledger.closed_stages() == ()


def test_a_hotfix_passes_and_the_next_release_waits(world: HeldWorld, engine: World) -> None:
    world.place()
    apply(world, engine)
    fix = engine.start()
    engine.advance(through="Approval")
    engine.clock.advance(minutes=5)
    world.clock.moment = engine.clock.at
    command = a_command(world, release=execution_id(fix.id).key)
    assert not ask_for_hotfix(command, world).denied
    (gate,) = [one for one in world.ledger.gates.values() if one.kind is GateKind.HOTFIX]
    world.ledger.decide(gate.id, Verdict.APPROVED, "yes", world.clock.now())
    world.clock.advance(timedelta(seconds=2))
    engine.clock.at = world.clock.moment
    settle_hotfix(gate.id, world)
    assert in_production(engine) == fix.id
    assert world.ledger.gates[gate.id].settlement == Settlement.LET_THROUGH
    engine.end("Production")
    newer = engine.start()
    engine.advance(through="Approval")
    apply(world, engine)
    assert in_production(engine) == fix.id
    assert [one.id for one in engine.pipeline.waiting_at("Production")] == [newer.id]


def test_parallel_pipelines_are_left_to_their_gates(world: HeldWorld, engine: World) -> None:
    engine.pipelines.update(hello(executionMode="PARALLEL"))
    engine.start()
    world.place()
    apply(world, engine)
    assert world.ledger.closed_stages() == ()
