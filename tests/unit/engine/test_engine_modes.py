"""QUEUED and PARALLEL, beside SUPERSEDED: who waits, who is superseded, and what the API shows."""

from typing import Any

import pytest

from sandbox.engine import views
from sandbox.engine.executions import Execution, Status
from sandbox.engine.refusals import Refusal
from tests.unit.engine.engine_world import CALLER, World, hello


def queued() -> World:
    return World(hello(executionMode="QUEUED"))


def parallel() -> World:
    return World(hello(executionMode="PARALLEL"))


def close(world: World, stage: str = "Build", kind: str = "Inbound") -> None:
    world.interventions.set_transition(
        "hello", stage, kind, enabled=False, reason="held", by=CALLER
    )


def reopen(world: World, stage: str = "Build", kind: str = "Inbound") -> None:
    world.interventions.set_transition("hello", stage, kind, enabled=True, reason="", by=CALLER)


def state_of(world: World, stage: str) -> dict[str, Any]:
    states = views.pipeline_state(world.pipeline)["stageStates"]
    return next(each for each in states if each["stageName"] == stage)


def token_in_history(world: World, execution: Execution) -> str:
    run = next(run for run in execution.action_runs() if run.awaits_a_person)
    detail = views.action_detail(execution, run)
    return str(detail["output"]["executionResult"]["externalExecutionId"])


@pytest.mark.parametrize("mode", ["QUEUED", "PARALLEL"])
def test_a_v1_pipeline_knows_superseded_only(mode: str) -> None:
    with pytest.raises(Refusal) as refused:
        World(hello(pipelineType="V1", executionMode=mode))
    assert refused.value.code == "InvalidStructureException"
    world = World(hello(pipelineType="V1"))
    with pytest.raises(Refusal, match="InvalidStructureException"):
        world.pipelines.update(hello(pipelineType="V1", executionMode=mode))
    assert world.pipeline.version == 1


@pytest.mark.parametrize("mode", ["SUPERSEDED", "QUEUED", "PARALLEL"])
def test_every_view_names_the_mode(mode: str) -> None:
    world = World(hello(executionMode=mode))
    execution = world.start()
    assert views.pipeline_structure(world.pipeline)["executionMode"] == mode
    assert views.execution_detail(execution)["executionMode"] == mode
    assert views.execution_summary(execution)["executionMode"] == mode


def test_queued_executions_line_up_and_none_is_superseded() -> None:
    world = queued()
    first, second, third = (world.start() for _ in range(3))
    assert world.pipeline.waiting_at("Source") == [second, third]
    world.end("Source")
    assert world.pipeline.occupant["Source"] is second
    assert [e.status for e in (first, second, third)] == [Status.IN_PROGRESS] * 3
    world.end("Source")
    world.end("Source")
    assert world.pipeline.waiting_at("Build") == [second, third]
    world.end("Build", well=False)
    assert world.pipeline.occupant["Build"] is second


def test_a_queued_execution_that_is_stopped_leaves_the_line() -> None:
    world = queued()
    _, second, third = (world.start() for _ in range(3))
    world.interventions.stop("hello", second.id, abandon=False, reason="")
    assert second.status is Status.STOPPED
    assert world.pipeline.waiting_at("Source") == [third]


def test_the_state_shows_everyone_in_front_of_a_stage() -> None:
    world = queued()
    _, second, third = (world.start() for _ in range(3))
    state = state_of(world, "Source")
    shown = [
        {"pipelineExecutionId": each.id, "status": "InProgress", "type": "STANDARD"}
        for each in (second, third)
    ]
    assert state["inboundExecutions"] == shown
    assert state["inboundExecution"] == shown[0]
    assert "inboundExecution" not in state_of(world, "Build")


def test_the_state_shows_who_closed_a_transition_when_and_why() -> None:
    world = queued()
    close(world)
    moment = world.clock.now().timestamp()
    by_whom = {"lastChangedBy": CALLER, "lastChangedAt": moment}
    closed = {"enabled": False, "disabledReason": "held", **by_whom}
    assert state_of(world, "Build")["inboundTransitionState"] == closed
    reopen(world)
    assert state_of(world, "Build")["inboundTransitionState"] == {"enabled": True, **by_whom}


def test_parallel_executions_neither_wait_nor_supersede() -> None:
    world = parallel()
    executions = [world.bring_to_approval() for _ in range(3)]
    assert [each.status for each in executions] == [Status.IN_PROGRESS] * 3
    assert {each.current.stage for each in executions if each.current} == {"Approval"}
    assert state_of(world, "Approval")["inboundExecutions"] == []
    assert world.pipeline.occupant == {}


