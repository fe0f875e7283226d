"""What people and control planes do to a running pipeline.

Approvals, transitions, stop and stage rollback, each with AWS's refusals (botocore's service model;
CodePipeline user guide: "Add a manual approval action", "Disable or enable transitions", "Stop a
pipeline execution", "Stage rollback").
"""

from datetime import timedelta

from sandbox.engine.executions import (
    ActionResult,
    ActionRun,
    Execution,
    Pipeline,
    Status,
    Transition,
    Trigger,
)
from sandbox.engine.pipelines import Pipelines
from sandbox.engine.ports import Clock
from sandbox.engine.refusals import Refusal

_PATIENCE = timedelta(days=30)


class Interventions:
    """Carries out what is asked of a pipeline in flight."""

    def __init__(self, *, pipelines: Pipelines, clock: Clock) -> None:
        self._pipelines = pipelines
        self._conductor = pipelines.conductor
        self._clock = clock

    def decide(
        self,
        name: str,
        stage: str,
        action: str,
        *,
        token: str,
        approved: bool,
        summary: str,
        by: str,
    ) -> ActionRun:
        """Answer an open approval.

        The token is that of GetPipelineState or, in PARALLEL mode, the externalExecutionId of
        ListActionExecutions. AWS does not say which of its two errors an answered approval gets
        in PARALLEL mode; here a token that was good once is ApprovalAlreadyCompletedException.
        """
        with self._conductor.lock:
            pipeline = self._pipelines.get(name)
            _require_action(pipeline, stage, action)
            run = _asked(pipeline, stage, action, token)
            if run is None or not run.declaration.is_approval:
                raise _invalid_token()
            if run.status.final:
                raise Refusal(
                    "ApprovalAlreadyCompletedException",
                    "The approval action has already been approved or rejected.",
                )
            if run.token != token:
                raise _invalid_token()
            message = f"Rejected by {by}" + (f": {summary}" if summary else "")
            result = (
                ActionResult(status=Status.SUCCEEDED, summary=summary, updated_by=by)
                if approved
                else ActionResult.failure("Rejected", message, summary=summary, updated_by=by)
            )
            self._conductor.finish(pipeline, run, result)
            return run

    def expire(self) -> None:
        """Fail every open approval whose time is over."""
        with self._conductor.lock:
            now = self._clock.now()
            for pipeline in self._pipelines.all():
                for run in _open_approvals(pipeline):
                    if run.expires is not None and run.expires <= now:
                        message = "The approval was not answered in time"
                        self._conductor.finish(
                            pipeline, run, ActionResult.failure("ApprovalExpired", message)
                        )

    def set_transition(
        self, name: str, stage: str, kind: str, *, enabled: bool, reason: str, by: str
    ) -> None:
        """Open or close the way into or out of a stage.

        A pipeline in PARALLEL mode has no transitions in the console, and the API reference does
        not say what the operations do there: that they are refused is this sandbox's own choice,
        the strict one. What waited at a transition that was closed for more than 30 days does
        not go on by itself when it opens (user guide, "Disable or enable transitions"): here it
        stays in front of the stage until it is stopped or superseded.
        """
        with self._conductor.lock:
            pipeline = self._pipelines.get(name)
            _require_stage(pipeline, stage)
            if pipeline.declaration.is_parallel:
                raise Refusal(
                    "ValidationException",
                    f"Pipeline {name} is in PARALLEL mode, which has no transitions",
                )
            transition = pipeline.transition(stage, kind)
            if enabled and self._closed_too_long(transition):
                for waiting in pipeline.waiting_at(_entered_through(pipeline, stage, kind)):
                    waiting.dormant = True
            transition.set(enabled=enabled, reason=reason, by=by, at=self._clock.now())
            if enabled:
                for each in pipeline.declaration.stages:
                    self._conductor.admit(pipeline, each.name)

    def _closed_too_long(self, transition: Transition) -> bool:
        patience = timedelta(seconds=self._clock.scaled(_PATIENCE.total_seconds()))
        closed = transition.closed
        return closed is not None and self._clock.now() - closed > patience

    def stop(self, name: str, execution_id: str, *, abandon: bool, reason: str) -> None:
        """Stop an execution after its running actions, or abandoning them."""
        with self._conductor.lock:
            pipeline = self._pipelines.get(name)
            execution = self._pipelines.execution(name, execution_id)
            if execution.status is Status.STOPPING and (execution.abandoned or not abandon):
                raise Refusal(
                    "DuplicatedStopRequestException",
                    f"Pipeline execution {execution_id} is already stopping",
                )
            if execution.status.final:
                raise Refusal(
                    "PipelineExecutionNotStoppableException",
                    f"Pipeline execution {execution_id} is in status {execution.status} "
                    "and cannot be stopped",
                )
            self._conductor.stop(pipeline, execution, abandon=abandon, reason=reason)

    def roll_back(self, name: str, stage: str, target_id: str, *, by: str) -> Execution:
        """Put an earlier execution's artifacts into a stage again; `by` is the caller's ARN."""
        with self._conductor.lock:
            pipeline = self._pipelines.get(name)
            _require_stage(pipeline, stage)
            target = self._pipelines.execution(name, target_id)
            _require_rollback(pipeline, stage, target)
            trigger = Trigger(type="ManualRollback", detail=by)
            return self._pipelines.start_rollback(pipeline, stage, target, trigger)


