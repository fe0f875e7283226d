"""A bad release: it passes every test, fails in production, and is rolled back by itself."""

from sandbox.demo.pipeline import (
    PRODUCTION,
    alarm_states,
    call_production,
    executions,
    see_serving,
    stage_of,
)
from sandbox.demo.scenes.shared import approved, asked, pushed, succeeded
from sandbox.demo.slack import see_words
from sandbox.demo.steps import Scene, Step, expect
from sandbox.demo.world import World

STAGE = "Production"


def _really_fails(world: World) -> str:
    answer, error = call_production(world)
    expect(error, f"the call succeeded with {answer}")
    return f"the call failed: {error}"


def _alarm_fires(world: World) -> str:
    call_production(world)
    history = world.aws("cloudwatch").describe_alarm_history(
        AlarmName=f"{PRODUCTION}-errors", HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    fired = [item for item in history if item["HistorySummary"].endswith("to ALARM")]
    expect(fired, f"the alarms are {alarm_states(world)}")
    return f"{PRODUCTION}-errors: {fired[0]['HistorySummary']}"


def _way_is_closed(world: World) -> str:
    """Customers go on calling meanwhile: an alarm that fell silent would leave nothing to do."""
    if stage_of(world, STAGE)["inboundTransitionState"]["enabled"]:
        call_production(world)
    return _transition_is_disabled(world)


def _transition_is_disabled(world: World) -> str:
    transition = stage_of(world, STAGE)["inboundTransitionState"]
    expect(not transition["enabled"], "the transition is enabled")
    return f"closed: {transition.get('disabledReason', 'no reason given')}"


def _stage_is_rolled_back(world: World) -> str:
    good = world.releases["good"]
    rollbacks = [each for each in executions(world) if each.get("executionType") == "ROLLBACK"]
    expect(rollbacks, "CodePipeline has no execution of type ROLLBACK")
    target = rollbacks[0]["rollbackMetadata"]["rollbackTargetPipelineExecutionId"]
    expect(target == good.execution, f"the rollback's target is {target[:8]}")
    expect(rollbacks[0]["status"] == "Succeeded", f"the rollback is {rollbacks[0]['status']}")
    expect(len(rollbacks) == 1, f"there are {len(rollbacks)} rollbacks")
    return f"execution {rollbacks[0]['pipelineExecutionId'][:8]} back to {target[:8]}"


BAD_RELEASE = Scene(
    title="A bad release, rolled back",
    steps=(
        pushed("bad", "Dana pushes a change that breaks in production only"),
        succeeded("bad", "Build", "Its tests pass"),
        succeeded("bad", "Staging", "Staging is deployed, and well"),
        asked("bad", "The approval card is in Slack"),
        approved("bad", "Amir approves in good faith"),
        succeeded("bad", STAGE, "Production is deployed"),
        Step(what="Somebody calls the service: it fails", see=_really_fails),
        Step(what="The alarm fires", see=_alarm_fires),
        Step(what="Signalbox closes the way into production", see=_way_is_closed),
        Step(
            what="CodePipeline rolls the stage back to the good release", see=_stage_is_rolled_back
        ),
        Step(
            what="The service answers again, with the good code",
            see=lambda world: see_serving(world, world.releases["good"]),
        ),
        Step(
            what="The same Slack message tells it",
            see=lambda world: see_words(
                world, world.releases["bad"], "rolled back", "stays held", f"{PRODUCTION}-error"
            ),
        ),
        Step(what="The way into production stays closed", see=_transition_is_disabled),
    ),
)
