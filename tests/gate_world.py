"""A world of fakes around one release that waits for approval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from signalbox.adapters.secrets import SlackSecret
from signalbox.domain.facts import ActionChanged, Commit, PipelineChanged, StageChanged
from signalbox.domain.gates import Change, Choice, Gate, Taken, TestResult, Vote
from signalbox.domain.listing import Listing
from signalbox.domain.people import Directory, Person
from signalbox.domain.routes import RoutesInForce, RouteTable
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.truth import ExecutionTruth, PendingApproval, PostedMessage, ReleaseNotes
from signalbox.domain.voters import Card, Voter
from signalbox.usecases.open_gate import GateRequest, open_gate
from signalbox.usecases.record_vote import Said, open_gate_of, record_vote

from tests.fakes import (
    NOW,
    CountingIds,
    FixedClock,
    FixedPolicies,
    ListedServices,
    MemoryAudit,
    RecordingBells,
    RecordingMessenger,
    RecordingPublisher,
    RecordingWorkflows,
    release_id,
)
from tests.leaving import APPROVAL_TOKEN, BOT_TOKEN, SIGNING_SECRET, TASK_TOKEN, WORLDS
from tests.memory_ledger import MemoryLedger
from tests.memory_storms import MemoryStorms
from tests.scripted_aws import (
    KnownDirectory,
    ListedWaivers,
    ScriptedAlarms,
    ScriptedArtifacts,
    ScriptedBuilds,
    ScriptedPipelines,
    ScriptedScans,
    ScriptedSchedules,
)

RELEASE = release_id()
APPROVAL_ID = "22222222-aaaa-4bbb-8ccc-000000000002"
COMMIT = Commit(
    id="4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e",
    message="Greet by name\n\nLonger words.",
    author_name="Ada",
    author_email="ada@example.com",
    branch="main",
    repository="example/hello",
)
CHANGES = (
    Change(id=COMMIT.id, author_name="Ada", author_email="ada@example.com", subject="Greet"),
    Change(id="b" * 40, author_name="Alan", author_email="alan@example.com", subject="Tidy"),
)
DIGEST = "d" * 64


def a_person(id: str, **more: Any) -> Person:
    """Somebody with one Slack id, one address and one AWS principal."""
    known: dict[str, Any] = {
        "slack": frozenset({f"U0{id.upper()}"}),
        "emails": frozenset({f"{id}@example.com"}),
        "aws": frozenset({f"arn:aws:sts::123456789012:assumed-role/Team/{id}"}),
        "name": id.capitalize(),
    }
    return Person(id=id, **known | more)


EVERYBODY = Directory(
    people=tuple(map(a_person, ("ada", "alan", "grace", "linus", "barbara", "edsger")))
)
MESSAGE = ("C-releases", "1700000000.000100")
POSTED = PostedMessage(channel=MESSAGE[0], ts=MESSAGE[1], to="#releases")


@dataclass
class KnownPeople:
    """Slack's users by e-mail."""

    ids: dict[str, str] = field(
        default_factory=lambda: {"ada@example.com": "U0ADA", "alan@example.com": "U0ALAN"}
    )

    def id_of_email(self, email: str) -> str | None:
        return self.ids.get(email)


@dataclass
class RecordingModals:
    """Modals that remember (trigger id, view)."""

    opened: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    fail_with: Exception | None = None

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        self.opened.append((trigger_id, view))


@dataclass
class FixedRoutes:
    """One channel for all, until told otherwise."""

    table: RouteTable = field(default_factory=lambda: RouteTable(channel="#releases"))
    fault: str = ""

    def in_force(self) -> RoutesInForce:
        return RoutesInForce(table=self.table, fault=self.fault)


class FreePace:
    """A channel that takes all, until told that it is crowded; remembers the turns."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.crowded = False

    def turn(self, channel: str, *, within: timedelta) -> bool:
        if self.crowded:
            return False
        self.turns.append(channel)
        return True


@dataclass
class CountedMetrics:
    """Metrics that remember."""

    counted: Counter[str] = field(default_factory=Counter)

    def count(self, name: str) -> None:
        self.counted[name] += 1


@dataclass
class CountedSecrets:
    """Slack's secrets, counting the reads."""

    signing_secrets: tuple[str, ...] = (SIGNING_SECRET,)
    reads: int = 0
    fail_with: Exception | None = None

    def current(self) -> SlackSecret:
        self.reads += 1
        if self.fail_with is not None:
            raise self.fail_with
        return SlackSecret(bot_token=BOT_TOKEN, signing_secrets=self.signing_secrets)


