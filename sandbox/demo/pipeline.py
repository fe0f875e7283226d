"""What CodePipeline and Lambda say of a release."""

import json
from typing import Any

from sandbox.demo.steps import NeverError, expect
from sandbox.demo.world import Release, World
from sandbox.deploy import SERVICE

PRODUCTION = "hello-production"
ALIAS = "live"


def execution_of(world: World, release: Release) -> str:
    """The execution that a commit has started."""
    if not release.execution:
        found = [
            each["pipelineExecutionId"]
            for each in executions(world)
            if release.commit in {r.get("revisionId") for r in each.get("sourceRevisions", [])}
            and each.get("executionType", "STANDARD") == "STANDARD"
        ]
        expect(found, f"CodePipeline has no execution for {release.commit[:7]}")
        release.execution = found[0]
    return release.execution


def executions(world: World) -> list[dict[str, Any]]:
    """The pipeline's executions, newest first."""
    answer = world.aws("codepipeline").list_pipeline_executions(pipelineName=SERVICE)
    return list(answer["pipelineExecutionSummaries"])


def status_of(world: World, execution: str) -> str:
    """An execution's status."""
    answer = world.aws("codepipeline").get_pipeline_execution(
        pipelineName=SERVICE, pipelineExecutionId=execution
    )
    return str(answer["pipelineExecution"]["status"])


def actions_of(world: World, execution: str) -> dict[str, dict[str, Any]]:
    """What each stage's (only) action of an execution has come to, by stage."""
    answer = world.aws("codepipeline").list_action_executions(
        pipelineName=SERVICE, filter={"pipelineExecutionId": execution}
    )
    return {each["stageName"]: each for each in answer["actionExecutionDetails"]}


def stage_of(world: World, name: str) -> dict[str, Any]:
    """A stage as `GetPipelineState` shows it."""
    state = world.aws("codepipeline").get_pipeline_state(name=SERVICE)
    return next(stage for stage in state["stageStates"] if stage["stageName"] == name)


def see_success(world: World, release: Release, stage: str) -> str:
    """The stage's action succeeded for this release."""
    actions = actions_of(world, execution_of(world, release))
    expect(stage in actions, f"it has come as far as {', '.join(actions) or 'nothing'}")
    status = actions[stage]["status"]
    result = actions[stage].get("output", {}).get("executionResult", {})
    if status in ("Failed", "Abandoned"):
        raise NeverError(f"{stage} is {status}: {result.get('errorDetails', result)}")
    expect(status == "Succeeded", f"{stage} is {status}")
    return f"{stage} {status.lower()} in execution {release.execution[:8]}"


def call_production(world: World) -> tuple[dict[str, Any], str]:
    """Call the service as its users do, by the alias; what it answered and its error, if any."""
    answer = world.aws("lambda").invoke(
        FunctionName=PRODUCTION, Qualifier=ALIAS, Payload=json.dumps({"name": "reader"})
    )
    payload = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        return {}, str(payload.get("errorMessage", payload))
    return json.loads(payload["body"]), ""


def version_of_alias(world: World) -> str:
    """The version that the production alias points to."""
    alias = world.aws("lambda").get_alias(FunctionName=PRODUCTION, Name=ALIAS)
    return str(alias["FunctionVersion"])


def see_serving(world: World, release: Release) -> str:
    """Production answers, with the code of this release."""
    answer, error = call_production(world)
    expect(not error, f"the call failed: {error}")
    expect(answer["commit"] == release.commit, f"it still serves {answer['commit'][:7]}")
    version = version_of_alias(world)
    return f"“{answer['message']}” from {release.commit[:7]}, alias {ALIAS} on version {version}"


def alarm_states(world: World) -> dict[str, str]:
    """The state of production's alarms."""
    answer = world.aws("cloudwatch").describe_alarms(AlarmNamePrefix=f"{PRODUCTION}-")
    return {each["AlarmName"]: each["StateValue"] for each in answer["MetricAlarms"]}
