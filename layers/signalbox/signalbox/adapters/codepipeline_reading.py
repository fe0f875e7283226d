"""What CodePipeline's answers mean: executions, their commits, and the facts events should say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Any, TypeVar

from signalbox.domain.facts import (
    ActionChanged,
    ArtifactLocation,
    Commit,
    PipelineChanged,
    ReleaseFact,
    StageChanged,
)
from signalbox.domain.identity import ReleaseId
from signalbox.domain.people import provider_identity
from signalbox.domain.states import EXECUTION_RANK, FINAL_RANK, ActionState, ExecutionState
from signalbox.domain.truth import ExecutionTruth
from signalbox.notifications.masking import mask

Answer = Mapping[str, Any]
StageOrPipeline = TypeVar("StageOrPipeline", StageChanged, PipelineChanged)

EXECUTION_STATUS: dict[str, ExecutionState] = {
    "Cancelled": ExecutionState.CANCELED,
    "InProgress": ExecutionState.STARTED,
    "Stopped": ExecutionState.STOPPED,
    "Stopping": ExecutionState.STOPPING,
    "Succeeded": ExecutionState.SUCCEEDED,
    "Superseded": ExecutionState.SUPERSEDED,
    "Failed": ExecutionState.FAILED,
}
"""botocore's ``PipelineExecutionStatus`` (and ``StageExecutionStatus``) in the words of events.
A stage's ``Skipped`` is missing on purpose: no event speaks of it."""

ACTION_STATUS: dict[str, ActionState] = {
    "InProgress": ActionState.STARTED,
    "Abandoned": ActionState.ABANDONED,
    "Cancelled": ActionState.CANCELED,
    "Succeeded": ActionState.SUCCEEDED,
    "Failed": ActionState.FAILED,
}
"""botocore's ``ActionExecutionStatus`` in the words of events. ``Cancelled`` is none of it, but
events know the state, so it is read should the API come to say it."""


def commit_message(summary: str) -> str:
    """The commit's message out of a revision's summary.

    Connections put JSON there, ``{"ProviderType", "CommitMessage"}``; other sources plain text.
    """
    if summary.startswith("{"):
        try:
            document = json.loads(summary)
        except ValueError:
            return summary
        if isinstance(document, dict) and "CommitMessage" in document:
            return str(document["CommitMessage"])
    return summary


def truth_of(release: ReleaseId, answer: Answer, actions: Sequence[Answer] = ()) -> ExecutionTruth:
    """One execution, from GetPipelineExecution or an entry of ListPipelineExecutions.

    The former names revisions ``artifactRevisions``, the latter ``sourceRevisions`` and leaves out
    the pipeline's version (0 here). ``actions`` give the author: only a source action's output
    variables name one.
    """
    trigger = answer.get("trigger", {})
    detail = str(trigger.get("triggerDetail", ""))
    kind = str(answer.get("executionType", "STANDARD"))
    by_hand = trigger.get("triggerType") in {"StartPipelineExecution", "ManualRollback"}
    return ExecutionTruth(
        release=release,
        status=str(answer.get("status", "")),
        kind=kind,
        started_by=detail if by_hand else "",
        trigger_type=str(trigger.get("triggerType", "")),
        pipeline_version=int(answer.get("pipelineVersion", 0)),
        commit=_commit_of(answer, actions),
        mode=str(answer.get("executionMode", "SUPERSEDED")),
        rollback_target=str(
            answer.get("rollbackMetadata", {}).get("rollbackTargetPipelineExecutionId", "")
        ),
    )


def facts_of(
    release: ReleaseId,
    execution: Answer,
    actions: Sequence[Answer],
    stages: Mapping[str, str],
    span: tuple[datetime, datetime],
) -> Sequence[ReleaseFact]:
    """Everything that is known of an execution, as the facts that events should have said.

    ``stages`` holds the status of those stages whose latest execution this is; a stage that newer
    executions have entered since is read from its actions. ``span`` is when it began and last
    changed, for an execution without actions.
    """
    truth = truth_of(release, execution, actions)
    began = min((_at(one, "startTime") for one in actions), default=span[0])
    changed = max((_at(one, "lastUpdateTime") for one in actions), default=span[1])
    state = EXECUTION_STATUS.get(truth.status, ExecutionState.UNKNOWN)
    started = PipelineChanged(
        release=release,
        state=ExecutionState.STARTED,
        at=began,
        pipeline_version=truth.pipeline_version or None,
        trigger_type=truth.trigger_type,
        trigger_detail=str(execution.get("trigger", {}).get("triggerDetail", "")),
        commit=truth.commit,
    )
    facts: list[ReleaseFact] = [started]
    for stage, runs in _by_stage(actions):
        attempts = _by_attempt(runs, actions)
        facts += _stage_facts(release, stage, attempts, stages.get(stage, ""), state)
        for number, failed_at, resumed_at in _retries(attempts):
            failed, resumed = ExecutionState.FAILED, ExecutionState.RESUMED
            facts.append(replace(started, state=failed, at=failed_at, attempt=number - 1))
            facts.append(replace(started, state=resumed, at=resumed_at, attempt=number))
    if state is ExecutionState.STARTED:
        return tuple(facts)
    raw = truth.status if state is ExecutionState.UNKNOWN else ""
    attempt = attempt_at(actions, changed)
    ended = replace(started, state=state, at=changed, attempt=attempt, raw_state=raw)
    return (*facts, *_on_the_way(ended), ended)


