"""CodePipeline and all else that is read or steered, and the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from signalbox.domain.effects import Effect
from signalbox.domain.facts import (
    ReleaseFact,
)
from signalbox.domain.failures import BuildFailure
from signalbox.domain.gates import Change, TestResult
from signalbox.domain.identity import AlarmId, PipelineId, ReleaseId
from signalbox.domain.policy import Policy
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import AlarmState
from signalbox.domain.sweeps import Thing
from signalbox.domain.truth import ExecutionTruth, PendingApproval


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class Ids(Protocol):
    """Makes names nobody can guess."""

    def new(self) -> str:
        """A fresh random id of at least 128 bits, lower-case hexadecimal."""


class Bells(Protocol):
    """The queues that say an effect is pending."""

    def ring(self, effect: Effect, *, delay_seconds: int = 0, anew: bool = False) -> None:
        """Ring the bell of one effect. ``delay_seconds`` (0 to 900) works on the work queue.

        With ``anew`` it is heard although the same bell has rung a moment ago.
        """


class Pipelines(Protocol):
    """CodePipeline, through the operator role of the service."""

    def execution(self, service: Service, release: ReleaseId) -> ExecutionTruth | None:
        """One execution, or None where CodePipeline does not know it."""

    def facts(self, service: Service, release: ReleaseId) -> Sequence[ReleaseFact]:
        """Everything the API says of an execution, as the facts that events should have said."""

    def newest(self, service: Service, limit: int) -> Sequence[ReleaseId]:
        """The newest executions, newest first."""

    def pending_approval(
        self, service: Service, release: ReleaseId, action_execution_id: str
    ) -> PendingApproval | None:
        """The approval that waits in this execution, or None where it no longer does."""

    def answer_approval(
        self, service: Service, approval: PendingApproval, *, approve: bool, summary: str
    ) -> None:
        """Answer it. Raises AwsRefusedError with AWS's code where it was answered already."""

    def close_stage(self, service: Service, stage: str, reason: str) -> None:
        """Disable the stage's inbound transition. ``reason`` is made to fit AWS's pattern."""

    def stage_is_closed(self, service: Service, stage: str) -> bool:
        """Whether the stage's inbound transition is disabled."""

    def succeeded_in_stage(self, service: Service, stage: str) -> Sequence[ExecutionTruth]:
        """Executions that succeeded there in the pipeline's present version, newest first."""

    def roll_back_stage(self, service: Service, stage: str, to_execution: str) -> str:
        """Roll a stage back to an execution; returns the execution that this starts."""


class Builds(Protocol):
    """CodeBuild, through the operator role of the service."""

    def tests(self, service: Service, build_id: str) -> TestResult:
        """What the build's test reports say."""

    def failure(self, service: Service, build_id: str, *, patient: bool = False) -> BuildFailure:
        """Why a build failed. What CodeBuild will not tell is missing; what it has no time for
        raises AwsUnavailableError where the caller is ``patient``, and is missing otherwise.
        """


class Artifacts(Protocol):
    """What the build has put into the artifact bucket, through the operator role."""

    def changes(self, service: Service, release: ReleaseId) -> tuple[tuple[Change, ...], str]:
        """Commits of the build's ``release.json`` newest first, and the SHA-256 of the artifact."""

    def inventory(self, service: Service) -> Sequence[Thing]:
        """Every artifact object with its uses."""


class Targets(Protocol):
    """Where releases are deployed to, through the operator role."""

    def current_version(self, service: Service, environment: Environment) -> str:
        """The version that serves all traffic now; empty where traffic is split."""

    def verify(self, service: Service, environment: Environment) -> tuple[bool, str]:
        """Call the service for real; whether it answered well, and what was seen, for people."""

    def inventory(self, service: Service, environment: Environment) -> Sequence[Thing]:
        """Every version with its uses. Raises InventoryIncompleteError where a read fails."""


class Alarms(Protocol):
    """CloudWatch alarms."""

    def state(self, service: Service, names: Sequence[str]) -> Mapping[str, AlarmState]:
        """The present state of each alarm; alarms that do not exist are absent."""


class Services(Protocol):
    """The services that registered themselves in Parameter Store."""

    def all(self) -> Sequence[Service]:
        """Every registered service."""

    def of_pipeline(self, pipeline: PipelineId) -> Service | None:
        """The service with that pipeline, or None."""

    def of_alarm(self, alarm: AlarmId) -> tuple[Service, Environment] | None:
        """The service and environment that list the alarm, or None."""


class Policies(Protocol):
    """Policy documents in Parameter Store."""

    def policy_for(self, pipeline: PipelineId) -> Policy:
        """The pipeline's own policy, or the default."""


class Workflows(Protocol):
    """Step Functions."""

    def start(self, workflow: str, name: str, payload: Mapping[str, Any]) -> None:
        """Start ``approval``, ``rollback`` or ``cleanup`` under a name; started already is fine."""

    def complete(self, task_token: str, output: Mapping[str, Any]) -> bool:
        """Hand a verdict to the waiting machine; False where it no longer waits."""
