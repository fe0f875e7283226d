"""CodePipeline, through the operator role of each service."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline_reading import facts_of, truth_of
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.facts import ReleaseFact
from signalbox.domain.holds import REASON_MARK, Transition
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.services import Service
from signalbox.domain.truth import ExecutionTruth, PendingApproval
from signalbox.ports import Clock

UNKNOWN_EXECUTION = "PipelineExecutionNotFoundException"
PAGE = 100
"""The most that ListPipelineExecutions and ListActionExecutions give at a time (botocore)."""
REASON_LIMIT = 300
SUMMARY_LIMIT = 512
_NOT_IN_A_REASON = re.compile(r"[^a-zA-Z0-9!@ ().*?-]+")
"""``DisabledReason`` in botocore's model admits nothing else: no comma, colon, slash or quote."""

NO_SOURCE = "NoSourceRevision"
"""Our own code for an execution of which nobody can say what to start again."""

SOURCES: Mapping[str, tuple[str, str]] = {
    "S3": ("S3_OBJECT_VERSION_ID", "VersionId"),
    "ECR": ("IMAGE_DIGEST", "ImageDigest"),
}
"""How a source action's provider names a revision, and its output variable; else by commit."""
BY_COMMIT = ("COMMIT_ID", "CommitId")

NO_LONGER_WAITS = {"Cancelled", "Stopped"}

REMEMBERED = timedelta(minutes=2)
"""How long the state of a pipeline may serve releases of which nothing has changed since."""
CLOCKS_DIFFER = timedelta(seconds=10)

Answer = Mapping[str, Any]


class ServiceClients(Protocol):
    """Clients under the operator role of a service (``runtime.clients.Clients``)."""

    def for_service(self, service: Service, name: str) -> Any:
        """The client of an AWS service under the operator role."""


