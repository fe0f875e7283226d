"""A build's record: its phases, status and everything the API and events tell of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.engine.builds.handovers import Handover
from sandbox.engine.naming import codebuild_arn


class BuildStatus(StrEnum):
    """The API's buildStatus (botocore enum StatusType)."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


@dataclass(slots=True, kw_only=True)
class Phase:
    """One phase of a build."""

    type: str
    started: datetime
    status: str | None = None
    ended: datetime | None = None
    code: str = ""
    message: str = ""

    @property
    def seconds(self) -> int:
        """How long it took, in whole seconds; 0 while it runs."""
        return int((self.ended - self.started).total_seconds()) if self.ended else 0

    @property
    def context(self) -> str:
        """`CODE: message` of a phase that did not succeed, else empty."""
        return f"{self.code}: {self.message}" if self.code else ""


@dataclass(slots=True, kw_only=True)
class Build:
    """One build of a project. `project` is the API's form, as it was when the build started."""

    id: str
    number: int
    project: dict[str, Any]
    initiator: str
    started: datetime
    environment: list[dict[str, str]]
    buildspec: str
    source_version: str
    timeout_minutes: int
    handover: Handover | None = None
    status: BuildStatus = BuildStatus.IN_PROGRESS
    phase: str = "SUBMITTED"
    phases: list[Phase] = field(default_factory=list)
    ended: datetime | None = None
    resolved_version: str = ""
    log_group: str = ""
    log_stream: str = ""
    exported: dict[str, str] = field(default_factory=dict)
    report_arns: list[str] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """The build's ARN."""
        return codebuild_arn("build", self.id)

    @property
    def project_name(self) -> str:
        """The project's name."""
        return str(self.project["name"])

    @property
    def complete(self) -> bool:
        """Whether the build has ended, whatever way."""
        return self.status is not BuildStatus.IN_PROGRESS

    def failed_phase(self) -> Phase | None:
        """The first phase that did not succeed."""
        return next((p for p in self.phases if p.status not in (None, "SUCCEEDED")), None)
