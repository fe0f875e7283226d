"""Events have the captured ones' shape, and their order holds whatever happens."""

import json
from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.engine.events import EVENT_STATE
from sandbox.engine.executions import Status, Trigger
from tests.unit.engine.engine_world import MANUAL, World, hello

STEPS = ("start", "well", "badly", "approve", "reject", "stop", "abandon", "roll back", "update")


def test_an_action_event_has_every_key_of_a_captured_one() -> None:
    world = World()
    world.release()
    detail = next(
        event["detail"]
        for event in world.kept.events
        if event["detail"].get("action") == "Source" and event["detail"]["state"] == "SUCCEEDED"
    )
    captured = {
        "pipeline", "execution-id", "start-time", "stage", "output-artifacts", "action",
        "action-execution-id", "state", "region", "type", "version", "pipeline-execution-attempt",
    }  # fmt: skip
    assert set(detail) == captured
    assert json.dumps(detail["version"]) == "1.0"
    assert json.dumps(detail["pipeline-execution-attempt"]) == "1.0"
    assert detail["start-time"] == "2026-11-22T12:00:00.000Z"
    (artifact,) = detail["output-artifacts"]
    assert artifact["s3location"]["key"].startswith("hello/SourceArti/")


def test_the_trigger_of_a_manual_start_is_said_on_started_only() -> None:
    world = World()
    world.release()
    said = [e["detail"] for e in world.kept.events if "Pipeline Execution" in e["detail-type"]]
    assert said[0]["execution-trigger"] == {
        "trigger-type": MANUAL.type,
        "trigger-detail": MANUAL.detail,
    }
    assert "execution-trigger" not in said[-1]


def test_the_author_of_a_push_is_said_at_the_end_too() -> None:
    world = World()
    commit = {"author-email": "ana@example.com", "commit-id": "c0ffee"}
    world.pipelines.start("hello", Trigger(type="WebhookV2", detail="{}", commit=commit))
    world.end("Source", well=False)
    last = world.kept.events[-1]
    assert last["detail"]["state"] == "FAILED"
    assert last["detail"]["execution-trigger"] == commit
    assert last["resources"] == ["arn:aws:codepipeline:us-east-1:123456789012:hello"]


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["SUPERSEDED", "QUEUED", "PARALLEL"]),
    st.lists(st.sampled_from(STEPS), max_size=60),
    st.randoms(use_true_random=False),
)
def test_every_begin_has_one_end_inside_its_parent(
    mode: str, steps: list[str], chance: Any
) -> None:
    world = World(hello(executionMode=mode))
    for step in steps:
        take(world, step, chance)
    told: dict[str, list[str]] = defaultdict(list)
    for event in world.kept.events:
        detail = event["detail"]
        where = [detail["execution-id"], detail.get("stage", ""), detail.get("action", "")]
        told["/".join(filter(None, where))].append(detail["state"])
    for scope, states in told.items():
        assert states[0] == "STARTED", scope
        assert states.count("STARTED") == 1, scope
        ends = [state for state in states if state not in ("STARTED", "STOPPING")]
        assert len(ends) <= 1, scope
        assert not ends or states[-1] == ends[0], scope
    assert_nested(world)
    if mode != "PARALLEL":
        assert_one_execution_in_a_stage(world)
    superseded = [each for each in world.kept.lines() if each.startswith("SUPERSEDED")]
    assert mode == "SUPERSEDED" or not superseded


def take(world: World, step: str, chance: Any) -> None:
    running = [e for e in world.pipeline.executions.values() if not e.status.final]
    ours = [order.run for order, _ in world.workers.open.values() if not order.run.status.final]
    machines = [run for run in ours if not run.declaration.is_approval]
    if step == "start":
        world.start()
    elif step in ("well", "badly") and machines:
        world.end_run(chance.choice(machines), well=step == "well")
    elif step in ("approve", "reject") and (open_now := world.open_approvals()):
        world.approve(approved=step == "approve", token=chance.choice(open_now).token)
    elif step in ("stop", "abandon") and running:
        execution = chance.choice(running)
        if execution.status == "InProgress":
            world.interventions.stop(
                "hello", execution.id, abandon=step == "abandon", reason="because"
            )
    elif step == "roll back" and can_roll_back(world):
        for execution in world.pipeline.newest_first():
            run_there = execution.stages.get("Production")
            good = run_there is not None and run_there.status == "Succeeded"
            if good and not execution.rollback_of and execution.version == world.pipeline.version:
                world.interventions.roll_back("hello", "Production", execution.id, by="me")
                return
    elif step == "update":
        world.pipelines.update(dict(world.pipeline.declaration.structure))


def can_roll_back(world: World) -> bool:
    parallel = world.pipeline.declaration.is_parallel
    return not parallel and "Production" not in world.pipeline.occupant


def assert_nested(world: World) -> None:
    open_now: set[tuple[str, ...]] = set()
    for event in world.kept.events:
        detail = event["detail"]
        where = tuple(
            filter(None, (detail["execution-id"], detail.get("stage"), detail.get("action")))
        )
        parents = [where[:depth] for depth in range(1, len(where))]
        assert all(parent in open_now for parent in parents), where
        if detail["state"] == "STARTED":
            open_now.add(where)
        elif detail["state"] != "STOPPING":
            assert not [
                each for each in open_now if len(each) > len(where) and each[: len(where)] == where
            ]
            open_now.discard(where)


def assert_one_execution_in_a_stage(world: World) -> None:
    inside: dict[str, str] = {}
    for event in world.kept.events:
        detail = event["detail"]
        if "Stage Execution" not in event["detail-type"]:
            continue
        stage, execution = detail["stage"], detail["execution-id"]
        if detail["state"] == "STARTED":
            assert stage not in inside
            inside[stage] = execution
        elif detail["state"] != "STOPPING":
            assert inside.pop(stage) == execution


def test_every_state_has_a_word_for_events() -> None:
    assert set(EVENT_STATE) == set(Status)
