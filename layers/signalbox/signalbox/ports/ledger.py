"""The ledger and the audit: what is known, what is to be done, and what was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from signalbox.domain.commands import Command
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.facts import (
    AlarmChanged,
    BuildChanged,
    DeploymentChanged,
    ReleaseFact,
)
from signalbox.domain.gates import Gate, Taken, Verdict, Vote
from signalbox.domain.holds import ClosedStage, Hold
from signalbox.domain.identity import ReleaseId
from signalbox.domain.incidents import Incident
from signalbox.domain.releases import Release
from signalbox.domain.sweeps import Sweep
from signalbox.domain.truth import ReleaseNotes, Summary


class ReleaseLedger(Protocol):
    """Releases and what is known of them."""

    def record(self, fact: ReleaseFact, effects: Sequence[Effect]) -> bool:
        """Write one observation with its effects in one transaction; False where it was known."""

    def release(self, release: ReleaseId) -> Release | None:
        """The release folded from its observations, or None where nothing was heard of it."""

    def heard(self, release: ReleaseId) -> Sequence[ReleaseFact]:
        """Every fact that was recorded of it, in no particular order."""

    def notes(self, release: ReleaseId) -> ReleaseNotes:
        """What was read about it so far."""

    def write_notes(self, release: ReleaseId, **changes: Any) -> None:
        """Set the named fields of its notes and leave the others."""

    def open_releases(self) -> Sequence[ReleaseId]:
        """Every release that has not ended."""

    def gates_of(self, release: ReleaseId) -> Sequence[Gate]:
        """The gates of a release, oldest first, with their votes."""

    def incidents_of(self, release: ReleaseId) -> Sequence[Incident]:
        """The incidents that blame a release, oldest first."""


class NotedMessage(Protocol):
    """Where a message stands."""

    @property
    def channel(self) -> str:
        """Slack's channel id."""

    @property
    def ts(self) -> str:
        """Slack's id of the message within the channel."""


class NotedCommit(Protocol):
    """A commit."""

    @property
    def id(self) -> str:
        """Its whole id."""


class Noted(Protocol):
    """The part of a release's notes that people's clicks and words are compared with."""

    @property
    def messages(self) -> Sequence[NotedMessage]:
        """Where its message stands, once for each channel."""

    @property
    def commit(self) -> NotedCommit | None:
        """Its commit, where it is known."""


class NotedReleases(Protocol):
    """The part of ``ReleaseLedger`` that the Slack endpoint reads."""

    def notes(self, release: ReleaseId) -> Noted:
        """What was read about it so far."""

    def open_releases(self) -> Sequence[ReleaseId]:
        """Every release that has not ended."""


class ObservationLedger(Protocol):
    """Facts that belong to no one release."""

    def record_observation(
        self, fact: AlarmChanged | BuildChanged | DeploymentChanged | Any, effects: Sequence[Effect]
    ) -> bool:
        """Write one observation with its effects in one transaction; False where it was known."""


class EffectLedger(Protocol):
    """The outbox."""

    def add(self, effects: Sequence[Effect]) -> None:
        """Write effects that no other write carries; those already there stay as they are."""

    def effect(self, subject: str, key: str, *, kind: EffectKind | None = None) -> Effect | None:
        """One effect, or None. Naming its kind, as bells do, saves reads."""

    def finish(self, effect: Effect, status: EffectStatus) -> None:
        """Mark an effect done or refused, so that it leaves the list of pending ones."""

    def pending(self, before: datetime) -> Sequence[Effect]:
        """Effects pending since before that moment, or put off until before it; oldest first."""

    def put_off(self, effect: Effect, until: datetime) -> None:
        """List a pending effect as if it were pending since that moment only."""

    def watch(self, effect: Effect) -> None:
        """Mark an effect done, and list it among those whose workflow must be seen through."""

    def watched(self) -> Sequence[Effect]:
        """Effects whose workflow must be seen through, oldest first; ``finish`` ends that."""


class GateLedger(Protocol):
    """Gates, votes and verdicts."""

    def claim_gate(self, release: ReleaseId, action_execution_id: str, gate_id: str) -> str:
        """Claim the gate of an action execution; returns the id of whoever claimed it first."""

    def open_gate(self, gate: Gate, effects: Sequence[Effect]) -> bool:
        """Write a new gate with its effects; False where it is already there."""

    def gate(self, gate_id: str) -> Gate | None:
        """One gate with its votes and tokens, or None."""

    def gate_alone(self, gate_id: str) -> Gate | None:
        """The same without its votes: one small read, however many have voted."""

    def open_gates(self) -> Sequence[Gate]:
        """Every gate that is not settled."""

    def vote(
        self, gate_id: str, vote: Vote, effects: Sequence[Effect], *, request: str = ""
    ) -> Taken:
        """Write one vote with its effects, once per principal, choice and shown digest.

        ``request`` is the digest of the signed request that brought it; one that was seen before
        writes nothing.
        """

    def ask_anew(self, gate: Gate, seen_digest: str, effects: Sequence[Effect]) -> bool:
        """Replace what an open gate shows (dossier, digest, round, asked, standing) with its
        effects; False where it no longer shows ``seen_digest`` or is not open.
        """

    def note_standing(
        self,
        gate_id: str,
        asked: Sequence[str],
        standing: Sequence[str],
        denied: Sequence[str] = (),
    ) -> None:
        """Keep who is asked, what the gate waits for and which votes do not count, for showing."""

    def note_newer(self, gate_id: str, execution: str) -> None:
        """Keep which execution waits behind the gate ("" for none), for showing."""

    def decide(
        self,
        gate_id: str,
        verdict: Verdict,
        reason: str,
        at: datetime,
        effects: Sequence[Effect] = (),
        *,
        seen_digest: str = "",
        broken_by: str = "",
    ) -> Verdict | None:
        """Decide an open gate, once, with its effects; returns the verdict that holds, ours or an
        earlier one. With ``seen_digest`` only while the gate still shows that; None where it shows
        something else by now and is open. ``broken_by`` is who broke the glass for it.
        """

    def settle(
        self,
        gate_id: str,
        settlement: str,
        at: datetime,
        effects: Sequence[Effect],
        *,
        decided_by: str = "",
    ) -> bool:
        """Mark a decided gate as settled with what AWS said; False where it was settled already.

        ``decided_by`` is the ARN of whoever answered outside Signalbox.
        """

    def review(self, gate_id: str, by: str, at: datetime, effects: Sequence[Effect]) -> bool:
        """Note who reviewed a broken glass, once; False where somebody has already."""


