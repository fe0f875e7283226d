"""The AWS that Signalbox watches and steers, in memory: each port answers as a test has told it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.evidence import ImageScan, Waiver
from signalbox.domain.facts import ReleaseFact
from signalbox.domain.failures import BuildFailure
from signalbox.domain.gates import TestResult
from signalbox.domain.holds import Transition
from signalbox.domain.identity import ReleaseId
from signalbox.domain.listing import Listing
from signalbox.domain.people import Directory, DirectoryInForce
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import AlarmState
from signalbox.domain.sweeps import Thing
from signalbox.domain.truth import ExecutionTruth, PendingApproval
from signalbox.domain.windows import Span, Window


@dataclass
class ScriptedPipelines:
    """CodePipeline as a test tells it. Approvals are answered once, then refused as AWS does."""

    truths: dict[ReleaseId, ExecutionTruth] = field(default_factory=dict)
    told: dict[ReleaseId, list[ReleaseFact]] = field(default_factory=dict)
    approvals: dict[str, PendingApproval] = field(default_factory=dict)
    answers: list[tuple[PendingApproval, bool, str]] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    closed_by: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    stages: tuple[str, ...] = ("Source", "Build", "Staging", "Approval", "Production")
    opened: list[str] = field(default_factory=list)
    started: dict[str, ReleaseId] = field(default_factory=dict)
    succeeded: dict[str, list[ExecutionTruth]] = field(default_factory=dict)
    rollbacks: list[tuple[str, str]] = field(default_factory=list)
    refuse_rollback: AwsRefusedError | None = None
    fail_with: Exception | None = None

    def execution(self, service: Service, release: ReleaseId) -> ExecutionTruth | None:
        self._maybe_fail()
        return self.truths.get(release)

    def facts(self, service: Service, release: ReleaseId) -> Sequence[ReleaseFact]:
        self._maybe_fail()
        return tuple(self.told.get(release, ()))

    def newest(self, service: Service, limit: int) -> Sequence[ReleaseId]:
        self._maybe_fail()
        mine = [one for one in self.told if one.pipeline == service.pipeline]
        return tuple(reversed(mine))[:limit]

    def pending_approval(
        self, service: Service, release: ReleaseId, action_execution_id: str
    ) -> PendingApproval | None:
        self._maybe_fail()
        approval = self.approvals.get(action_execution_id)
        return approval if approval and approval.release == release else None

    def answer_approval(
        self, service: Service, approval: PendingApproval, *, approve: bool, summary: str
    ) -> None:
        self._maybe_fail()
        if len(summary) > 512:
            raise AwsRefusedError("summary is longer than 512", code="ValidationException")
        if self.approvals.pop(approval.action_execution_id, None) is None:
            raise AwsRefusedError("answered already", code="ApprovalAlreadyCompletedException")
        self.answers.append((approval, approve, summary))

    def close_stage(self, service: Service, stage: str, reason: str) -> None:
        self._maybe_fail()
        self.closed[stage] = reason
        role = service.operator_role_arn.rpartition("/")[2]
        account = service.pipeline.account
        self.closed_by[stage] = f"arn:aws:sts::{account}:assumed-role/{role}/signalbox-dispatch"

    def transitions(self, service: Service) -> Sequence[Transition]:
        self._maybe_fail()
        return tuple(
            Transition(
                stage=stage,
                closed=stage in self.closed,
                reason=self.closed.get(stage, ""),
                changed_by=self.closed_by.get(stage, ""),
                waiting=tuple(self.waiting.get(stage, ())),
            )
            for stage in self.stages
        )

    def open_stage(self, service: Service, stage: str) -> None:
        self._maybe_fail()
        self.closed.pop(stage, None)
        self.waiting.pop(stage, None)
        self.opened.append(stage)

    def start_again(self, service: Service, release: ReleaseId, key: str) -> str:
        self._maybe_fail()
        self.started.setdefault(key, release)
        return f"started-{key}"

    def stage_is_closed(self, service: Service, stage: str) -> bool:
        self._maybe_fail()
        return stage in self.closed

    def succeeded_in_stage(self, service: Service, stage: str) -> Sequence[ExecutionTruth]:
        self._maybe_fail()
        return tuple(self.succeeded.get(stage, ()))

    def roll_back_stage(self, service: Service, stage: str, to_execution: str) -> str:
        self._maybe_fail()
        if self.refuse_rollback is not None:
            raise self.refuse_rollback
        self.rollbacks.append((stage, to_execution))
        return f"rollback-{len(self.rollbacks)}"

    def _maybe_fail(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with


@dataclass
class ScriptedBuilds:
    """CodeBuild as a test tells it."""

    results: dict[str, TestResult] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    failures: dict[str, BuildFailure] = field(default_factory=dict)
    covered: dict[str, float] = field(default_factory=dict)

    def coverage(self, service: Service, build_id: str) -> float | None:
        return self.covered.get(build_id)

    def tests(self, service: Service, build_id: str) -> TestResult:
        return self.results.get(build_id, TestResult(known=False))

    def failure(self, service: Service, build_id: str, *, patient: bool = False) -> BuildFailure:
        known = self.failures.get(build_id)
        return known or BuildFailure(why=self.reasons.get(build_id, ""))


@dataclass
class ScriptedArtifacts:
    """The artifact bucket as a test tells it."""

    listed: dict[ReleaseId, Listing] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)

    def listing(self, service: Service, release: ReleaseId) -> Listing:
        return self.listed.get(release, Listing())

    def inventory(self, service: Service) -> Sequence[Thing]:
        return tuple(self.things)


@dataclass
class ScriptedTargets:
    """The deploy target as a test tells it."""

    versions: dict[str, str] = field(default_factory=dict)
    well: bool = True
    seen: str = "200 OK"
    things: list[Thing] = field(default_factory=list)
    fail_with: Exception | None = None

    def current_version(self, service: Service, environment: Environment) -> str:
        return self.versions.get(environment.name, "1")

    def verify(self, service: Service, environment: Environment) -> tuple[bool, str]:
        return self.well, self.seen

    def inventory(self, service: Service, environment: Environment) -> Sequence[Thing]:
        if self.fail_with is not None:
            raise self.fail_with
        return tuple(self.things)


@dataclass
class ScriptedAlarms:
    """CloudWatch as a test tells it: quiet, but for what it says."""

    states: dict[str, AlarmState] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def state(self, service: Service, names: Sequence[str]) -> Mapping[str, AlarmState]:
        there = (name for name in names if name not in self.gone)
        return {name: self.states.get(name, AlarmState.OK) for name in there}


@dataclass
class KnownDirectory:
    """The people document as a test tells it."""

    directory: Directory = field(default_factory=Directory)
    fault: str = ""

    def in_force(self) -> DirectoryInForce:
        return DirectoryInForce(directory=self.directory, fault=self.fault)


@dataclass
class ListedWaivers:
    """The waivers document as a test tells it."""

    listed: list[Waiver] = field(default_factory=list)
    wrong: str = ""

    def all(self) -> Sequence[Waiver]:
        return tuple(self.listed)

    def fault(self) -> str:
        return self.wrong


@dataclass
class ScriptedSchedules:
    """Windows by date as they are; others as a test tells."""

    spans: dict[Window, Span] = field(default_factory=dict)

    def span(self, window: Window, at: datetime) -> Span | None:
        if window.since or window.until:
            began = window.since is None or window.since <= at
            over = window.until is not None and window.until <= at
            return Span(since=window.since, until=window.until) if began and not over else None
        return self.spans.get(window)


@dataclass
class ScriptedScans:
    """ECR as a test tells it: scans by image digest."""

    known: dict[str, ImageScan] = field(default_factory=dict)

    def of_image(self, service: Service, repository: str, digest: str) -> ImageScan | None:
        return self.known.get(digest)
