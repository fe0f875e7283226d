"""Gates: points where a release waits for a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signalbox.domain.identity import ReleaseId
from signalbox.domain.recorded import Recorded


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
    ``EXPIRED_IN_AWS``: CodePipeline's own time ran out. ``MISCONFIGURED``: the action itself
    failed. ``LET_THROUGH``: a hotfix has passed the hold. ``OBSERVED``: nothing was done.
    """

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CHANGED = "CHANGED"
    ANSWERED_ELSEWHERE = "ANSWERED_ELSEWHERE"
    GONE = "GONE"
    EXPIRED_IN_AWS = "EXPIRED_IN_AWS"
    MISCONFIGURED = "MISCONFIGURED"
    LET_THROUGH = "LET_THROUGH"
    OBSERVED = "OBSERVED"


class GateStatus(StrEnum):
    """Where a gate stands. It only moves down this list."""

    OPEN = "OPEN"
    DECIDED = "DECIDED"
    SETTLED = "SETTLED"


class Choice(StrEnum):
    """What one person says. ``BREAK_GLASS`` approves alone, in an emergency."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    BREAK_GLASS = "BREAK_GLASS"


class Taken(StrEnum):
    """What became of a vote: it stands in the ledger, or it came with a request that was handled
    already.
    """

    TAKEN = "TAKEN"
    REPLAYED = "REPLAYED"


class GateKind(StrEnum):
    """What waits for a verdict.

    ``APPROVAL`` is CodePipeline's manual approval, ``HOTFIX`` a release that asks to pass a hold,
    ``OBSERVED`` an approval under a policy that only says what it would have done.
    """

    APPROVAL = "APPROVAL"
    HOTFIX = "HOTFIX"
    OBSERVED = "OBSERVED"


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
    """One commit since the last good release, as the build's ``release.json`` lists it.

    ``committer_email`` is None where the author committed it, and "" where nobody knows who did.
    ``co_authors`` are e-mail addresses of trailers. ``breaks_off`` marks the last of a list that
    leaves out others. None of it is authenticated.
    """

    id: str
    author_name: str
    author_email: str
    subject: str
    committer_email: str | None = None
    co_authors: tuple[str, ...] = ()
    breaks_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What the approver sees. ``artifact_digest`` is the SHA-256 of what would be deployed.

    ``last_good_at`` is when the last good release ended, ``started_by`` the ARN of whoever started
    this one by hand, ``scan`` how many vulnerabilities the image has, by severity (empty where no
    image ships), ``provider_identity`` who the source provider's trigger says it was (as
    ``github:12345``). ``checks`` say in one line each what the checks found when it was compiled,
    and ``recorded`` is what they found it in; gates of an earlier Signalbox have not got it.
    """

    revision: str
    artifact_digest: str
    tests: TestResult
    changes: tuple[Change, ...] = ()
    last_good_revision: str = ""
    firing_alarms: tuple[str, ...] = ()
    rollback_readiness: str = "unknown"
    last_good_at: datetime | None = None
    started_by: str = ""
    scan: str = ""
    provider_identity: str = ""
    checks: tuple[str, ...] = ()
    recorded: Recorded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's say. ``principal`` is a stable id (``slack:T…:U…`` or ``aws:ARN``), ``name`` is
    for reading. ``ticket`` goes with a broken glass.
    """

    principal: str
    name: str
    choice: Choice
    at: datetime
    reason: str = ""
    shown_digest: str = ""
    ticket: str = ""

    @property
    def key(self) -> str:
        """What tells it from another vote at its gate: given twice, it is one vote. One without a
        reason is another than one with: where reasons are asked for, only the second counts.
        """
        reasoned = "#reasoned" if self.reason else ""
        return f"{self.principal}#{self.choice.value}#{self.shown_digest[:32]}{reasoned}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One open or ended gate.

    ``id`` is random (128 bits or more) and the only name that leaves the ledger. ``shown_digest``
    is the digest of what the approver was shown, ``round`` how often people were asked anew since
    something of it changed (from 1). ``approval_token`` is CodePipeline's and ``task_token`` is
    Step Functions'; neither ever leaves the ledger.

    ``asked`` holds the Slack ids of those who may approve, ``standing`` says in lines what the gate
    waits for, and ``denied`` whose vote does not count and why; all three are for showing, the
    judge goes by policy and people. ``broken_glass``
    marks an approval by one person in an emergency (``broken_by``, a ``Person.id``),
    ``reviewed_by`` who looked at it afterwards. ``needs_reason`` tells that no approval counts
    without one.
    ``decided_by`` names who answered outside Signalbox (an ARN), ``newer`` the execution that waits
    behind a gate which its policy keeps open, and ``held`` the ids of the holds that were shown.
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
    kind: GateKind = GateKind.APPROVAL
    round: int = 1
    asked: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    broken_glass: bool = False
    broken_by: str = ""
    reviewed_by: str = ""
    needs_reason: bool = False
    newer: str = ""
    held: tuple[str, ...] = ()
    decided_by: str = ""

    @property
    def subject(self) -> str:
        """The ledger's partition of this gate."""
        return f"gate#{self.id}"

    def __repr__(self) -> str:
        # A repr ends in logs and tracebacks; tokens must not.
        return f"Gate(id={self.id!r}, release={self.release.key!r}, status={self.status.value})"