class GateWorld:
    """Everything the gate's use cases ask for; ``hello`` waits at its Approval stage."""

    def __init__(self) -> None:
        WORLDS.add(self)
        self.ledger = MemoryLedger()
        self.releases = self.gates = self.effects = self.ledger
        self.incidents = self.sweeps = self.holds = self.commands = self.ledger
        self.clock = FixedClock()
        self.directory = KnownDirectory(EVERYBODY)
        self.waivers = ListedWaivers()
        self.schedules = ScriptedSchedules()
        self.scans = ScriptedScans()
        self.ids = CountingIds()
        self.bells = RecordingBells()
        self.audit = MemoryAudit(self.clock)
        self.services = ListedServices()
        self.policies = FixedPolicies()
        self.pipelines = ScriptedPipelines()
        self.builds = ScriptedBuilds()
        self.artifacts = ScriptedArtifacts()
        self.alarms = ScriptedAlarms()
        self.people = KnownPeople()
        self.messenger = RecordingMessenger()
        self.publisher = RecordingPublisher()
        self.routes = FixedRoutes()
        self.pace: Any = FreePace()
        self.storms = MemoryStorms(self.clock)
        self.counters = CountedMetrics()
        self.workflows = RecordingWorkflows()
        self.modals = RecordingModals()
        self.slack_secrets = CountedSecrets()
        self._a_release_waits()

    def _a_release_waits(self) -> None:
        self.ledger.record(
            PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOW), []
        )
        for stage in ("Source", "Build", "Staging"):
            for state in (ExecutionState.STARTED, ExecutionState.SUCCEEDED):
                self.ledger.record(
                    StageChanged(release=RELEASE, stage=stage, state=state, at=NOW), []
                )
        self.ledger.record(
            StageChanged(release=RELEASE, stage="Approval", state=ExecutionState.STARTED, at=NOW),
            [],
        )
        self.ledger.record(a_build(ActionState.SUCCEEDED), [])
        self.builds.results["hello:1"] = TestResult(passed=12)
        self.pipelines.truths[RELEASE] = a_truth()
        self.pipelines.approvals[APPROVAL_ID] = PendingApproval(
            release=RELEASE,
            stage="Approval",
            action="Approve",
            action_execution_id=APPROVAL_ID,
            token=APPROVAL_TOKEN,
        )
        self.artifacts.listed[RELEASE] = Listing(changes=CHANGES, digest=DIGEST)

    def opened_gate(self) -> Gate:
        """Open the gate, as its message was posted and its machine left its task token."""
        answer = open_gate(a_request(), self)
        self.ledger.write_notes(RELEASE, messages=(POSTED,))
        self.ledger.token_arrives(answer["gateId"], TASK_TOKEN)
        self.workflows.waiting.add(TASK_TOKEN)
        return self.the_gate()

    def the_gate(self) -> Gate:
        return next(iter(self.ledger.gates.values()))

    def notes(self) -> ReleaseNotes:
        return self.ledger.notes(RELEASE)


def a_truth(**changes: Any) -> ExecutionTruth:
    known: dict[str, Any] = {
        "release": RELEASE,
        "status": "InProgress",
        "kind": "STANDARD",
        "started_by": "",
        "trigger_type": "WebhookV2",
        "pipeline_version": 1,
        "commit": COMMIT,
    }
    return ExecutionTruth(**known | changes)


def an_authors_approval(gate: Gate) -> Vote:
    """Ada, who wrote the change, approves it."""
    return Vote(
        principal="slack:T0001:U0ADA",
        name="ada",
        choice=Choice.APPROVE,
        at=NOW,
        shown_digest=gate.shown_digest,
    )


def a_build(state: ActionState) -> ActionChanged:
    return ActionChanged(
        release=RELEASE,
        stage="Build",
        action="BuildAndTest",
        state=state,
        at=NOW,
        category="Build",
        provider="CodeBuild",
        action_execution_id="b-1",
        external_id="hello:1",
    )


def an_answered_approval(state: ActionState, summary: str) -> ActionChanged:
    return ActionChanged(
        release=RELEASE,
        stage="Approval",
        action="Approve",
        state=state,
        at=NOW,
        category="Approval",
        provider="Manual",
        action_execution_id=APPROVAL_ID,
        summary=summary,
    )


def a_request() -> GateRequest:
    return GateRequest(
        release=RELEASE, stage="Approval", action="Approve", action_execution_id=APPROVAL_ID
    )


def card_of(gate: Gate, **changes: str) -> Card:
    shown = {
        "gate": gate.id,
        "digest": gate.shown_digest,
        "channel": MESSAGE[0],
        "ts": MESSAGE[1],
    }
    return Card(**shown | changes)


def a_voter(user: str = "U0GRACE", name: str = "grace") -> Voter:
    return Voter(team="T0001", user=user, name=name)


def say(
    world: GateWorld,
    choice: Choice,
    user: str = "U0GRACE",
    *,
    reason: str = "",
    ticket: str = "",
    request: str = "",
    gate: Gate | None = None,
    **card: str,
) -> Taken | None:
    """Somebody votes on the card of the gate; an ARN for ``user`` votes from a terminal."""
    principal = f"aws:{user}" if user.startswith("arn:") else f"slack:T0001:{user}"
    said = Said(
        principal=principal,
        name=user.rpartition("/")[2].lower(),
        choice=choice,
        reason=reason,
        ticket=ticket,
        request=request,
    )
    posted = world.notes().messages
    place = {"channel": posted[0].channel, "ts": posted[0].ts} if posted else {}
    return vote_on(card_of(gate or world.the_gate(), **place | card), said, world)


def vote_on(card: Card, said: Said, world: Any) -> Taken | None:
    """A vote on a card, as it is taken where the card is an open gate's."""
    gate = open_gate_of(card, gates=world.gates, releases=world.releases)
    if gate is None:
        return None
    return record_vote(gate, said, gates=world.gates, bells=world.bells, clock=world.clock)
