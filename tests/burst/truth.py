"""What CodePipeline and CodeBuild answer about the traffic: moto has little of either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.domain.identity import ReleaseId

from sandbox.engine.refusals import Refusal
from sandbox.engine.validation import check_request
from tests.burst.traffic import TYPES, Told
from tests.fakes import ACCOUNT, REGION

Document = Mapping[str, Any]

STATUS = {
    "STARTED": "InProgress",
    "STOPPED": "Stopped",
    "SUPERSEDED": "Superseded",
    "FAILED": "Failed",
    "SUCCEEDED": "Succeeded",
    "ABANDONED": "Abandoned",
}


class Truth:
    """Answers reads as AWS does at the end of the burst. Knows its operations, and no other."""

    def __init__(self, releases: Mapping[ReleaseId, Told]) -> None:
        self._releases = {(r.pipeline.name, r.execution): told for r, told in releases.items()}
        self._builds = {
            name: how for told in releases.values() for name, how in told.builds.items()
        }
        self._newest = sorted(releases.values(), key=lambda told: told.began, reverse=True)

    def codepipeline(self, operation: str, request: Document) -> tuple[int, Document]:
        """GetPipelineExecution, ListPipelineExecutions and ListActionExecutions."""
        return _answer("codepipeline", operation, request, self._of_pipelines)

    def codebuild(self, operation: str, request: Document) -> tuple[int, Document]:
        """Builds and their test reports; every second build has none."""
        return _answer("codebuild", operation, request, self._of_builds)

    def _of_pipelines(self, operation: str, request: Document) -> Document:
        match operation:
            case "GetPipelineExecution":
                told = self._told(request["pipelineName"], request["pipelineExecutionId"])
                return {"pipelineExecution": _execution(told)}
            case "ListActionExecutions":
                execution = request["filter"]["pipelineExecutionId"]
                told = self._told(request["pipelineName"], execution)
                return {"actionExecutionDetails": [_action(told, key) for key in told.actions]}
            case "ListPipelineExecutions":
                mine = [t for t in self._newest if t.id.pipeline.name == request["pipelineName"]]
                page = mine[: request["maxResults"]]
                return {"pipelineExecutionSummaries": [_summary(told) for told in page]}
        raise NotImplementedError(f"codepipeline {operation}")

    def _of_builds(self, operation: str, request: Document) -> Document:
        match operation:
            case "BatchGetBuilds":
                return {"builds": [_build(name, self._builds[name]) for name in request["ids"]]}
            case "BatchGetReports":
                return {"reports": [self._report(arn) for arn in request["reportArns"]]}
            case "DescribeTestCases":
                status = request["filter"]["status"]
                return {"testCases": [{"name": "test_it_says_hello", "status": status}]}
        raise NotImplementedError(f"codebuild {operation}")

    def _report(self, arn: str) -> Document:
        failed = self._builds[arn.split("/", 1)[1]] == "FAILED"
        counts = {"SUCCEEDED": 11, "FAILED": 1} if failed else {"SUCCEEDED": 12}
        summary = {"total": 12, "statusCounts": counts, "durationInNanoSeconds": 1}
        return {"arn": arn, "type": "TEST", "testSummary": summary}

    def _told(self, pipeline: str, execution: str) -> Told:
        told = self._releases.get((pipeline, execution))
        if told is None:
            raise Refusal("PipelineExecutionNotFoundException", f"no execution {execution}")
        return told


def _answer(service: str, operation: str, request: Document, ask: Any) -> tuple[int, Document]:
    try:
        check_request(service, operation, request)
        return 200, ask(operation, request)
    except Refusal as refusal:
        return refusal.status, {"__type": refusal.code, "message": refusal.message}


def _execution(told: Told) -> Document:
    return {
        "pipelineName": told.id.pipeline.name,
        "pipelineVersion": 3,
        "pipelineExecutionId": told.id.execution,
        "status": STATUS[told.state],
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
        "trigger": {"triggerType": "WebhookV2", "triggerDetail": "arn"},
        "artifactRevisions": [
            {"name": "SourceArtifact", "revisionId": told.commit, "revisionSummary": "Say hello"}
        ],
    }


def _summary(told: Told) -> Document:
    return {
        "pipelineExecutionId": told.id.execution,
        "status": STATUS[told.state],
        "startTime": told.began.timestamp(),
        "lastUpdateTime": told.began.timestamp() + 60,
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
    }


def _action(told: Told, key: str) -> Document:
    stage, _, action = key.partition("/")
    _, category, provider = TYPES[stage]
    began = told.began.timestamp()
    type_id = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    output: dict[str, Any] = {"outputArtifacts": [], "executionResult": {}}
    if stage == "Source":
        output["outputVariables"] = {"CommitId": told.commit, "AuthorEmail": "ann@example.com"}
    return {
        "pipelineExecutionId": told.id.execution,
        "actionExecutionId": f"{told.id.execution}-{action}",
        "pipelineVersion": 3,
        "stageName": stage,
        "actionName": action,
        "startTime": began,
        "lastUpdateTime": began + 10,
        "status": STATUS[told.actions[key]],
        "input": {"actionTypeId": type_id, "inputArtifacts": [], "configuration": {}},
        "output": output,
    }


def _build(name: str, status: str) -> Document:
    odd = int(name[-1], 16) % 2
    return {
        "id": name,
        "arn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{name}",
        "buildStatus": status,
        "reportArns": [f"arn:aws:codebuild:{REGION}:{ACCOUNT}:report/{name}"] if odd else [],
        "phases": [
            {
                "phaseType": "BUILD",
                "phaseStatus": status,
                "contexts": [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "exit status 1"}],
            }
        ],
    }