def _require_rollback(pipeline: Pipeline, stage: str, target: Execution) -> None:
    declared = pipeline.declaration.stage(stage)
    passed = target.stages.get(stage)
    reasons = {
        "stage rollback is not available in PARALLEL mode": pipeline.declaration.is_parallel,
        "only pipelines of type V2 can roll back": pipeline.declaration.pipeline_type != "V2",
        "the source stage cannot be rolled back": declared is not None and declared.is_source,
        "the target is itself a rollback": target.rollback_of is not None,
        "the target did not succeed in the stage": passed is None
        or passed.status is not Status.SUCCEEDED,
    }
    for reason, holds in reasons.items():
        if holds:
            raise _unable(stage, reason)
    if target.version != pipeline.version:
        raise Refusal(
            "PipelineExecutionOutdatedException",
            f"Pipeline execution {target.id} is outdated: the pipeline changed from version "
            f"{target.version} to {pipeline.version}",
        )
    occupant = pipeline.occupant.get(stage)
    if occupant is not None and occupant.status is Status.STOPPING:
        raise Refusal(
            "ConflictException",
            "Your request cannot be handled because the pipeline is busy handling ongoing "
            "activities. Try again later.",
        )
    if occupant is not None:
        raise _unable(stage, "the stage is running")


def _asked(pipeline: Pipeline, stage: str, action: str, token: str) -> ActionRun | None:
    """The run that an answer is meant for; in PARALLEL mode only the token tells."""
    if not pipeline.declaration.is_parallel:
        return pipeline.latest_action.get((stage, action))
    return next(
        (
            run
            for execution in pipeline.newest_first()
            for run in execution.action_runs()
            if (run.stage, run.declaration.name) == (stage, action)
            and token in (run.token, run.spent_token)
        ),
        None,
    )


def _open_approvals(pipeline: Pipeline) -> list[ActionRun]:
    return [
        run
        for execution in pipeline.in_flight()
        for run in execution.action_runs()
        if run.awaits_a_person
    ]


def _entered_through(pipeline: Pipeline, stage: str, kind: str) -> str:
    """The stage that executions enter through a transition."""
    if kind == "Inbound":
        return stage
    following = pipeline.declaration.after(stage)
    return following.name if following is not None else ""


def _unable(stage: str, reason: str) -> Refusal:
    return Refusal("UnableToRollbackStageException", f"Unable to roll back stage {stage}: {reason}")


def _invalid_token() -> Refusal:
    return Refusal(
        "InvalidApprovalTokenException",
        "The approval request already received a response or has expired.",
    )


def _require_stage(pipeline: Pipeline, stage: str) -> None:
    if pipeline.declaration.stage(stage) is None:
        raise Refusal(
            "StageNotFoundException",
            f"Pipeline '{pipeline.declaration.name}' does not have a stage with name '{stage}'",
        )


def _require_action(pipeline: Pipeline, stage: str, action: str) -> None:
    _require_stage(pipeline, stage)
    declared = pipeline.declaration.stage(stage)
    if declared is None or action not in {each.name for each in declared.actions}:
        raise Refusal(
            "ActionNotFoundException",
            f"Stage '{stage}' does not have an action with name '{action}'",
        )
