"""What the use cases ask of the world. Each port is small and belongs to those who need it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.facts import (
    AlarmChanged,
    BuildChanged,
    DeploymentChanged,
    ReleaseFact,
)
from signalbox.domain.failures import BuildFailure
from signalbox.domain.gates import Change, Gate, TestResult, Verdict, Vote
from signalbox.domain.identity import AlarmId, PipelineId, ReleaseId
from signalbox.domain.incidents import Hold, Incident
from signalbox.domain.policy import Policy
from signalbox.domain.releases import Release
from signalbox.domain.routes import DEFAULT_TOPIC, RoutesInForce
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import AlarmState
from signalbox.domain.sweeps import Sweep, Thing
from signalbox.domain.truth import ExecutionTruth, PendingApproval, ReleaseNotes, Summary


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class Ids(Protocol):
    """Makes names nobody can guess."""

    def new(self) -> str:
        """A fresh random id of at least 128 bits, lower-case hexadecimal."""


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

    def open_gates(self) -> Sequence[Gate]:
        """Every gate that is not settled."""

    def vote(self, gate_id: str, vote: Vote, effects: Sequence[Effect]) -> bool:
        """Write one person's vote with its effects; False where that person has voted already."""

    def decide(self, gate_id: str, verdict: Verdict, reason: str, at: datetime) -> Verdict:
        """Decide an open gate, once; returns the verdict that holds, ours or an earlier one."""

    def settle(
        self, gate_id: str, settlement: str, at: datetime, effects: Sequence[Effect]
    ) -> bool:
        """Mark a decided gate as settled with what AWS said; False where it was settled already."""


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

    def hold(self, hold: Hold) -> None:
        """Record a hold."""

    def holds(self, pipeline: PipelineId) -> Sequence[Hold]:
        """The holds on a pipeline's stages."""


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


class Bells(Protocol):
    """The queues that say an effect is pending."""

    def ring(self, effect: Effect, *, delay_seconds: int = 0) -> None:
        """Ring the bell of one effect. ``delay_seconds`` (0 to 900) works on the work queue."""


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


class Messenger(Protocol):
    """Slack. ``message`` holds ``text`` and ``blocks``."""

    def post(self, channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
        """Post a message; returns its (channel id, ts)."""

    def update(self, channel: str, ts: str, message: Mapping[str, Any]) -> None:
        """Replace a message's content."""

    def reply(self, channel: str, ts: str, message: Mapping[str, Any], *, broadcast: bool) -> str:
        """Answer in a message's thread; returns the reply's ts."""


class People(Protocol):
    """Who is who in Slack."""

    def id_of_email(self, email: str) -> str | None:
        """The Slack user id that belongs to an e-mail, or None where Slack knows nobody by it."""


class Modals(Protocol):
    """Slack's dialogs."""

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Open a modal, within three seconds of the click that gave ``trigger_id``."""


class Routes(Protocol):
    """The document that says where messages go."""

    def in_force(self) -> RoutesInForce:
        """The last good routes, and what is wrong with the newest document, if anything is."""


class Pace(Protocol):
    """At most one message or edit per second and channel, whoever sends it."""

    def turn(self, channel: str, *, within: timedelta) -> bool:
        """Wait for the channel's next free second; False, without waiting, where it is further
        off than ``within``.
        """


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


class Counters(Protocol):
    """Metrics that alarms listen to."""

    def count(self, name: str) -> None:
        """Add one to the count of that name."""


class Publisher(Protocol):
    """SNS, for people who read e-mail."""

    def publish(self, subject: str, text: str, *, topic: str = DEFAULT_TOPIC) -> None:
        """Publish to a topic: the stack's own, or one by its ARN. ``subject`` is cut to SNS's 100
        ASCII characters. Raises AwsRefusedError where the right is missing or the topic is.
        """


class Workflows(Protocol):
    """Step Functions."""

    def start(self, workflow: str, name: str, payload: Mapping[str, Any]) -> None:
        """Start ``approval``, ``rollback`` or ``cleanup`` under a name; started already is fine."""

    def complete(self, task_token: str, output: Mapping[str, Any]) -> bool:
        """Hand a verdict to the waiting machine; False where it no longer waits."""
