"""Gates: points where a release waits for a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signalbox.domain.identity import ReleaseId


class Verdict(StrEnum):
    """How a gate ended."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    DECIDED_ELSEWHERE = "DECIDED_ELSEWHERE"


class Settlement(StrEnum):
    """What came of handing a verdict to CodePipeline.

    ``CHANGED``: approved, but what would ship was not what had been shown, so it was rejected.
    ``ANSWERED_ELSEWHERE``: somebody answered in the console or by the API.
    ``GONE``: the approval no longer waits and nobody answered it (stopped, timed out).
    """

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CHANGED = "CHANGED"
    ANSWERED_ELSEWHERE = "ANSWERED_ELSEWHERE"
    GONE = "GONE"


class GateStatus(StrEnum):
    """Where a gate stands. It only moves down this list."""

    OPEN = "OPEN"
    DECIDED = "DECIDED"
    SETTLED = "SETTLED"


class Choice(StrEnum):
    """What one person says."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What the build's test reports say. ``failing`` holds names of failing test cases."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failing: tuple[str, ...] = ()
    known: bool = True

    __test__ = False  # not a test class, whatever pytest thinks of its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One commit since the last good release, as the build's ``release.json`` lists it."""

    id: str
    author_name: str
    author_email: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What the approver sees. ``artifact_digest`` is the SHA-256 of what would be deployed."""

    revision: str
    artifact_digest: str
    tests: TestResult
    changes: tuple[Change, ...] = ()
    last_good_revision: str = ""
    firing_alarms: tuple[str, ...] = ()
    rollback_readiness: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's say. ``principal`` is a stable id (``slack:T…:U…``), ``name`` is for reading."""

    principal: str
    name: str
    choice: Choice
    at: datetime
    reason: str = ""
    shown_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One open or ended gate.

    ``id`` is random (128 bits or more) and the only name that leaves the ledger. ``shown_digest``
    is the digest of what the approver was shown. ``approval_token`` is CodePipeline's and
    ``task_token`` is Step Functions'; neither ever leaves the ledger.
    """

    id: str
    release: ReleaseId
    stage: str
    action: str
    action_execution_id: str
    status: GateStatus
    opened_at: datetime
    expires_at: datetime
    dossier: Dossier
    shown_digest: str
    votes: tuple[Vote, ...] = ()
    verdict: Verdict | None = None
    reason: str = ""
    decided_at: datetime | None = None
    settled_at: datetime | None = None
    settlement: str = ""
    approval_token: str = ""
    task_token: str = ""

    @property
    def subject(self) -> str:
        """The ledger's partition of this gate."""
        return f"gate#{self.id}"

    def __repr__(self) -> str:
        # A repr ends in logs and tracebacks; tokens must not.
        return f"Gate(id={self.id!r}, release={self.release.key!r}, status={self.status.value})"