class CodePipelinePipelines:
    """``Pipelines`` on CodePipeline's API."""

    def __init__(self, clients: ServiceClients, remembering: Clock | None = None) -> None:
        """With ``remembering``, facts of many releases read in a row share one GetPipelineState."""
        self._clients = clients
        self._clock = remembering
        self._remembered: dict[PipelineId, tuple[datetime, Sequence[Answer]]] = {}

    def execution(self, service: Service, release: ReleaseId) -> ExecutionTruth | None:
        """One execution, or None where CodePipeline does not know it."""
        answer = self._execution(service, release)
        if answer is None:
            return None
        rolled_back = answer.get("executionType") == "ROLLBACK"  # it has no source action
        return truth_of(release, answer, () if rolled_back else self._actions(service, release))

    def facts(self, service: Service, release: ReleaseId) -> Sequence[ReleaseFact]:
        """Everything the API says of an execution; nothing where CodePipeline does not know it."""
        execution = self._execution(service, release)
        if execution is None:
            return ()
        actions = self._actions(service, release)
        stages = {
            stage["stageName"]: stage["latestExecution"]["status"]
            for stage in self._stages_since(service, actions)
            if stage.get("latestExecution", {}).get("pipelineExecutionId") == release.execution
        }
        return facts_of(release, execution, actions, stages, self._span(service, release, actions))

    def newest(self, service: Service, limit: int) -> Sequence[ReleaseId]:
        """The newest executions, newest first."""
        ids: list[ReleaseId] = []
        for summary in self._summaries(service, page=min(limit, PAGE)):
            ids.append(_release(service, summary))
            if len(ids) >= limit:
                break
        return tuple(ids)

    def pending_approval(
        self, service: Service, release: ReleaseId, action_execution_id: str
    ) -> PendingApproval | None:
        """The approval that waits in this execution, or None where it no longer does.

        The token stands in GetPipelineState, which mixes executions; in PARALLEL mode it stands in
        ListActionExecutions as the external execution id (PutApprovalResult, API reference).
        """
        for stage in self._stages(service):
            here = stage.get("latestExecution", {}).get("pipelineExecutionId")
            for action in stage.get("actionStates", ()) if here == release.execution else ():
                run = action.get("latestExecution", {})
                if _waits(run, action_execution_id) and run.get("token"):
                    return _approval(release, stage, action, run, run["token"])
        for run in self._actions(service, release):
            category = run.get("input", {}).get("actionTypeId", {}).get("category")
            token = run.get("output", {}).get("executionResult", {}).get("externalExecutionId")
            if category == "Approval" and token and _waits(run, action_execution_id):
                return _approval(release, run, run, run, token)
        return None

    def answer_approval(
        self, service: Service, approval: PendingApproval, *, approve: bool, summary: str
    ) -> None:
        """Answer it. Raises AwsRefusedError with AWS's code where it was answered already."""
        status = "Approved" if approve else "Rejected"
        with aws_call(f"answer the approval {approval.stage}/{approval.action}"):
            self._client(service).put_approval_result(
                pipelineName=service.pipeline.name,
                stageName=approval.stage,
                actionName=approval.action,
                result={"status": status, "summary": summary[:SUMMARY_LIMIT]},
                token=approval.token,
            )

    def close_stage(self, service: Service, stage: str, reason: str) -> None:
        """Disable the stage's inbound transition. ``reason`` is made to fit AWS's pattern."""
        with aws_call(f"close the way into stage {stage} of {service.pipeline.name}"):
            self._client(service).disable_stage_transition(
                pipelineName=service.pipeline.name,
                stageName=stage,
                transitionType="Inbound",
                reason=fitting_reason(reason),
            )

    def stage_is_closed(self, service: Service, stage: str) -> bool:
        """Whether the stage's inbound transition is disabled."""
        return any(
            one["stageName"] == stage
            and not one.get("inboundTransitionState", {}).get("enabled", True)
            for one in self._stages(service)
        )

    def transitions(self, service: Service) -> Sequence[Transition]:
        """The ways into the stages in the pipeline's order, the first stage's included."""
        return tuple(_transition(stage) for stage in self._stages(service))

    def open_stage(self, service: Service, stage: str) -> None:
        """Enable the stage's inbound transition: whoever waits in front of it goes in."""
        with aws_call(f"open the way into stage {stage} of {service.pipeline.name}"):
            self._client(service).enable_stage_transition(
                pipelineName=service.pipeline.name, stageName=stage, transitionType="Inbound"
            )

    def start_again(self, service: Service, release: ReleaseId, key: str) -> str:
        """Start a new execution of the release's revision; returns it. ``key`` makes it once.

        Raises AwsRefusedError where no source action says what the revision was (a rollback).
        """
        revisions: dict[str, dict[str, str]] = {}
        for run in self._actions(service, release):
            revision = _revision(run)
            if revision is not None:
                revisions.setdefault(revision["actionName"], revision)  # the newest run is first
        if not revisions:
            where = f"{release.execution} of {service.pipeline.name}"
            raise AwsRefusedError(f"no source action of {where} names a revision", code=NO_SOURCE)
        with aws_call(f"start {service.pipeline.name} again"):
            answer = self._client(service).start_pipeline_execution(
                name=service.pipeline.name,
                sourceRevisions=list(revisions.values()),
                clientRequestToken=hashlib.sha256(key.encode()).hexdigest(),
            )
        return str(answer["pipelineExecutionId"])

    def succeeded_in_stage(self, service: Service, stage: str) -> Sequence[ExecutionTruth]:
        """Executions that succeeded in the stage, newest first; rollbacks are among them."""
        summaries = self._summaries(service, filter={"succeededInStage": {"stageName": stage}})
        return tuple(truth_of(_release(service, summary), summary) for summary in summaries)

    def roll_back_stage(self, service: Service, stage: str, to_execution: str) -> str:
        """Roll a stage back to an execution; returns the execution that this starts."""
        with aws_call(f"roll stage {stage} of {service.pipeline.name} back to {to_execution}"):
            answer = self._client(service).rollback_stage(
                pipelineName=service.pipeline.name,
                stageName=stage,
                targetPipelineExecutionId=to_execution,
            )
        return str(answer["pipelineExecutionId"])

    def _client(self, service: Service) -> Any:
        return self._clients.for_service(service, "codepipeline")

    def _execution(self, service: Service, release: ReleaseId) -> Answer | None:
        try:
            with aws_call(f"read execution {release.execution} of {service.pipeline.name}"):
                answer = self._client(service).get_pipeline_execution(
                    pipelineName=service.pipeline.name, pipelineExecutionId=release.execution
                )
        except AwsRefusedError as refused:
            if refused.code == UNKNOWN_EXECUTION:
                return None
            raise
        found: Answer = answer["pipelineExecution"]
        return found

    def _actions(self, service: Service, release: ReleaseId) -> list[Answer]:
        filtered = {"pipelineExecutionId": release.execution}
        return list(action_executions(self._client(service), service, filter=filtered))

    def _stages(self, service: Service) -> Sequence[Answer]:
        with aws_call(f"read the state of {service.pipeline.name}"):
            answer = self._client(service).get_pipeline_state(name=service.pipeline.name)
        return tuple(answer.get("stageStates", ()))

    def _stages_since(self, service: Service, actions: Sequence[Answer]) -> Sequence[Answer]:
        """The state of the stages, read after the last change of these actions."""
        if self._clock is None:
            return self._stages(service)
        now = self._clock.now()
        read_at, stages = self._remembered.get(service.pipeline, (now - 2 * REMEMBERED, ()))
        changed = max((one.get("lastUpdateTime", now) for one in actions), default=now)
        if now - read_at > REMEMBERED or changed > read_at - CLOCKS_DIFFER:
            stages = self._stages(service)
            self._remembered[service.pipeline] = (now, stages)
        return stages

    def _summaries(self, service: Service, page: int = PAGE, **asked: Any) -> Iterator[Answer]:
        return execution_summaries(self._client(service), service, page=page, **asked)

    def _span(
        self, service: Service, release: ReleaseId, actions: Sequence[Answer]
    ) -> tuple[datetime, datetime]:
        """When an execution began and last changed; listed where it has no actions to tell."""
        summaries = () if actions else self._summaries(service)
        for one in summaries:
            if one["pipelineExecutionId"] == release.execution:
                began = one["startTime"].astimezone(UTC)
                return began, one.get("lastUpdateTime", began).astimezone(UTC)
        unknown = datetime.fromtimestamp(0, UTC)
        return unknown, unknown


