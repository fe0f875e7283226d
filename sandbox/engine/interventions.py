"""What people and control planes do to a running pipeline.

Approvals, transitions, stop and stage rollback, each with AWS's refusals (botocore's service model;
CodePipeline user guide: "Add a manual approval action", "Disable or enable transitions", "Stop a
pipeline execution", "Stage rollback").
"""

from sandbox.engine.executions import (
    ActionResult,
    ActionRun,
    Execution,
    Pipeline,
    Status,
    Trigger,
)
from sandbox.engine.pipelines import Pipelines
from sandbox.engine.ports import Clock
from sandbox.engine.refusals import Refusal


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
        """Answer an open approval; the token is that of GetPipelineState."""
        with self._conductor.lock:
            pipeline = self._pipelines.get(name)
            _require_action(pipeline, stage, action)
            run = pipeline.latest_action.get((stage, action))
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
                for run in list(pipeline.latest_action.values()):
                    if not run.status.final and run.expires is not None and run.expires <= now:
                        message = "The approval was not answered in time"
                        self._conductor.finish(
                            pipeline, run, ActionResult.failure("ApprovalExpired", message)
                        )

    def set_transition(
        self, name: str, stage: str, kind: str, *, enabled: bool, reason: str, by: str
    ) -> None:
        """Open or close the way into or out of a stage."""
        with self._conductor.lock:
            pipeline = self._pipelines.get(name)
            _require_stage(pipeline, stage)
            transition = pipeline.transition(stage, kind)
            transition.enabled, transition.reason = enabled, "" if enabled else reason
            transition.changed, transition.changed_by = self._clock.now(), by
            if enabled:
                for each in pipeline.declaration.stages:
                    self._conductor.admit(pipeline, each.name)

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
