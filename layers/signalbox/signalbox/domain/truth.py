"""What was read of the world and is kept or handed about: truth from the APIs, not from events."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.facts import Commit
from signalbox.domain.failures import Failure
from signalbox.domain.gates import TestResult
from signalbox.domain.identity import ReleaseId


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    """Where a message stands: Slack's (channel id, ts). ``rendered`` is the digest of what was last
    sent, ``to`` the channel as the routes name it.
    """

    channel: str
    ts: str
    rendered: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNotes:
    """What was read about a release and kept with it: truth from the APIs, not from events.

    ``messages`` is where its Slack message stands, once for each channel it was routed to.
    ``failure`` is one line that says why it failed, ``failures`` what was found
    of each failed run of an action, oldest first. ``superseded_by`` is the newer execution that
    took its place, ``rollback_target`` the one that a rollback goes back to, ``tests_of`` the build
    that ``tests`` are of. ``kind`` is ``STANDARD`` or ``ROLLBACK``; ``started_by`` the caller's ARN
    of a rollback. ``staged_digest`` is the SHA-256 of the artifact when an environment before the
    last one took it.
    """

    commit: Commit | None = None
    kind: str = ""
    started_by: str = ""
    failure: str = ""
    failures: tuple[Failure, ...] = ()
    superseded_by: str = ""
    rollback_target: str = ""
    tests: TestResult | None = None
    tests_of: str = ""
    messages: tuple[PostedMessage, ...] = ()
    artifact_digest: str = ""
    staged_digest: str = ""

    @property
    def message(self) -> tuple[str, str] | None:
        """Where its first message stands, as (channel, ts)."""
        return (self.messages[0].channel, self.messages[0].ts) if self.messages else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionTruth:
    """What CodePipeline says of one execution. ``status`` is the API's (``InProgress`` …), ``mode``
    the pipeline's (``SUPERSEDED``, ``QUEUED``, ``PARALLEL``).
    """

    release: ReleaseId
    status: str
    kind: str
    started_by: str
    trigger_type: str
    pipeline_version: int
    commit: Commit | None
    rollback_target: str = ""
    mode: str = "SUPERSEDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingApproval:
    """A manual approval that waits. ``token`` must go nowhere but into the ledger."""

    release: ReleaseId
    stage: str
    action: str
    action_execution_id: str
    token: str

    def __repr__(self) -> str:
        return f"PendingApproval({self.release.key!r}, {self.stage!r}, {self.action!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The one message that stands for many: where it is, and how many it told of."""

    channel: str
    ts: str
    told: int
