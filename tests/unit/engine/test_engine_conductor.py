"""Executions move through stages as SUPERSEDED mode has it."""

import pytest

from sandbox.engine.executions import Status
from sandbox.engine.refusals import Refusal
from tests.unit.engine.engine_world import CALLER, MANUAL, World, action, hello, stage


def test_a_release_says_its_events_in_order() -> None:
    world = World()
    execution = world.release()
    expected = ["STARTED pipeline"]
    for name, act in (
        ("Source", "Source"),
        ("Build", "BuildAndTest"),
        ("Staging", "Deploy"),
        ("Approval", "Approve"),
        ("Production", "Deploy"),
    ):
        expected += [
            f"STARTED {name}",
            f"STARTED {name}/{act}",
            f"SUCCEEDED {name}/{act}",
            f"SUCCEEDED {name}",
        ]
    assert world.kept.lines() == [*expected, "SUCCEEDED pipeline"]
    assert execution.status is Status.SUCCEEDED


def test_a_failed_action_fails_its_stage_and_the_execution() -> None:
    world = World()
    execution = world.start()
    world.end("Source")
    world.end("Build", well=False)
    assert world.kept.lines()[-3:] == [
        "FAILED Build/BuildAndTest",
        "FAILED Build",
        "FAILED pipeline",
    ]
    assert "Staging" not in execution.stages


def test_a_waiting_execution_is_superseded_by_a_newer_one_between_stages() -> None:
    world = World()
    first = world.start()
    world.advance(through="Staging")
    second = world.start()
    world.advance(through="Staging")
    assert world.pipeline.waiting_at("Approval") == [second]
    third = world.start()
    world.advance(through="Staging")
    assert second.status is Status.SUPERSEDED
    assert world.kept.lines(second.id)[-1] == "SUPERSEDED pipeline"
    assert world.pipeline.waiting_at("Approval") == [third]
    assert first.status is Status.IN_PROGRESS


def test_an_execution_inside_a_stage_is_not_superseded() -> None:
    world = World()
    first = world.start()
    world.advance(through="Source")
    world.start()
    world.end("Source")
    assert first.stages["Build"].status is Status.IN_PROGRESS
    assert first.status is Status.IN_PROGRESS


def test_the_waiting_execution_enters_when_the_approval_is_answered() -> None:
    world = World()
    world.start()
    world.advance(through="Staging")
    second = world.start()
    world.advance(through="Staging")
    world.approve(approved=False)
    assert world.pipeline.occupant["Approval"] is second
    assert world.open_run("Approval").execution_id == second.id


def test_actions_of_one_run_order_run_side_by_side_and_the_next_wait() -> None:
    build = {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}
    structure = hello()
    structure["stages"][1] = stage(
        "Build",
        action("Lint", build, {}, inputs=["SourceArtifact"]),
        action("BuildAndTest", build, {}, inputs=["SourceArtifact"], outputs=["BuildArtifact"]),
        action("Scan", build, {}, inputs=["BuildArtifact"], run_order=2),
    )
    world = World(structure)
    world.start()
    world.end("Source")
    assert {order.run.declaration.name for order, _ in world.workers.open.values()} == {
        "Lint",
        "BuildAndTest",
    }
    world.end("Build", "Lint", well=False)
    assert world.pipeline.occupant["Build"].status is Status.IN_PROGRESS
    world.end("Build", "BuildAndTest")
    assert "STARTED Build/Scan" not in world.kept.lines()
    assert world.kept.lines()[-2:] == ["FAILED Build", "FAILED pipeline"]


def test_a_closed_transition_holds_and_an_opened_one_lets_in() -> None:
    world = World()
    world.interventions.set_transition(
        "hello", "Build", "Inbound", enabled=False, reason="held", by=CALLER
    )
    execution = world.start()
    world.end("Source")
    assert world.pipeline.waiting_at("Build") == [execution]
    world.interventions.set_transition(
        "hello", "Build", "Inbound", enabled=True, reason="", by=CALLER
    )
    assert world.pipeline.occupant["Build"] is execution


def test_a_closed_outbound_transition_holds_too() -> None:
    world = World()
    world.interventions.set_transition(
        "hello", "Source", "Outbound", enabled=False, reason="held", by=CALLER
    )
    execution = world.start()
    world.end("Source")
    assert world.pipeline.waiting_at("Build") == [execution]


def test_stop_waits_for_the_running_action_and_starts_no_other() -> None:
    world = World()
    execution = world.start()
    world.end("Source")
    world.interventions.stop("hello", execution.id, abandon=False, reason="broken")
    assert world.kept.lines()[-2:] == ["STOPPING pipeline", "STOPPING Build"]
    world.end("Build")
    assert world.kept.lines()[-3:] == [
        "SUCCEEDED Build/BuildAndTest",
        "STOPPED Build",
        "STOPPED pipeline",
    ]
    assert "Staging" not in execution.stages


def test_stop_and_abandon_ends_at_once_and_a_late_result_changes_nothing() -> None:
    world = World()
    execution = world.start()
    world.end("Source")
    late = world.open_run("Build")
    world.interventions.stop("hello", execution.id, abandon=True, reason="")
    assert world.kept.lines()[-3:] == [
        "ABANDONED Build/BuildAndTest",
        "STOPPED Build",
        "STOPPED pipeline",
    ]
    said = len(world.kept.events)
    world.workers.end(late)
    assert len(world.kept.events) == said
    assert execution.status is Status.STOPPED


def test_stopping_twice_and_stopping_what_has_ended_are_refused() -> None:
    world = World()
    execution = world.start()
    world.interventions.stop("hello", execution.id, abandon=False, reason="")
    with pytest.raises(Refusal, match="DuplicatedStopRequestException"):
        world.interventions.stop("hello", execution.id, abandon=False, reason="")
    world.interventions.stop("hello", execution.id, abandon=True, reason="")
    with pytest.raises(Refusal, match="PipelineExecutionNotStoppableException"):
        world.interventions.stop("hello", execution.id, abandon=True, reason="")


def test_an_update_raises_the_version_and_cancels_what_is_in_flight() -> None:
    world = World()
    execution = world.start()
    world.advance(through="Staging")
    world.pipelines.update(hello())
    assert world.kept.lines()[-3:] == [
        "CANCELED Approval/Approve",
        "CANCELED Approval",
        "CANCELED pipeline",
    ]
    assert world.pipeline.version == 2
    assert execution.version == 1


def test_one_client_request_token_starts_one_execution() -> None:
    world = World()
    one = world.pipelines.start("hello", MANUAL, token="t-1")
    other = world.pipelines.start("hello", MANUAL, token="t-1")
    assert one is other
    assert len(world.pipeline.executions) == 1
