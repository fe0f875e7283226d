"""Moves executions through a pipeline's stages.

The three execution modes are those of the CodePipeline user guide ("How pipeline executions work").
SUPERSEDED and QUEUED: a stage is locked while an execution is in it, an open approval included. In
front of a locked stage one execution waits, and a newer one arriving there supersedes it
(SUPERSEDED), or all line up in the order in which they arrive (QUEUED). PARALLEL: executions lock
nothing and wait for nobody. Everything here happens under one lock, and actions report back through
`finish`, so that the order of events is the order of facts.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sandbox.engine.declaration import (
    DEFAULT_APPROVAL_MINUTES,
    SUPERSEDED,
    ActionDeclaration,
    StageDeclaration,
)
from sandbox.engine.events import PipelineEvents
from sandbox.engine.executions import (
    ActionResult,
    ActionRun,
    ArtifactLocation,
    Execution,
    Pipeline,
    StageRun,
    Status,
)
from sandbox.engine.naming import artifact_key, new_id
from sandbox.engine.ports import Clock
from sandbox.engine.variables import UnresolvedVariable, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOrder:
    """What an action's worker is told: the run, its execution and the role to work under."""

    run: ActionRun
    execution: Execution
    role_arn: str


class Workers(Protocol):
    """Those who do the actions' work, each somewhere else than on the caller's thread."""

    def start(self, order: ActionOrder, finish: Callable[[ActionResult], None]) -> None:
        """Begin the work and return; `finish` is called once, from any thread."""
        ...


