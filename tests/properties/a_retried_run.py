"""A run whose stage failed, was retried and then succeeded: its events, and the API about it.

Shapes as the user guide ("Monitoring CodePipeline events") and the API reference have them. A retry
is an attempt of the whole execution: what comes after it carries that number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes import ACCOUNT, REGION

Event = Mapping[str, Any]
BEGIN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EXECUTION = "22222222-aaaa-4bbb-8ccc-000000000002"
SOURCE = {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"}
BUILD = {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}
DEPLOY = {"category": "Deploy", "owner": "AWS", "provider": "Lambda", "version": "1"}
MANUAL = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}


@dataclass(frozen=True)
class ActionRun:
    """One run of one action, from and to so many seconds after the execution began."""

    stage: str
    action: str
    type_id: Mapping[str, str]
    id: str
    attempt: int
    begins: int
    ends: int
    status: str = "Succeeded"


RUNS = (
    ActionRun("Source", "Source", SOURCE, "run-1", 1, 1, 5),
    ActionRun("Build", "Lint", BUILD, "run-2", 1, 10, 14),
    ActionRun("Build", "Test", BUILD, "run-3", 1, 10, 20, "Failed"),
    ActionRun("Build", "Test", BUILD, "run-4", 2, 30, 40, "Failed"),
    ActionRun("Build", "Test", BUILD, "run-5", 3, 50, 60),
    ActionRun("Approval", "Approve", MANUAL, "run-6", 3, 70, 80),
    ActionRun("Production", "Deploy", DEPLOY, "run-7", 3, 90, 95, "Failed"),
    ActionRun("Production", "Deploy", DEPLOY, "run-8", 4, 100, 110),
)
ENDS_IN = {"Succeeded": "SUCCEEDED", "Failed": "FAILED"}


def _at(seconds: int) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


@dataclass(frozen=True)
class RetriedRun:
    """Both sides of the run; ``for_service`` makes it ``ServiceClients``."""

    runs: Sequence[ActionRun]

    @property
    def ended(self) -> datetime:
        return _at(max(run.ends for run in self.runs))

    def events(self) -> Iterator[Event]:
        """Every event in the order of time."""
        yield self._event("Pipeline", "STARTED", 1, 0)
        last = 0
        for stage in dict.fromkeys(run.stage for run in self.runs):
            mine = [run for run in self.runs if run.stage == stage]
            for attempt in dict.fromkeys(run.attempt for run in mine):
                each = [run for run in mine if run.attempt == attempt]
                again = attempt != mine[0].attempt
                begins, last = each[0].begins, max(run.ends for run in each)
                if again:
                    yield self._event("Pipeline", "RESUMED", attempt, begins)
                yield self._event(
                    "Stage", "RESUMED" if again else "STARTED", attempt, begins, stage=stage
                )
                for run in each:
                    yield self._action(run, "STARTED", run.begins)
                    yield self._action(run, ENDS_IN[run.status], run.ends)
                failed = any(run.status == "Failed" for run in each)
                came = "FAILED" if failed else "SUCCEEDED"
                yield self._event("Stage", came, attempt, last, stage=stage)
                if failed:
                    yield self._event("Pipeline", came, attempt, last)
        yield self._event("Pipeline", "SUCCEEDED", self.runs[-1].attempt, last)

    def for_service(self, service: object, name: str) -> RetriedRun:
        assert name == "codepipeline"
        return self

    def get_pipeline_execution(self, **_: str) -> Any:
        return {"pipelineExecution": {**self._summary(), "pipelineVersion": 1}}

    def list_pipeline_executions(self, **_: Any) -> Any:
        return {"pipelineExecutionSummaries": [self._summary()]}

    def list_action_executions(self, **_: Any) -> Any:
        return {"actionExecutionDetails": [self._detail(run) for run in reversed(self.runs)]}

    def get_pipeline_state(self, **_: str) -> Any:
        stages = dict.fromkeys(run.stage for run in self.runs)
        latest = {"pipelineExecutionId": EXECUTION, "status": "Succeeded"}
        return {"stageStates": [{"stageName": one, "latestExecution": latest} for one in stages]}

    def _summary(self) -> Mapping[str, Any]:
        return {
            "pipelineExecutionId": EXECUTION,
            "status": "Succeeded",
            "startTime": BEGIN,
            "lastUpdateTime": self.ended,
            "trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": "by hand"},
        }

    def _detail(self, run: ActionRun) -> Mapping[str, Any]:
        return {
            "pipelineExecutionId": EXECUTION,
            "actionExecutionId": run.id,
            "stageName": run.stage,
            "actionName": run.action,
            "startTime": _at(run.begins),
            "lastUpdateTime": _at(run.ends),
            "status": run.status,
            "input": {"actionTypeId": run.type_id},
            "output": {},
        }

    def _action(self, run: ActionRun, state: str, at: int) -> Event:
        named = {"action": run.action, "action-execution-id": run.id, "type": run.type_id}
        return self._event("Action", state, run.attempt, at, stage=run.stage, **named)

    def _event(self, kind: str, state: str, attempt: int, at: int, **more: Any) -> Event:
        trigger = {"trigger-type": "StartPipelineExecution", "trigger-detail": "by hand"}
        first = kind == "Pipeline" and state == "STARTED"
        return {
            "version": "0",
            "id": f"{kind}-{state}-{attempt}-{at}-{more.get('action', '')}",
            "detail-type": f"CodePipeline {kind} Execution State Change",
            "source": "aws.codepipeline",
            "account": ACCOUNT,
            "region": REGION,
            "time": f"{_at(at):%Y-%m-%dT%H:%M:%SZ}",
            "resources": [f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:hello"],
            "detail": {
                "pipeline": "hello",
                "execution-id": EXECUTION,
                "state": state,
                "version": 1.0,
                "pipeline-execution-attempt": float(attempt),
                **({"execution-trigger": trigger} if first else {}),
                **more,
            },
        }


def retried() -> RetriedRun:
    """Build fails twice and then succeeds, Production fails once."""
    return RetriedRun(RUNS)