def attempt_at(actions: Sequence[Answer], moment: datetime) -> int:
    """The attempt an execution was in: each retry of a stage runs some of its actions once more."""
    retries = 0
    for _, runs in _by_stage(actions):
        names = [one["actionName"] for one in runs if _at(one, "startTime") <= moment]
        retries += max((names.count(name) for name in set(names)), default=1) - 1
    return 1 + retries


def _by_attempt(
    runs: Sequence[Answer], actions: Sequence[Answer]
) -> Sequence[tuple[int, list[Answer]]]:
    """The runs of one stage by the execution's attempt in which they began, the number that events
    carry (``pipeline-execution-attempt``)."""
    found: dict[int, list[Answer]] = {}
    for run in runs:
        found.setdefault(attempt_at(actions, _at(run, "startTime")), []).append(run)
    return sorted(found.items())


def _retries(
    attempts: Sequence[tuple[int, list[Answer]]],
) -> Iterator[tuple[int, datetime, datetime]]:
    """Each retry of a stage: its attempt, when the one before had failed, when it began."""
    for (_, before), (number, runs) in pairwise(attempts):
        failed_at = max(_at(run, "lastUpdateTime") for run in before)
        yield number, failed_at, _at(runs[0], "startTime")


def _on_the_way(ended: StageOrPipeline) -> Sequence[StageOrPipeline]:
    """What an event said before this end: whatever is stopped was stopping."""
    if ended.state is not ExecutionState.STOPPED:
        return ()
    return (replace(ended, state=ExecutionState.STOPPING),)


def _by_stage(actions: Sequence[Answer]) -> Iterator[tuple[str, list[Answer]]]:
    ordered = sorted(actions, key=lambda one: (str(one["stageName"]), _at(one, "startTime")))
    for stage, runs in groupby(ordered, key=lambda one: str(one["stageName"])):
        yield stage, list(runs)


def _stage_facts(
    release: ReleaseId,
    stage: str,
    attempts: Sequence[tuple[int, list[Answer]]],
    status: str,
    execution: ExecutionState,
) -> list[ReleaseFact]:
    first, begun = attempts[0]
    last, latest = attempts[-1]
    began = _at(begun[0], "startTime")
    started = StageChanged(
        release=release, stage=stage, state=ExecutionState.STARTED, at=began, attempt=first
    )
    facts: list[ReleaseFact] = [started]
    # Only a stage that failed can be retried (API reference, RetryStageExecution).
    for (number, _), (again, failed_at, resumed_at) in zip(
        attempts, _retries(attempts), strict=False
    ):
        failed, resumed = ExecutionState.FAILED, ExecutionState.RESUMED
        facts.append(replace(started, state=failed, at=failed_at, attempt=number))
        facts.append(replace(started, state=resumed, at=resumed_at, attempt=again))
    runs = [run for _, each in attempts for run in each]
    for attempt, each in attempts:
        for run in each:
            facts += _action_facts(release, run, attempt)
    state = EXECUTION_STATUS.get(status) if status else _state_by_actions(runs, execution)
    if state is not None and state is not ExecutionState.STARTED:
        changed = max(_at(run, "lastUpdateTime") for run in latest)
        ended = replace(started, state=state, at=changed, attempt=last)
        facts += [*_on_the_way(ended), ended]
    return facts


def _state_by_actions(runs: Sequence[Answer], execution: ExecutionState) -> ExecutionState | None:
    """The state of a stage that a newer execution has entered, or that the execution has left."""
    last = {str(run["actionName"]): str(run["status"]) for run in runs}.values()
    if "InProgress" in last:
        return None
    if "Failed" in last:
        return ExecutionState.FAILED
    if "Cancelled" in last:
        return ExecutionState.CANCELED
    if "Abandoned" in last:
        return ExecutionState.STOPPED
    stopped = execution in {ExecutionState.STOPPED, ExecutionState.CANCELED}
    return None if stopped else ExecutionState.SUCCEEDED