class Conductor:
    """Runs executions. Every public method may be called from any thread."""

    def __init__(self, *, clock: Clock, events: PipelineEvents, workers: Workers) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._events = events
        self._workers = workers

    def begin(self, pipeline: Pipeline, execution: Execution) -> None:
        """Let a new execution in at the first stage, or at the stage that it rolls back."""
        with self.lock:
            pipeline.executions[execution.id] = execution
            self._events.pipeline(execution)
            if execution.rollback_stage is not None:
                self._enter(pipeline, execution, execution.rollback_stage)
            else:
                self._arrive(pipeline, execution, pipeline.declaration.stages[0].name)

    def admit(self, pipeline: Pipeline, stage: str) -> None:
        """Let in whoever is first in front of the stage, if the way is free."""
        with self.lock:
            awake = [each for each in pipeline.waiting_at(stage) if not each.dormant]
            if not awake or stage in pipeline.occupant or not _way_is_open(pipeline, stage):
                return
            _leave_the_line(pipeline, awake[0])
            self._enter(pipeline, awake[0], stage)

    def finish(self, pipeline: Pipeline, run: ActionRun, result: ActionResult) -> bool:
        """Take an action's result; False when the run had already ended."""
        with self.lock:
            execution = pipeline.executions[run.execution_id]
            if run.status.final:
                return False
            run.status, run.result, run.updated = result.status, result, self._clock.now()
            run.spend_token()
            self._keep_outputs(execution, run, result)
            self._touch(execution)
            self._events.action(execution, run)
            self._settle(pipeline, execution, execution.stages[run.stage])
            return True

    def stop(self, pipeline: Pipeline, execution: Execution, *, abandon: bool, reason: str) -> None:
        """Stop an execution: after the running actions, or abandoning them."""
        with self.lock:
            execution.status, execution.stop_reason = Status.STOPPING, reason
            self._touch(execution)
            self._events.pipeline(execution)
            run = execution.current
            if run is None:
                self._end(pipeline, execution, Status.STOPPED)
                return
            run.status = Status.STOPPING
            self._events.stage(execution, run)
            if abandon:
                execution.abandoned = True
                self._close_actions(execution, run, Status.ABANDONED)
            self._settle(pipeline, execution, run)

    def cancel(self, pipeline: Pipeline) -> None:
        """Cancel all executions in flight, as an update of the pipeline does."""
        with self.lock:
            for execution in pipeline.in_flight():
                run = execution.current
                if run is not None:
                    self._close_actions(execution, run, Status.CANCELLED)
                    self._close_stage(pipeline, execution, run, Status.CANCELLED)
                self._end(pipeline, execution, Status.CANCELLED)

    def _arrive(self, pipeline: Pipeline, execution: Execution, stage: str) -> None:
        if execution.declaration.is_parallel:
            self._enter(pipeline, execution, stage)
            return
        execution.waiting_for = stage
        line = pipeline.waiting.setdefault(stage, [])
        line.append(execution)
        if execution.declaration.execution_mode == SUPERSEDED:
            newest = max(line, key=lambda each: each.number)
            for loser in [each for each in line if each is not newest]:
                self._end(pipeline, loser, Status.SUPERSEDED)
        self.admit(pipeline, stage)

    def _enter(self, pipeline: Pipeline, execution: Execution, stage: str) -> None:
        run = StageRun(stage=stage, started=self._clock.now())
        execution.stages[stage] = run
        if not execution.declaration.is_parallel:
            pipeline.occupant[stage] = execution
        pipeline.latest_stage[stage] = execution
        self._touch(execution)
        self._events.stage(execution, run)
        self._start_group(pipeline, execution, run)

    def _start_group(self, pipeline: Pipeline, execution: Execution, run: StageRun) -> None:
        stage = _stage(execution, run.stage)
        opened = [
            self._open_action(pipeline, execution, run, action)
            for action in stage.groups()[run.group]
        ]
        for action_run in opened:
            self._put_to_work(pipeline, execution, action_run)

    def _open_action(
        self,
        pipeline: Pipeline,
        execution: Execution,
        stage: StageRun,
        action: ActionDeclaration,
    ) -> ActionRun:
        now = self._clock.now()
        bucket = execution.declaration.bucket
        run = ActionRun(
            id=new_id(),
            execution_id=execution.id,
            stage=stage.stage,
            declaration=action,
            started=now,
            updated=now,
            configuration=action.configuration,
            inputs=[execution.artifacts[name] for name in action.inputs],
            outputs=[
                ArtifactLocation(
                    name=name, bucket=bucket, key=artifact_key(execution.pipeline, name)
                )
                for name in action.outputs
            ],
        )
        if action.is_approval:
            minutes = action.timeout_minutes or DEFAULT_APPROVAL_MINUTES
            allowed = timedelta(seconds=self._clock.scaled(minutes * 60))
            run.token, run.expires = new_id(), now + allowed
        stage.actions.append(run)
        pipeline.latest_action[stage.stage, action.name] = run
        self._events.action(execution, run)
        return run

    def _put_to_work(self, pipeline: Pipeline, execution: Execution, run: ActionRun) -> None:
        try:
            run.configuration = resolve(run.declaration.configuration, execution)
        except UnresolvedVariable as unresolved:
            self.finish(pipeline, run, ActionResult.failure("ConfigurationError", str(unresolved)))
            return
        role_arn = run.declaration.role_arn or execution.declaration.role_arn
        order = ActionOrder(run=run, execution=execution, role_arn=role_arn)
        self._workers.start(order, lambda result: self._take(pipeline, run, result))

    def _take(self, pipeline: Pipeline, run: ActionRun, result: ActionResult) -> None:
        """Take a worker's result; that of an abandoned action is nobody's business any more."""
        self.finish(pipeline, run, result)

    def _settle(self, pipeline: Pipeline, execution: Execution, run: StageRun) -> None:
        if run.status.final or any(not each.status.final for each in run.actions):
            return
        if execution.status is Status.STOPPING:
            self._close_stage(pipeline, execution, run, Status.STOPPED)
            self._end(pipeline, execution, Status.STOPPED)
        elif any(each.status is Status.FAILED for each in run.actions):
            self._close_stage(pipeline, execution, run, Status.FAILED)
            self._end(pipeline, execution, Status.FAILED)
        elif run.group + 1 < len(_stage(execution, run.stage).groups()):
            run.group += 1
            self._start_group(pipeline, execution, run)
            return
        else:
            self._close_stage(pipeline, execution, run, Status.SUCCEEDED)
            following = execution.declaration.after(run.stage)
            if following is None or execution.rollback_of is not None:
                self._end(pipeline, execution, Status.SUCCEEDED)
            else:
                self._arrive(pipeline, execution, following.name)
        self.admit(pipeline, run.stage)

    def _close_actions(self, execution: Execution, run: StageRun, status: Status) -> None:
        for action in run.actions:
            if not action.status.final:
                action.status, action.updated = status, self._clock.now()
                action.spend_token()
                self._events.action(execution, action)

    def _close_stage(
        self, pipeline: Pipeline, execution: Execution, run: StageRun, status: Status
    ) -> None:
        run.status = status
        if pipeline.occupant.get(run.stage) is execution:
            del pipeline.occupant[run.stage]
        self._touch(execution)
        self._events.stage(execution, run)

    def _end(self, pipeline: Pipeline, execution: Execution, status: Status) -> None:
        _leave_the_line(pipeline, execution)
        execution.status = status
        self._touch(execution)
        self._events.pipeline(execution)

    def _keep_outputs(self, execution: Execution, run: ActionRun, result: ActionResult) -> None:
        if result.status is not Status.SUCCEEDED:
            return
        execution.artifacts.update({each.name: each for each in run.outputs})
        if run.declaration.namespace:
            execution.variables[run.declaration.namespace] = dict(result.output_variables)
        if result.revision is not None:
            execution.revisions.append(result.revision)

    def _touch(self, execution: Execution) -> None:
        execution.updated = self._clock.now()


def _leave_the_line(pipeline: Pipeline, execution: Execution) -> None:
    stage, execution.waiting_for = execution.waiting_for, None
    if stage is not None:
        pipeline.waiting[stage].remove(execution)


def _way_is_open(pipeline: Pipeline, stage: str) -> bool:
    names = [each.name for each in pipeline.declaration.stages]
    before = names[names.index(stage) - 1] if names.index(stage) else None
    inbound = pipeline.transition(stage, "Inbound").enabled
    return inbound and (before is None or pipeline.transition(before, "Outbound").enabled)


def _stage(execution: Execution, name: str) -> StageDeclaration:
    stage = execution.declaration.stage(name)
    if stage is None:
        raise LookupError(f"{execution.pipeline} has no stage {name}")
    return stage