def execution_summaries(
    client: Any, service: Service, page: int = PAGE, **asked: Any
) -> Iterator[Answer]:
    """Every entry of ListPipelineExecutions, newest first, page after page."""
    yield from _listed(
        client.list_pipeline_executions,
        "pipelineExecutionSummaries",
        service,
        page,
        asked,
    )


def action_executions(client: Any, service: Service, **asked: Any) -> Iterator[Answer]:
    """Every entry of ListActionExecutions, newest first, page after page."""
    yield from _listed(
        client.list_action_executions, "actionExecutionDetails", service, PAGE, asked
    )


def fitting_reason(reason: str) -> str:
    """A reason that DisableStageTransition accepts: 1 to 300 characters of its pattern."""
    plain = " ".join(_NOT_IN_A_REASON.sub(" ", reason).split())
    return plain[:REASON_LIMIT].rstrip() or REASON_MARK


def _listed(
    call: Any, field: str, service: Service, page: int, asked: Mapping[str, Any]
) -> Iterator[Answer]:
    token: dict[str, str] = {}
    while True:
        with aws_call(f"list the {field} of {service.pipeline.name}"):
            answer = call(pipelineName=service.pipeline.name, maxResults=page, **asked, **token)
        yield from answer.get(field, ())
        if not answer.get("nextToken"):
            return
        token = {"nextToken": answer["nextToken"]}


def _transition(stage: Answer) -> Transition:
    """Older answers have one ``inboundExecution``, newer ones list all (botocore, StageState)."""
    way, latest = stage.get("inboundTransitionState", {}), stage.get("latestExecution", {})
    changed, one = way.get("lastChangedAt"), stage.get("inboundExecution")
    waiting = stage.get("inboundExecutions") or ([one] if one else [])
    runs = latest.get("status") in {"InProgress", "Stopping"}
    return Transition(
        stage=str(stage.get("stageName", "")),
        closed=not way.get("enabled", True),
        reason=str(way.get("disabledReason", "")),
        changed_by=str(way.get("lastChangedBy", "")),
        changed_at=changed.astimezone(UTC) if changed else None,
        waiting=tuple(
            str(each["pipelineExecutionId"])
            for each in waiting
            if each.get("status") not in NO_LONGER_WAITS
        ),
        inside=str(latest.get("pipelineExecutionId", "")) if runs else "",
    )


def _release(service: Service, summary: Answer) -> ReleaseId:
    return ReleaseId(pipeline=service.pipeline, execution=str(summary["pipelineExecutionId"]))


def _revision(run: Answer) -> dict[str, str] | None:
    """What a source action has fetched, as StartPipelineExecution takes it; None for other ones."""
    kind = run.get("input", {}).get("actionTypeId", {})
    if kind.get("category") != "Source":
        return None
    revision_type, variable = SOURCES.get(str(kind.get("provider", "")), BY_COMMIT)
    output = run.get("output", {})
    value = output.get("outputVariables", {}).get(variable) or output.get(
        "executionResult", {}
    ).get("externalExecutionId")
    if not value:
        return None
    return {
        "actionName": str(run["actionName"]),
        "revisionType": revision_type,
        "revisionValue": str(value),
    }


def _waits(run: Answer, action_execution_id: str) -> bool:
    """Whether it is the approval asked for; events from before 2024 name no action execution."""
    known = run.get("actionExecutionId")
    return run.get("status") == "InProgress" and action_execution_id in {"", known}


def _approval(
    release: ReleaseId, stage: Answer, action: Answer, run: Answer, token: str
) -> PendingApproval:
    return PendingApproval(
        release=release,
        stage=str(stage["stageName"]),
        action=str(action["actionName"]),
        action_execution_id=str(run["actionExecutionId"]),
        token=token,
    )
