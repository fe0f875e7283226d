"""CodePipeline and all else that is read or steered, and the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from signalbox.domain.effects import Effect
from signalbox.domain.evidence import ImageScan, Waiver
from signalbox.domain.facts import (
    ReleaseFact,
)
from signalbox.domain.failures import BuildFailure
from signalbox.domain.gates import TestResult
from signalbox.domain.holds import Transition
from signalbox.domain.identity import AlarmId, PipelineId, ReleaseId
from signalbox.domain.listing import Listing
from signalbox.domain.people import DirectoryInForce
from signalbox.domain.policy import Policy
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import AlarmState
from signalbox.domain.sweeps import Thing
from signalbox.domain.truth import ExecutionTruth, PendingApproval
from signalbox.domain.windows import Span, Window


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

    def transitions(self, service: Service) -> Sequence[Transition]:
        """The ways into the stages in the pipeline's order, the first stage's included."""

    def open_stage(self, service: Service, stage: str) -> None:
        """Enable the stage's inbound transition: whoever waits in front of it goes in."""

    def start_again(self, service: Service, release: ReleaseId, key: str) -> str:
        """Start a new execution of the release's revision; returns it. ``key`` makes it once."""

    def succeeded_in_stage(self, service: Service, stage: str) -> Sequence[ExecutionTruth]:
        """Executions that succeeded there in the pipeline's present version, newest first."""

    def roll_back_stage(self, service: Service, stage: str, to_execution: str) -> str:
        """Roll a stage back to an execution; returns the execution that this starts."""


class Builds(Protocol):
    """CodeBuild, through the operator role of the service."""

    def tests(self, service: Service, build_id: str) -> TestResult:
        """What the build's test reports say."""

    def coverage(self, service: Service, build_id: str) -> float | None:
        """Line coverage in per cent as the build's coverage reports say, or None without any."""

    def failure(self, service: Service, build_id: str, *, patient: bool = False) -> BuildFailure:
        """Why a build failed. What CodeBuild will not tell is missing; what it has no time for
        raises AwsUnavailableError where the caller is ``patient``, and is missing otherwise.
        """


class Artifacts(Protocol):
    """What the build has put into the artifact bucket, through the operator role."""

    def listing(self, service: Service, release: ReleaseId) -> Listing:
        """What the build's ``release.json`` lists, and the SHA-256 of the artifact."""

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

    def policy_for(self, pipeline: PipelineId, stage: str = "") -> Policy:
        """What holds at a stage of the pipeline: its own policy, or the default. The last good one
        where the newest cannot be read.
        """

    def fault_of(self, pipeline: PipelineId) -> str:
        """What is wrong with the pipeline's newest document (or the default); "" where good."""


class Directories(Protocol):
    """The people document in Parameter Store."""

    def in_force(self) -> DirectoryInForce:
        """The last good document, and what is wrong with the newest, if anything is."""


class Waivers(Protocol):
    """The waivers document in Parameter Store."""

    def all(self) -> Sequence[Waiver]:
        """Every waiver of the last good document; checks look at when each ends."""

    def fault(self) -> str:
        """What is wrong with the newest document; "" where it is good, or not there."""


class Schedules(Protocol):
    """Windows by cron, by date, and by SSM Change Calendar."""

    def span(self, window: Window, at: datetime) -> Span | None:
        """The span of the window that is in force at that moment, or None."""


class Scans(Protocol):
    """ECR's scans of images, through the operator role."""

    def of_image(self, service: Service, repository: str, digest: str) -> ImageScan | None:
        """The findings of the last complete scan, or None where there is none."""


class Workflows(Protocol):
    """Step Functions."""

    def start(self, workflow: str, name: str, payload: Mapping[str, Any]) -> None:
        """Start ``approval``, ``rollback`` or ``cleanup`` under a name; started already is fine."""

    def complete(self, task_token: str, output: Mapping[str, Any]) -> bool:
        """Hand a verdict to the waiting machine; False where it no longer waits."""
