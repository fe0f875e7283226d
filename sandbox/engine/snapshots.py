"""What the console shows of the pipelines."""

from typing import Any

from sandbox.engine import views
from sandbox.engine.executions import Pipeline, Status
from sandbox.engine.pipelines import Pipelines

_NEWEST = 10


def snapshot(pipelines: Pipelines) -> dict[str, Any]:
    """All pipelines with their stages, actions and newest executions; JSON-ready."""
    with pipelines.conductor.lock:
        return {"pipelines": [_pipeline(each) for each in pipelines.all()]}


def _pipeline(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "name": pipeline.declaration.name,
        "version": pipeline.version,
        "stages": [_stage(pipeline, stage.name) for stage in pipeline.declaration.stages],
        "executions": [views.execution_summary(each) for each in pipeline.newest_first()[:_NEWEST]],
    }


def _stage(pipeline: Pipeline, name: str) -> dict[str, Any]:
    transition = pipeline.transition(name, "Inbound")
    latest = pipeline.latest_stage.get(name)
    declared = pipeline.declaration.stage(name)
    waiting = pipeline.waiting_at(name)
    return {
        "name": name,
        "transition": {"enabled": transition.enabled, "reason": transition.reason},
        "status": str(latest.stages[name].status) if latest else "NotStarted",
        "execution": latest.id if latest else None,
        "waiting": waiting[0].id if waiting else None,
        "actions": [
            _action(pipeline, name, action.name)
            for action in (declared.actions if declared else ())
        ],
    }


def _action(pipeline: Pipeline, stage: str, action: str) -> dict[str, Any]:
    run = pipeline.latest_action.get((stage, action))
    if run is None:
        return {"name": action, "status": "NotStarted", "summary": ""}
    open_approval = run.declaration.is_approval and run.status is Status.IN_PROGRESS
    summary = run.result.summary if run.result else ""
    return {
        "name": action,
        "status": "WaitingForApproval" if open_approval else str(run.status),
        "summary": summary,
        "externalId": run.external_id or (run.result.external_id if run.result else ""),
    }
