"""Executions and pipelines in the API's response shapes (botocore's service model).

`GetPipelineState` mixes executions, as AWS's does: each stage and each action shows its own latest.
In PARALLEL mode it has no token of an approval: that is ListActionExecutions' externalExecutionId
(PutApprovalResult's `token` in botocore's model).
Instants are epoch seconds, as the JSON protocol has them; absent values are left out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.engine.executions import ActionRun, Execution, Pipeline, Revision, Status
from sandbox.engine.naming import REGION, pipeline_arn


def pipeline_summary(pipeline: Pipeline) -> dict[str, Any]:
    """One entry of ListPipelines."""
    return {
        "name": pipeline.declaration.name,
        "version": pipeline.version,
        "pipelineType": pipeline.declaration.pipeline_type,
        "executionMode": pipeline.declaration.execution_mode,
        "created": _epoch(pipeline.created),
        "updated": _epoch(pipeline.updated),
    }


def pipeline_structure(pipeline: Pipeline) -> dict[str, Any]:
    """The declaration as GetPipeline returns it."""
    defaults = {
        "executionMode": pipeline.declaration.execution_mode,
        "pipelineType": pipeline.declaration.pipeline_type,
    }
    return {**defaults, **pipeline.declaration.structure, "version": pipeline.version}


def pipeline_metadata(pipeline: Pipeline) -> dict[str, Any]:
    """GetPipeline's metadata."""
    return {
        "pipelineArn": pipeline_arn(pipeline.declaration.name),
        "created": _epoch(pipeline.created),
        "updated": _epoch(pipeline.updated),
    }


def pipeline_state(pipeline: Pipeline) -> dict[str, Any]:
    """The whole of GetPipelineState."""
    return {
        "pipelineName": pipeline.declaration.name,
        "pipelineVersion": pipeline.version,
        "stageStates": [
            _stage_state(pipeline, stage.name) for stage in pipeline.declaration.stages
        ],
        "created": _epoch(pipeline.created),
        "updated": _epoch(pipeline.updated),
    }


def _stage_state(pipeline: Pipeline, stage: str) -> dict[str, Any]:
    declared = pipeline.declaration.stage(stage)
    actions = declared.actions if declared is not None else ()
    state: dict[str, Any] = {
        "stageName": stage,
        "inboundExecutions": [
            _passage(each, Status.IN_PROGRESS) for each in pipeline.waiting_at(stage)
        ],
        "inboundTransitionState": _transition_state(pipeline, stage),
        "actionStates": [_action_state(pipeline, stage, action.name) for action in actions],
    }
    if state["inboundExecutions"]:
        state["inboundExecution"] = state["inboundExecutions"][0]
    latest = pipeline.latest_stage.get(stage)
    if latest is not None:
        state["latestExecution"] = _passage(latest, latest.stages[stage].status)
    return state


def _passage(execution: Execution, status: Status) -> dict[str, str]:
    return {
        "pipelineExecutionId": execution.id,
        "status": str(status),
        "type": execution.type,
    }


def _transition_state(pipeline: Pipeline, stage: str) -> dict[str, Any]:
    transition = pipeline.transition(stage, "Inbound")
    return _present(
        {
            "enabled": transition.enabled,
            "lastChangedBy": transition.changed_by,
            "lastChangedAt": _epoch(transition.changed),
            "disabledReason": transition.reason,
        }
    )


def _action_state(pipeline: Pipeline, stage: str, action: str) -> dict[str, Any]:
    run = pipeline.latest_action.get((stage, action))
    if run is None:
        return {"actionName": action}
    result = run.result
    state: dict[str, Any] = {
        "actionName": action,
        "latestExecution": _present(
            {
                "actionExecutionId": run.id,
                "status": str(run.status),
                "summary": result.summary if result else "",
                "lastStatusChange": _epoch(run.updated),
                "token": None if pipeline.declaration.is_parallel else run.token,
                "lastUpdatedBy": result.updated_by if result else "",
                "externalExecutionId": run.external_id or (result.external_id if result else ""),
                "externalExecutionUrl": run.external_url or (result.external_url if result else ""),
                "errorDetails": _error_details(run),
            }
        ),
    }
    if result is not None and result.revision is not None:
        state["currentRevision"] = {
            "revisionId": result.revision.revision_id,
            "revisionChangeId": result.revision.revision_id,
            "created": _epoch(result.revision.created or run.updated),
        }
        state["revisionUrl"] = result.revision.url
    return state


