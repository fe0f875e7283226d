"""Approvals and stage rollbacks: what AWS allows, and how it refuses."""

from collections.abc import Callable

import pytest

from sandbox.engine.executions import Execution, Status
from sandbox.engine.refusals import Refusal
from tests.unit.engine.engine_world import CALLER, World, hello


def roll_back(world: World, target: str, stage: str = "Production") -> Execution:
    return world.interventions.roll_back("hello", stage, target, by=CALLER)


def test_an_approval_takes_its_own_token_only() -> None:
    world = World()
    world.start()
    world.advance(through="Staging")
    with pytest.raises(Refusal, match="InvalidApprovalTokenException"):
        world.approve(token="00000000-0000-4000-8000-000000000000")
    assert world.open_run("Approval").status is Status.IN_PROGRESS


def test_an_answered_approval_is_refused_and_its_token_gone() -> None:
    world = World()
    world.start()
    world.advance(through="Staging")
    token = str(world.open_run("Approval").token)
    world.approve()
    with pytest.raises(Refusal, match="ApprovalAlreadyCompletedException"):
        world.approve(token=token)
    assert world.pipeline.latest_action["Approval", "Approve"].token is None


def test_an_approval_fails_when_its_time_is_over_and_not_before() -> None:
    world = World()
    execution = world.start()
    world.advance(through="Staging")
    world.clock.advance(minutes=59)
    world.interventions.expire()
    assert not execution.status.final
    world.clock.advance(minutes=2)
    world.interventions.expire()
    assert execution.status is Status.FAILED
    assert world.kept.lines()[-3:] == [
        "FAILED Approval/Approve",
        "FAILED Approval",
        "FAILED pipeline",
    ]


def test_a_rollback_runs_one_stage_with_the_targets_artifacts() -> None:
    world = World()
    good = world.release()
    bad = world.release()
    rollback = roll_back(world, good.id)
    run = world.open_run("Production")
    assert run.inputs == [good.artifacts["BuildArtifact"]]
    assert run.inputs != [bad.artifacts["BuildArtifact"]]
    world.end("Production")
    assert world.kept.lines(rollback.id) == [
        "STARTED pipeline",
        "STARTED Production",
        "STARTED Production/Deploy",
        "SUCCEEDED Production/Deploy",
        "SUCCEEDED Production",
        "SUCCEEDED pipeline",
    ]
    assert (rollback.type, rollback.trigger.type) == ("ROLLBACK", "ManualRollback")
    assert rollback.trigger.detail == CALLER


def test_a_rollback_enters_a_closed_stage_and_leaves_the_waiting_one_waiting() -> None:
    world = World()
    good = world.release()
    world.interventions.set_transition(
        "hello", "Production", "Inbound", enabled=False, reason="held", by=CALLER
    )
    waiting = world.start()
    world.advance(through="Approval")
    roll_back(world, good.id)
    world.end("Production")
    assert world.pipeline.waiting_at("Production") == [waiting]
    assert waiting.status is Status.IN_PROGRESS


def of_the_source_stage(world: World) -> None:
    roll_back(world, world.release().id, stage="Source")


def to_a_rollback(world: World) -> None:
    rollback = roll_back(world, world.release().id)
    world.end("Production")
    roll_back(world, rollback.id)


def to_one_that_failed_there(world: World) -> None:
    failed = world.start()
    world.advance(through="Approval")
    world.end("Production", well=False)
    roll_back(world, failed.id)


def to_one_that_never_came_there(world: World) -> None:
    failed = world.start()
    world.end("Source", well=False)
    roll_back(world, failed.id)


def of_a_running_stage(world: World) -> None:
    good = world.release()
    world.start()
    world.advance(through="Approval")
    roll_back(world, good.id)


def to_an_older_version(world: World) -> None:
    good = world.release()
    world.pipelines.update(hello())
    roll_back(world, good.id)


def to_an_unknown_execution(world: World) -> None:
    roll_back(world, "11111111-1111-4111-8111-111111111111")


def of_a_stopping_stage(world: World) -> None:
    good = world.release()
    running = world.start()
    world.advance(through="Approval")
    world.interventions.stop("hello", running.id, abandon=False, reason="")
    roll_back(world, good.id)


def of_an_unknown_stage(world: World) -> None:
    roll_back(world, world.release().id, stage="Elsewhere")


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (of_the_source_stage, "UnableToRollbackStageException"),
        (to_a_rollback, "UnableToRollbackStageException"),
        (to_one_that_failed_there, "UnableToRollbackStageException"),
        (to_one_that_never_came_there, "UnableToRollbackStageException"),
        (of_a_running_stage, "UnableToRollbackStageException"),
        (to_an_older_version, "PipelineExecutionOutdatedException"),
        (to_an_unknown_execution, "PipelineExecutionNotFoundException"),
        (of_a_stopping_stage, "ConflictException"),
        (of_an_unknown_stage, "StageNotFoundException"),
    ],
)
def test_a_rollback_is_refused(attempt: Callable[[World], None], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        attempt(World())
    assert refused.value.code == code


def test_a_v1_pipeline_cannot_roll_back() -> None:
    world = World(hello(pipelineType="V1"))
    good = world.release()
    with pytest.raises(Refusal, match="UnableToRollbackStageException"):
        roll_back(world, good.id)
