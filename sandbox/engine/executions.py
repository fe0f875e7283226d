"""What the engine remembers: pipelines, their executions, stage and action runs.

Statuses are the API's words (botocore enums PipelineExecutionStatus, StageExecutionStatus,
ActionExecutionStatus); the events' words are a table in `events.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.engine.declaration import ActionDeclaration, PipelineDeclaration


class Status(StrEnum):
    """The state of an execution, a stage run or an action run."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUPERSEDED = "Superseded"
    CANCELLED = "Cancelled"
    ABANDONED = "Abandoned"

    @property
    def final(self) -> bool:
        """Whether nothing follows it."""
        return self not in (Status.IN_PROGRESS, Status.STOPPING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactLocation:
    """Where an artifact lies in S3."""

    name: str
    bucket: str
    key: str

    def as_api(self) -> dict[str, Any]:
        """The form of API and events alike."""
        return {"name": self.name, "s3location": {"bucket": self.bucket, "key": self.key}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The source revision that an execution works on."""

    action: str
    artifact: str
    revision_id: str
    summary: str
    url: str
    created: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Why an execution began; `commit` holds a git trigger's event fields (hyphenated)."""

    type: str
    detail: str
    commit: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """How an action ended."""

    status: Status
    external_id: str = ""
    external_url: str = ""
    summary: str = ""
    error_code: str = ""
    error_message: str = ""
    output_variables: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None
    updated_by: str = ""

    @classmethod
    def failure(cls, code: str, message: str, **rest: Any) -> "ActionResult":
        """A failed action; the message is also its summary unless `summary` is given."""
        rest.setdefault("summary", message)
        return cls(status=Status.FAILED, error_code=code, error_message=message, **rest)


@dataclass(slots=True, kw_only=True)
class ActionRun:
    """One run of one action."""

    id: str
    execution_id: str
    stage: str
    declaration: ActionDeclaration
    started: datetime
    updated: datetime
    configuration: Mapping[str, str]
    inputs: list[ArtifactLocation]
    outputs: list[ArtifactLocation]
    status: Status = Status.IN_PROGRESS
    result: ActionResult | None = None
    external_id: str = ""
    external_url: str = ""
    token: str | None = None
    spent_token: str | None = None
    expires: datetime | None = None

    def spend_token(self) -> None:
        """Nobody can answer this run any more; which token it had stays known."""
        self.token, self.spent_token = None, self.token or self.spent_token

    @property
    def awaits_a_person(self) -> bool:
        """Whether this is an approval that nobody has answered yet."""
        return self.declaration.is_approval and not self.status.final


@dataclass(slots=True, kw_only=True)
class StageRun:
    """One execution's passage through one stage."""

    stage: str
    started: datetime
    status: Status = Status.IN_PROGRESS
    group: int = 0
    actions: list[ActionRun] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Execution:
    """One pipeline execution."""

    id: str
    number: int
    declaration: PipelineDeclaration
    version: int
    trigger: Trigger
    started: datetime
    updated: datetime
    status: Status = Status.IN_PROGRESS
    waiting_for: str | None = None
    dormant: bool = False
    stages: dict[str, StageRun] = field(default_factory=dict)
    artifacts: dict[str, ArtifactLocation] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    requested_revisions: dict[str, str] = field(default_factory=dict)
    rollback_of: str | None = None
    rollback_stage: str | None = None
    stop_reason: str | None = None
    abandoned: bool = False

    @property
    def pipeline(self) -> str:
        """The pipeline's name."""
        return self.declaration.name

    @property
    def type(self) -> str:
        """The API's executionType."""
        return "ROLLBACK" if self.rollback_of else "STANDARD"

    @property
    def current(self) -> StageRun | None:
        """The stage that it is in just now."""
        return next((run for run in self.stages.values() if not run.status.final), None)

    def action_runs(self) -> list[ActionRun]:
        """Every action run of this execution, oldest first."""
        return [run for stage in self.stages.values() for run in stage.actions]


@dataclass(slots=True, kw_only=True)
class Transition:
    """Whether executions may enter a stage; `closed` is since when they may not."""

    enabled: bool = True
    reason: str = ""
    changed_by: str = ""
    changed: datetime | None = None
    closed: datetime | None = None

    def set(self, *, enabled: bool, reason: str, by: str, at: datetime) -> None:
        """Open or close it; closing it again does not begin its time anew."""
        self.closed = None if enabled else self.closed or at
        self.enabled, self.reason = enabled, "" if enabled else reason
        self.changed, self.changed_by = at, by


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """A pipeline with all its history."""

    declaration: PipelineDeclaration
    created: datetime
    updated: datetime
    version: int = 1
    tags: dict[str, str] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    transitions: dict[tuple[str, str], Transition] = field(default_factory=dict)
    occupant: dict[str, Execution] = field(default_factory=dict)
    waiting: dict[str, list[Execution]] = field(default_factory=dict)
    latest_stage: dict[str, Execution] = field(default_factory=dict)
    latest_action: dict[tuple[str, str], ActionRun] = field(default_factory=dict)
    request_tokens: dict[str, str] = field(default_factory=dict)

    def transition(self, stage: str, kind: str) -> Transition:
        """The transition into (`Inbound`) or out of (`Outbound`) a stage."""
        return self.transitions.setdefault((stage, kind), Transition())

    def waiting_at(self, stage: str) -> list[Execution]:
        """Who waits in front of a stage, in the order in which they will enter."""
        return list(self.waiting.get(stage, ()))

    def in_flight(self) -> list[Execution]:
        """The executions that have not ended, oldest first."""
        return [each for each in self.executions.values() if not each.status.final]

    def newest_first(self) -> list[Execution]:
        """All executions, the newest first, as the API lists them."""
        return list(reversed(self.executions.values()))