def execution_detail(execution: Execution) -> dict[str, Any]:
    """GetPipelineExecution's answer."""
    return _present(
        {
            "pipelineName": execution.pipeline,
            "pipelineVersion": execution.version,
            "pipelineExecutionId": execution.id,
            "status": str(execution.status),
            "statusSummary": execution.stop_reason,
            "artifactRevisions": [_artifact_revision(each) for each in execution.revisions],
            "variables": [
                {"name": name, "resolvedValue": value}
                for name, value in execution.variables.get("variables", {}).items()
            ],
            **_common(execution),
        }
    )


def execution_summary(execution: Execution) -> dict[str, Any]:
    """One entry of ListPipelineExecutions."""
    return _present(
        {
            "pipelineExecutionId": execution.id,
            "status": str(execution.status),
            "startTime": _epoch(execution.started),
            "lastUpdateTime": _epoch(execution.updated),
            "sourceRevisions": [
                {
                    "actionName": each.action,
                    "revisionId": each.revision_id,
                    "revisionSummary": each.summary,
                    "revisionUrl": each.url,
                }
                for each in execution.revisions
            ],
            "stopTrigger": {"reason": execution.stop_reason} if execution.stop_reason else None,
            **_common(execution),
        }
    )


def _common(execution: Execution) -> dict[str, Any]:
    rollback = execution.rollback_of
    return {
        "trigger": {
            "triggerType": execution.trigger.type,
            "triggerDetail": execution.trigger.detail,
        },
        "executionMode": execution.declaration.execution_mode,
        "executionType": execution.type,
        "rollbackMetadata": {"rollbackTargetPipelineExecutionId": rollback} if rollback else None,
    }


def _artifact_revision(revision: Revision) -> dict[str, Any]:
    return _present(
        {
            "name": revision.artifact,
            "revisionId": revision.revision_id,
            "revisionSummary": revision.summary,
            "revisionUrl": revision.url,
            "created": _epoch(revision.created),
        }
    )


def action_detail(execution: Execution, run: ActionRun) -> dict[str, Any]:
    """One entry of ListActionExecutions."""
    declaration = run.declaration
    result = run.result
    outputs = run.outputs if run.status is Status.SUCCEEDED else []
    return _present(
        {
            "pipelineExecutionId": execution.id,
            "actionExecutionId": run.id,
            "pipelineVersion": execution.version,
            "stageName": run.stage,
            "actionName": declaration.name,
            "startTime": _epoch(run.started),
            "lastUpdateTime": _epoch(run.updated),
            "updatedBy": result.updated_by if result else "",
            "status": str(run.status),
            "input": _present(
                {
                    "actionTypeId": declaration.type_id,
                    "configuration": dict(declaration.configuration),
                    "resolvedConfiguration": dict(run.configuration),
                    "roleArn": declaration.role_arn,
                    "region": declaration.region or REGION,
                    "inputArtifacts": [each.as_api() for each in run.inputs],
                    "namespace": declaration.namespace,
                }
            ),
            "output": {
                "outputArtifacts": [each.as_api() for each in outputs],
                "executionResult": _present(
                    {
                        "externalExecutionId": run.external_id
                        or run.token
                        or (result.external_id if result else ""),
                        "externalExecutionSummary": result.summary if result else "",
                        "externalExecutionUrl": run.external_url
                        or (result.external_url if result else ""),
                        "errorDetails": _error_details(run),
                    }
                ),
                "outputVariables": dict(result.output_variables) if result else {},
            },
        }
    )


def _error_details(run: ActionRun) -> dict[str, str] | None:
    if run.result is None or not run.result.error_code:
        return None
    return {"code": run.result.error_code, "message": run.result.error_message}


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _epoch(moment: datetime | None) -> float | None:
    return round(moment.timestamp(), 3) if moment is not None else None