def test_parallel_approvals_wait_side_by_side_and_each_has_its_own_token() -> None:
    world = parallel()
    first, second = world.bring_to_approval(), world.bring_to_approval()
    tokens = [token_in_history(world, each) for each in (first, second)]
    assert len(set(tokens)) == 2
    (action,) = state_of(world, "Approval")["actionStates"]
    assert "token" not in action["latestExecution"]
    world.approve(token=tokens[0])
    assert first.stages["Approval"].status is Status.SUCCEEDED
    assert second.stages["Approval"].status is Status.IN_PROGRESS
    world.approve(token=tokens[1], approved=False)
    assert second.status is Status.FAILED


def test_a_parallel_approval_is_answered_once_and_by_its_token_only() -> None:
    world = parallel()
    world.bring_to_approval()
    (run,) = world.open_approvals()
    token = str(run.token)
    with pytest.raises(Refusal, match="InvalidApprovalTokenException"):
        world.approve(token="00000000-0000-4000-8000-000000000000")
    world.approve(token=token)
    with pytest.raises(Refusal, match="ApprovalAlreadyCompletedException"):
        world.approve(token=token)


def test_every_parallel_approval_expires_in_its_own_time() -> None:
    world = parallel()
    first = world.bring_to_approval()
    world.clock.advance(minutes=30)
    second = world.bring_to_approval()
    world.clock.advance(minutes=31)
    world.interventions.expire()
    assert (first.status, second.status) == (Status.FAILED, Status.IN_PROGRESS)


def test_a_parallel_pipeline_cannot_roll_back_a_stage() -> None:
    world = parallel()
    good = world.bring_to_approval()
    world.approve(token=token_in_history(world, good))
    world.end_run(good.action_runs()[-1])
    assert good.status is Status.SUCCEEDED
    with pytest.raises(Refusal) as refused:
        world.interventions.roll_back("hello", "Production", good.id, by=CALLER)
    assert refused.value.code == "UnableToRollbackStageException"
    assert "PARALLEL" in refused.value.message


def test_a_parallel_pipeline_has_no_transitions() -> None:
    world = parallel()
    for attempt in (close, reopen):
        with pytest.raises(Refusal, match="ValidationException"):
            attempt(world)


def test_stopping_one_parallel_execution_leaves_the_others() -> None:
    world = parallel()
    first, second = world.bring_to_approval(), world.bring_to_approval()
    world.interventions.stop("hello", first.id, abandon=True, reason="")
    assert (first.status, second.status) == (Status.STOPPED, Status.IN_PROGRESS)


@pytest.mark.parametrize(
    ("before", "after"),
    [("SUPERSEDED", "QUEUED"), ("QUEUED", "PARALLEL"), ("PARALLEL", "SUPERSEDED")],
)
def test_a_change_of_mode_cancels_what_is_in_flight(before: str, after: str) -> None:
    world = World(hello(executionMode=before))
    executions = [world.start(), world.start()]
    world.pipelines.update(hello(executionMode=after))
    assert [each.status for each in executions] == [Status.CANCELLED] * 2
    assert world.pipeline.waiting_at("Source") == []
    assert world.pipeline.occupant == {}
    fresh = world.start()
    assert views.execution_detail(fresh)["executionMode"] == after


def test_a_closed_transition_opens_when_the_mode_becomes_parallel() -> None:
    world = queued()
    close(world)
    world.pipelines.update(hello(executionMode="PARALLEL"))
    assert state_of(world, "Build")["inboundTransitionState"] == {"enabled": True}


@pytest.mark.parametrize(("stage", "kind"), [("Build", "Inbound"), ("Source", "Outbound")])
def test_what_waited_over_thirty_days_does_not_resume_by_itself(stage: str, kind: str) -> None:
    world = World()
    close(world, stage, kind)
    execution = world.start()
    world.end("Source")
    world.clock.advance(days=20)
    close(world, stage, kind)
    world.clock.advance(days=10, seconds=1)
    reopen(world, stage, kind)
    assert execution.waiting_for == "Build"
    newer = world.start()
    world.end("Source")
    assert execution.status is Status.SUPERSEDED
    assert world.pipeline.occupant["Build"] is newer


def test_what_waited_thirty_days_exactly_resumes() -> None:
    world = World()
    close(world)
    execution = world.start()
    world.end("Source")
    world.clock.advance(days=30)
    reopen(world)
    assert world.pipeline.occupant["Build"] is execution


def test_in_a_queue_those_behind_pass_the_one_that_waited_too_long() -> None:
    world = queued()
    close(world)
    stale = world.start()
    world.end("Source")
    world.clock.advance(days=31)
    reopen(world)
    fresh = world.start()
    world.end("Source")
    assert world.pipeline.occupant["Build"] is fresh
    assert world.pipeline.waiting_at("Build") == [stale]