def _action_facts(release: ReleaseId, run: Answer, attempt: int) -> list[ReleaseFact]:
    kind = run.get("input", {}).get("actionTypeId", {})
    result = run.get("output", {}).get("executionResult", {})
    error = result.get("errorDetails", {})
    # An approval's external id is its token (PutApprovalResult, API reference): it stays behind.
    is_approval = kind.get("category") == "Approval"
    summary = commit_message(str(result.get("externalExecutionSummary", "")))
    state = ACTION_STATUS.get(str(run["status"]), ActionState.UNKNOWN)
    ended = ActionChanged(
        release=release,
        stage=str(run["stageName"]),
        action=str(run["actionName"]),
        state=state,
        at=_at(run, "lastUpdateTime"),
        action_execution_id=str(run["actionExecutionId"]),
        attempt=attempt,
        category=str(kind.get("category", "")),
        provider=str(kind.get("provider", "")),
        external_id="" if is_approval else str(result.get("externalExecutionId", "")),
        external_url=str(result.get("externalExecutionUrl", "")),
        summary=summary or str(error.get("message", "")),
        error_code=str(error.get("code", "")),
        outputs=_outputs(run) if state is ActionState.SUCCEEDED else (),
        by=str(run.get("updatedBy", "")) if is_approval else "",
        raw_state=str(run["status"]) if state is ActionState.UNKNOWN else "",
    )
    began = replace(
        ended,
        state=ActionState.STARTED,
        at=_at(run, "startTime"),
        summary="",
        error_code="",
        outputs=(),
        by="",
        raw_state="",
    )
    return [began] if state is ActionState.STARTED else [began, ended]


def _outputs(run: Answer) -> tuple[ArtifactLocation, ...]:
    made = run.get("output", {}).get("outputArtifacts", ())
    places = ((str(one.get("name", "")), one.get("s3location", {})) for one in made)
    return tuple(
        ArtifactLocation(name=name, bucket=str(place.get("bucket", "")), key=str(place["key"]))
        for name, place in places
        if place.get("key")
    )


def _commit_of(answer: Answer, actions: Sequence[Answer]) -> Commit | None:
    variables: Mapping[str, str] = next(
        (
            found
            for one in actions
            if one.get("input", {}).get("actionTypeId", {}).get("category") == "Source"
            and (found := one.get("output", {}).get("outputVariables", {})).get("CommitId")
        ),
        {},
    )
    revisions = answer.get("artifactRevisions") or answer.get("sourceRevisions")
    revision: Answer = revisions[0] if revisions else {}
    commit = str(variables.get("CommitId") or revision.get("revisionId", ""))
    if not commit:
        return None
    summary = commit_message(str(revision.get("revisionSummary", "")))
    return Commit(
        id=commit,
        message=str(variables.get("CommitMessage") or summary),
        author_name=str(variables.get("AuthorDisplayName", "")),
        author_email=str(variables.get("AuthorEmail", "")),
        branch=str(variables.get("BranchName", "")),
        repository=str(variables.get("FullRepositoryName") or variables.get("RepositoryName", "")),
        provider_identity=_pushed_by(variables) or _pushed_by(_trigger_of(answer)),
    )


def _pushed_by(said: Mapping[str, str]) -> str:
    provider, user = (mask(str(said.get(name, ""))) for name in ("ProviderType", "AuthorId"))
    return provider_identity(provider, user)


def _trigger_of(answer: Answer) -> Mapping[str, str]:
    """What a connection's trigger says, by the names that output variables have.

    The API puts an event's ``execution-trigger`` into ``triggerDetail`` as JSON; of other triggers
    it is an ARN or a name.
    """
    detail = str(answer.get("trigger", {}).get("triggerDetail", ""))
    try:
        said = json.loads(detail) if detail.startswith("{") else {}
    except ValueError:
        return {}
    return {"".join(map(_capital, key.split("-"))): value for key, value in said.items()}


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def is_final(status: str) -> bool:
    """Whether an execution of that API status has ended."""
    return EXECUTION_RANK[EXECUTION_STATUS.get(status, ExecutionState.UNKNOWN)] >= FINAL_RANK


def _at(answer: Answer, name: str) -> datetime:
    """botocore gives times in the machine's zone."""
    moment: datetime = answer.get(name) or answer["startTime"]
    return moment.astimezone(UTC)
