"""CodePipeline's EventBridge events, in the shape of captured ones.

Keys are hyphenated; `version` and `pipeline-execution-attempt` are floats; `resources` holds the
pipeline's ARN. Source: CodePipeline user guide, "Monitoring CodePipeline events" (2024), and events
captured since December 2024. The `execution-trigger` comes on STARTED only, save for git triggers,
where every pipeline event carries the author's fields and no `trigger-type`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.engine.executions import ActionRun, Execution, StageRun, Status
from sandbox.engine.naming import REGION, pipeline_arn
from sandbox.engine.ports import Clock, Emit

EVENT_STATE: Mapping[Status, str] = {
    Status.IN_PROGRESS: "STARTED",
    Status.SUCCEEDED: "SUCCEEDED",
    Status.FAILED: "FAILED",
    Status.STOPPING: "STOPPING",
    Status.STOPPED: "STOPPED",
    Status.SUPERSEDED: "SUPERSEDED",
    Status.CANCELLED: "CANCELED",
    Status.ABANDONED: "ABANDONED",
}


def instant(moment: datetime) -> str:
    """An instant as the events write it, with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class PipelineEvents:
    """Says every change of state on the event bus."""

    def __init__(self, emit: Emit, clock: Clock) -> None:
        self._emit = emit
        self._clock = clock

    def pipeline(self, execution: Execution) -> None:
        """Say the execution's present state."""
        detail = self._detail(execution, execution.status)
        trigger = execution.trigger
        if trigger.commit is not None:
            detail["execution-trigger"] = dict(trigger.commit)
        elif execution.status is Status.IN_PROGRESS:
            detail["execution-trigger"] = {
                "trigger-type": trigger.type,
                "trigger-detail": trigger.detail,
            }
        if execution.status is Status.STOPPING and execution.stop_reason:
            detail["stop-execution-comments"] = execution.stop_reason
        self._say("Pipeline", execution, detail)

    def stage(self, execution: Execution, run: StageRun) -> None:
        """Say the stage run's present state."""
        self._say("Stage", execution, {**self._detail(execution, run.status), "stage": run.stage})

    def action(self, execution: Execution, run: ActionRun) -> None:
        """Say the action run's present state."""
        detail = self._detail(execution, run.status) | {
            "start-time": instant(run.started),
            "stage": run.stage,
            "action": run.declaration.name,
            "action-execution-id": run.id,
            "region": run.declaration.region or REGION,
            "type": run.declaration.type_id,
        }
        if run.inputs:
            detail["input-artifacts"] = [each.as_api() for each in run.inputs]
        if run.outputs and run.status is Status.SUCCEEDED:
            detail["output-artifacts"] = [each.as_api() for each in run.outputs]
        result = _execution_result(run)
        if result:
            detail["execution-result"] = result
        self._say("Action", execution, detail)

    def _detail(self, execution: Execution, status: Status) -> dict[str, Any]:
        return {
            "pipeline": execution.pipeline,
            "execution-id": execution.id,
            "start-time": instant(execution.started),
            "state": EVENT_STATE[status],
            "version": float(execution.version),
            "pipeline-execution-attempt": 1.0,
        }

    def _say(self, level: str, execution: Execution, detail: Mapping[str, Any]) -> None:
        self._emit(
            source="aws.codepipeline",
            detail_type=f"CodePipeline {level} Execution State Change",
            detail=detail,
            resources=[pipeline_arn(execution.pipeline)],
            time=self._clock.now(),
        )


def _execution_result(run: ActionRun) -> dict[str, str]:
    if run.result is None:
        return {}
    fields = {
        "external-execution-url": run.result.external_url or run.external_url,
        "external-execution-summary": run.result.summary,
        "external-execution-id": run.result.external_id or run.external_id,
        "error-code": run.result.error_code,
    }
    return {name: text for name, text in fields.items() if text}
