"""CodePipeline's operations: from a valid request to the engine and back to a response."""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.engine import views
from sandbox.engine.executions import Execution, Status, Trigger
from sandbox.engine.interventions import Interventions
from sandbox.engine.naming import ACCOUNT, REGION, pipeline_arn
from sandbox.engine.pipelines import Pipelines
from sandbox.engine.refusals import Refusal

Request = Mapping[str, Any]
Response = dict[str, Any]

NOT_YET = frozenset({"RetryStageExecution", "OverrideStageCondition"})


def resource_of(operation: str, request: Request) -> str:
    """The ARN that IAM is asked about: a pipeline, its stage or its action.

    Source: Service Authorization Reference, "Actions defined by AWS CodePipeline".
    """
    if operation in ("TagResource", "UntagResource", "ListTagsForResource"):
        return str(request["resourceArn"])
    name = request.get("pipelineName") or request.get("name")
    if name is None and "pipeline" in request:
        name = request["pipeline"]["name"]
    if name is None:
        return f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:*"
    parts = [pipeline_arn(name)]
    if operation == "PutApprovalResult":
        parts += [request["stageName"], request["actionName"]]
    elif "stageName" in request:
        parts.append(request["stageName"])
    return "/".join(parts)


class CodePipelineApi:
    """Answers each operation; `caller` is the ARN of who asks."""

    def __init__(self, *, pipelines: Pipelines, interventions: Interventions) -> None:
        self._pipelines = pipelines
        self._interventions = interventions
        self._operations: dict[str, Callable[[Request, str], Response]] = {
            "CreatePipeline": self._create_pipeline,
            "UpdatePipeline": self._update_pipeline,
            "DeletePipeline": self._delete_pipeline,
            "GetPipeline": self._get_pipeline,
            "ListPipelines": self._list_pipelines,
            "GetPipelineState": self._get_pipeline_state,
            "GetPipelineExecution": self._get_pipeline_execution,
            "ListPipelineExecutions": self._list_pipeline_executions,
            "ListActionExecutions": self._list_action_executions,
            "StartPipelineExecution": self._start_pipeline_execution,
            "StopPipelineExecution": self._stop_pipeline_execution,
            "PutApprovalResult": self._put_approval_result,
            "EnableStageTransition": self._enable_stage_transition,
            "DisableStageTransition": self._disable_stage_transition,
            "RollbackStage": self._rollback_stage,
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def answer(self, operation: str, request: Request, caller: str) -> Response:
        """Carry out one operation; raises Refusal."""
        handler = self._operations.get(operation)
        if handler is None:
            raise Refusal(
                "ValidationException", f"CodePipeline's {operation} is not in this sandbox yet"
            )
        with self._pipelines.conductor.lock:
            return handler(request, caller)

    def _create_pipeline(self, request: Request, caller: str) -> Response:
        tags = request.get("tags", [])
        pipeline = self._pipelines.create(
            request["pipeline"], {tag["key"]: tag["value"] for tag in tags}
        )
        source = Trigger(type="CreatePipeline", detail=caller)
        self._pipelines.start(pipeline.declaration.name, source)
        return {"pipeline": views.pipeline_structure(pipeline), "tags": list(tags)}

    def _update_pipeline(self, request: Request, _: str) -> Response:
        return {"pipeline": views.pipeline_structure(self._pipelines.update(request["pipeline"]))}

    def _delete_pipeline(self, request: Request, _: str) -> Response:
        self._pipelines.delete(request["name"])
        return {}

    def _get_pipeline(self, request: Request, _: str) -> Response:
        pipeline = self._pipelines.get(request["name"])
        wanted = request.get("version", pipeline.version)
        if wanted != pipeline.version:
            raise Refusal(
                "PipelineVersionNotFoundException",
                f"Version {wanted} of pipeline {request['name']} is not kept in this sandbox",
            )
        return {
            "pipeline": views.pipeline_structure(pipeline),
            "metadata": views.pipeline_metadata(pipeline),
        }

    def _list_pipelines(self, request: Request, _: str) -> Response:
        return _page(
            "pipelines", [views.pipeline_summary(each) for each in self._pipelines.all()], request
        )

    def _get_pipeline_state(self, request: Request, _: str) -> Response:
        return views.pipeline_state(self._pipelines.get(request["name"]))

    def _get_pipeline_execution(self, request: Request, _: str) -> Response:
        execution = self._pipelines.execution(
            request["pipelineName"], request["pipelineExecutionId"]
        )
        return {"pipelineExecution": views.execution_detail(execution)}

    def _list_pipeline_executions(self, request: Request, _: str) -> Response:
        pipeline = self._pipelines.get(request["pipelineName"])
        executions = pipeline.newest_first()
        stage = request.get("filter", {}).get("succeededInStage", {}).get("stageName")
        if stage is not None:
            executions = [
                each
                for each in executions
                if each.version == pipeline.version and _succeeded_in(each, stage)
            ]
        summaries = [views.execution_summary(each) for each in executions]
        return _page("pipelineExecutionSummaries", summaries, request)

    def _list_action_executions(self, request: Request, _: str) -> Response:
        pipeline = self._pipelines.get(request["pipelineName"])
        wanted = request.get("filter", {})
        latest = wanted.get("latestInPipelineExecution")
        execution_id = wanted.get("pipelineExecutionId") or (
            latest["pipelineExecutionId"] if latest else None
        )
        if execution_id is None:
            executions = pipeline.newest_first()
        else:
            executions = [self._pipelines.execution(request["pipelineName"], execution_id)]
        details = [
            views.action_detail(execution, run)
            for execution in executions
            for run in reversed(execution.action_runs())
        ]
        return _page("actionExecutionDetails", details, request)

    def _start_pipeline_execution(self, request: Request, caller: str) -> Response:
        revisions = request.get("sourceRevisions", [])
        other = [each for each in revisions if each["revisionType"] != "COMMIT_ID"]
        if other:
            raise Refusal(
                "ValidationException",
                f"Source revisions of type {other[0]['revisionType']} are not in this sandbox",
            )
        execution = self._pipelines.start(
            request["name"],
            Trigger(type="StartPipelineExecution", detail=caller),
            variables={each["name"]: each["value"] for each in request.get("variables", [])},
            revisions={each["actionName"]: each["revisionValue"] for each in revisions},
            token=request.get("clientRequestToken"),
        )
        return {"pipelineExecutionId": execution.id}

    def _stop_pipeline_execution(self, request: Request, _: str) -> Response:
        execution_id = request["pipelineExecutionId"]
        self._interventions.stop(
            request["pipelineName"],
            execution_id,
            abandon=request.get("abandon", False),
            reason=request.get("reason", ""),
        )
        return {"pipelineExecutionId": execution_id}

    def _put_approval_result(self, request: Request, caller: str) -> Response:
        run = self._interventions.decide(
            request["pipelineName"],
            request["stageName"],
            request["actionName"],
            token=request["token"],
            approved=request["result"]["status"] == "Approved",
            summary=request["result"]["summary"],
            by=caller,
        )
        return {"approvedAt": round(run.updated.timestamp(), 3)}

    def _enable_stage_transition(self, request: Request, caller: str) -> Response:
        self._interventions.set_transition(
            request["pipelineName"],
            request["stageName"],
            request["transitionType"],
            enabled=True,
            reason="",
            by=caller,
        )
        return {}

    def _disable_stage_transition(self, request: Request, caller: str) -> Response:
        self._interventions.set_transition(
            request["pipelineName"],
            request["stageName"],
            request["transitionType"],
            enabled=False,
            reason=request["reason"],
            by=caller,
        )
        return {}

    def _rollback_stage(self, request: Request, caller: str) -> Response:
        execution = self._interventions.roll_back(
            request["pipelineName"],
            request["stageName"],
            request["targetPipelineExecutionId"],
            by=caller,
        )
        return {"pipelineExecutionId": execution.id}

    def _list_tags(self, request: Request, _: str) -> Response:
        tags = self._tags(request)
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _tag(self, request: Request, _: str) -> Response:
        self._tags(request).update({tag["key"]: tag["value"] for tag in request["tags"]})
        return {}

    def _untag(self, request: Request, _: str) -> Response:
        tags = self._tags(request)
        for key in request["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _tags(self, request: Request) -> dict[str, str]:
        arn = request["resourceArn"]
        named = re.fullmatch(re.escape(pipeline_arn("")) + "(.+)", arn)
        if named is None:
            raise Refusal("InvalidArnException", f"{arn} is no pipeline of this account")
        return self._pipelines.get(named.group(1)).tags


def _succeeded_in(execution: Execution, stage: str) -> bool:
    run = execution.stages.get(stage)
    return run is not None and run.status is Status.SUCCEEDED


def _page(name: str, entries: Sequence[Response], request: Request) -> Response:
    try:
        first = int(request.get("nextToken", 0))
    except ValueError:
        raise Refusal("InvalidNextTokenException", "The next token is invalid") from None
    size = request.get("maxResults", 100)
    page: Response = {name: list(itertools.islice(entries, first, first + size))}
    if first + size < len(entries):
        page["nextToken"] = str(first + size)
    return page