class CommandLedger(Protocol):
    """What people have asked for in words."""

    def give(self, command: Command, effects: Sequence[Effect]) -> bool:
        """Write a command with its effects; False where it is there already (a replay)."""

    def command(self, command_id: str) -> Command | None:
        """One command, or None."""

    def answer(
        self, command_id: str, text: str, effects: Sequence[Effect], *, denied: bool = False
    ) -> bool:
        """Keep what came of it with its effects, once; False where an answer is there already."""


class HoldLedger(Protocol):
    """Holds, and the stages that Signalbox has closed because of them."""

    def add_hold(self, hold: Hold, effects: Sequence[Effect]) -> bool:
        """Write a hold with its effects; False where one with its id is there already."""

    def end_hold(self, hold_id: str, by: str, at: datetime, effects: Sequence[Effect]) -> bool:
        """End a hold with its effects; False where it has ended already or is not there."""

    def hold(self, hold_id: str) -> Hold | None:
        """One hold, or None."""

    def standing_holds(self) -> Sequence[Hold]:
        """Every hold that nobody has ended, those whose time is over included, oldest first."""

    def closed_stages(self) -> Sequence[ClosedStage]:
        """Every stage that Signalbox keeps closed."""

    def closed_stage(self, key: str) -> ClosedStage | None:
        """One of them, or None."""

    def note_closed(self, stage: ClosedStage) -> ClosedStage:
        """Write or replace what is known of a closed stage, before it is closed; returns it as it
        was written.

        Raises AwsUnavailableError, and writes nothing, where it was written since it was read.
        """

    def note_open(self, key: str) -> None:
        """Forget a stage, after it was opened or left to a person."""


class IncidentLedger(Protocol):
    """Incidents, the lock on each target, and holds."""

    def claim_target(self, service: str, environment: str, incident: Incident) -> str:
        """Lock the target for this incident; returns the id of the incident that holds the lock."""

    def take_over_target(
        self, service: str, environment: str, incident: Incident, holder: str
    ) -> str:
        """Take the lock from a holder that is over; returns the incident that holds it now."""

    def release_target(self, service: str, environment: str, incident_id: str) -> None:
        """Give the lock back."""

    def incident(self, incident_id: str) -> Incident | None:
        """One incident, or None."""

    def save_incident(self, incident: Incident, effects: Sequence[Effect]) -> Incident:
        """Write the incident as it now stands, with its effects; returns it as it was written.

        Raises AwsUnavailableError, and writes nothing, where it was written since it was read.
        """


class SweepLedger(Protocol):
    """Sweeps."""

    def save_sweep(self, sweep: Sweep, effects: Sequence[Effect]) -> None:
        """Write the sweep as it now stands, with its effects."""

    def sweep(self, sweep_id: str) -> Sweep | None:
        """One sweep, or None."""


class Audit(Protocol):
    """One hash chain per subject. Nothing in it is ever changed."""

    def append(self, subject: str, what: str, details: Mapping[str, Any]) -> None:
        """Add an entry before the effect it speaks of. ``details`` hold no secret and no token."""

    def head(self, subject: str) -> tuple[int, str]:
        """The number and the hash of the newest entry; (0, "") where there is none."""

    def grown(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
        """When each entry later than ``since`` and up to ``until`` was written, and its subject.

        Oldest first. The index behind it lags by moments: ask for what is minutes old.
        """


class Anchors(Protocol):
    """Heads of audit chains, kept where nobody can rewrite them."""

    def anchor(self, subject: str, number: int, head: str) -> None:
        """Keep the head of one chain."""


class AnchoringLedger(Protocol):
    """How far the anchoring of grown chains has come."""

    def anchored_until(self) -> datetime | None:
        """Entries up to that moment are anchored; None where it never ran."""

    def note_anchored(self, until: datetime) -> None:
        """Note how far it has come."""


class StormLedger(Protocol):
    """Releases that share a summary because their channel could not take a message of each."""

    def join(self, storm: str, release: ReleaseId) -> None:
        """Add a release to a storm; twice is once."""

    def has(self, storm: str, release: ReleaseId) -> bool:
        """Whether a release has joined."""

    def members(self, storm: str) -> Sequence[ReleaseId]:
        """Every release that has joined."""

    def claim(self, storm: str, until: datetime) -> bool:
        """Claim the right to send its summary until then; False while somebody else has it."""

    def summary(self, storm: str) -> Summary | None:
        """The summary as it was last sent, or None."""

    def write_summary(self, storm: str, summary: Summary) -> None:
        """Note what was sent, and give the claim back."""
