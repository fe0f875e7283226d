"""Every port in memory. Fakes keep the rules of the real thing and show what was asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from signalbox.domain.audit import AuditEntry, entry_hash
from signalbox.domain.effects import Effect
from signalbox.domain.errors import AwsRefusedError, SlackRefusedError
from signalbox.domain.identity import AlarmId, PipelineId, ReleaseId
from signalbox.domain.policy import Policy
from signalbox.domain.routes import DEFAULT_TOPIC, RoutesInForce, RouteTable
from signalbox.domain.services import Environment, LambdaTarget, Service

from tests.memory_ledger import MemoryLedger
from tests.scripted_aws import (
    KnownDirectory,
    ListedWaivers,
    ScriptedAlarms,
    ScriptedArtifacts,
    ScriptedBuilds,
    ScriptedPipelines,
    ScriptedScans,
    ScriptedSchedules,
    ScriptedTargets,
)

__all__ = ["MemoryLedger"]  # reached from here as all fakes are

ACCOUNT = "123456789012"
REGION = "us-east-1"
PIPELINE = PipelineId(account=ACCOUNT, region=REGION, name="hello")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def release_id(execution: str = "11111111-aaaa-4bbb-8ccc-000000000001") -> ReleaseId:
    return ReleaseId(pipeline=PIPELINE, execution=execution)


def a_service(name: str = "hello", **changes: Any) -> Service:
    """The service of the examples, with its two environments."""

    def environment(of: str) -> Environment:
        return Environment(
            name=of,
            stage=of.capitalize(),
            target=LambdaTarget(function=f"{name}-{of}", alias="live"),
            alarms=(f"{name}-{of}-errors",),
        )

    service = Service(
        name=name,
        pipeline=replace(PIPELINE, name=name),
        operator_role_arn=f"arn:aws:iam::{ACCOUNT}:role/signalbox-operator-{name}",
        artifact_bucket=f"{name}-artifacts",
        environments=(environment("staging"), environment("production")),
    )
    return replace(service, **changes)


class FixedClock:
    """A clock that moves when told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        self.moment += by


class CountingIds:
    """Ids that can be told in advance: 000…1, 000…2."""

    def __init__(self) -> None:
        self.count = 0

    def new(self) -> str:
        self.count += 1
        return f"{self.count:032x}"


@dataclass
class RecordingBells:
    """Bells that remember each ring as (effect, delay), and which of them rang anew."""

    rings: list[tuple[Effect, int]] = field(default_factory=list)
    anew: list[Effect] = field(default_factory=list)
    fail_with: Exception | None = None

    def ring(self, effect: Effect, *, delay_seconds: int = 0, anew: bool = False) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        if anew:
            self.anew.append(effect)
        self.rings.append((effect, delay_seconds))

    @property
    def rung(self) -> list[Effect]:
        return [effect for effect, _ in self.rings]


class MemoryAudit:
    """Hash chains in memory, by the real arithmetic."""

    def __init__(self, clock: FixedClock | None = None) -> None:
        self.clock = clock or FixedClock()
        self.chains: dict[str, list[AuditEntry]] = {}

    def append(self, subject: str, what: str, details: Mapping[str, Any]) -> None:
        number, previous = self.head(subject)
        content: dict[str, Any] = {
            "subject": subject,
            "number": number + 1,
            "what": what,
            "details": dict(details),
            "at": self.clock.now(),
            "previous": previous,
        }
        entry = AuditEntry(**content, hash=entry_hash(**content))
        self.chains.setdefault(subject, []).append(entry)

    def head(self, subject: str) -> tuple[int, str]:
        chain = self.chains.get(subject)
        return (chain[-1].number, chain[-1].hash) if chain else (0, "")

    def grown(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
        entries = [entry for chain in self.chains.values() for entry in chain]
        yield from sorted((e.at, e.subject) for e in entries if since < e.at <= until)

    def said(self, subject: str) -> list[str]:
        """What was said of a subject, oldest first."""
        return [entry.what for entry in self.chains.get(subject, [])]


@dataclass
class MemoryAnchors:
    """Anchors in memory, as (subject, number, head)."""

    anchored: list[tuple[str, int, str]] = field(default_factory=list)

    def anchor(self, subject: str, number: int, head: str) -> None:
        self.anchored.append((subject, number, head))


@dataclass
class MemoryAnchoring:
    """How far anchoring has come, in memory."""

    until: datetime | None = None

    def anchored_until(self) -> datetime | None:
        return self.until

    def note_anchored(self, until: datetime) -> None:
        self.until = until


@dataclass
class ListedServices:
    """Parameter Store's services as a list."""

    listed: list[Service] = field(default_factory=lambda: [a_service()])

    def all(self) -> Sequence[Service]:
        return tuple(self.listed)

    def of_pipeline(self, pipeline: PipelineId) -> Service | None:
        return next((one for one in self.listed if one.pipeline == pipeline), None)

    def of_alarm(self, alarm: AlarmId) -> tuple[Service, Environment] | None:
        for service in self.listed:
            if environment := service.environment_of_alarm(alarm):
                return service, environment
        return None


@dataclass
class FixedPolicies:
    """One policy for every pipeline, unless a pipeline has its own."""

    default: Policy = field(default_factory=Policy)
    own: dict[str, Policy] = field(default_factory=dict)
    fault: str = ""

    def policy_for(self, pipeline: PipelineId, stage: str = "") -> Policy:
        own = self.own.get(f"{pipeline.name}/{stage}") or self.own.get(pipeline.name)
        return own or self.default

    def fault_of(self, pipeline: PipelineId) -> str:
        return self.fault


@dataclass
class RecordingMessenger:
    """Slack that remembers: messages by ts as they now stand, replies by the ts they answer, and
    whispers as (channel, user, text).
    """

    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: list[tuple[str, str]] = field(default_factory=list)
    replies: list[tuple[str, Mapping[str, Any], bool]] = field(default_factory=list)
    whispers: list[tuple[str, str, str]] = field(default_factory=list)
    fail_with: Exception | None = None

    def post(self, channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
        self._maybe_fail()
        ts = f"17000000{len(self.messages):02d}.000100"
        self.messages[ts] = {"channel": channel, **message}
        return f"C-{channel.lstrip('#')}", ts

    def update(self, channel: str, ts: str, message: Mapping[str, Any]) -> None:
        self._maybe_fail()
        if ts not in self.messages:
            raise SlackRefusedError("no such message", code="message_not_found")
        self.messages[ts] = {"channel": channel, **message}
        self.updates.append((channel, ts))

    def reply(self, channel: str, ts: str, message: Mapping[str, Any], *, broadcast: bool) -> str:
        self._maybe_fail()
        self.replies.append((ts, message, broadcast))
        return f"{ts}-{len(self.replies)}"

    def whisper(self, channel: str, user: str, message: Mapping[str, Any]) -> None:
        self._maybe_fail()
        self.whispers.append((channel, user, message["text"]))

    def _maybe_fail(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with


@dataclass
class RecordingPublisher:
    """SNS that remembers (subject, text)."""

    published: list[tuple[str, str]] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)

    def publish(self, subject: str, text: str, *, topic: str = DEFAULT_TOPIC) -> None:
        if topic in self.denied:
            raise AwsRefusedError(f"no right to publish to {topic}", code="AuthorizationError")
        self.published.append((subject, text))
        self.topics.append(topic)


@dataclass
class RecordingWorkflows:
    """Step Functions that remembers. A name starts once; a token is answered once."""

    started: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    completed: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    fail_with: Exception | None = None
    on_start: Callable[[str], None] = lambda _: None

    def start(self, workflow: str, name: str, payload: Mapping[str, Any]) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        self.on_start(name)
        self.started.setdefault(name, (workflow, payload))

    def complete(self, task_token: str, output: Mapping[str, Any]) -> bool:
        if self.fail_with is not None:
            raise self.fail_with
        if task_token not in self.waiting:
            return False
        self.waiting.remove(task_token)
        self.completed.append((task_token, output))
        return True


@dataclass
class KnownPeople:
    """Slack's members by e-mail."""

    ids: dict[str, str] = field(default_factory=dict)

    def id_of_email(self, email: str) -> str | None:
        return self.ids.get(email)


@dataclass
class RecordingModals:
    """Modals that remember (trigger id, view)."""

    opened: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        self.opened.append((trigger_id, view))


@dataclass
class OneRoute:
    """Every message goes to one channel."""

    channel: str = "#releases"

    def in_force(self) -> RoutesInForce:
        return RoutesInForce(table=RouteTable(channel=self.channel))


class FakeWorld:
    """All ports together, as the wiring has them; one memory stands behind every ledger."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.ids = CountingIds()
        self.ledger = MemoryLedger()
        self.releases = self.observations = self.effects = self.ledger
        self.gates = self.incidents = self.sweeps = self.ledger
        self.holds = self.commands = self.ledger
        self.directory = KnownDirectory()
        self.waivers = ListedWaivers()
        self.schedules = ScriptedSchedules()
        self.scans = ScriptedScans()
        self.audit = MemoryAudit(self.clock)
        self.anchors = MemoryAnchors()
        self.anchoring = MemoryAnchoring()
        self.bells = RecordingBells()
        self.pipelines = ScriptedPipelines()
        self.builds = ScriptedBuilds()
        self.artifacts = ScriptedArtifacts()
        self.targets = ScriptedTargets()
        self.alarms = ScriptedAlarms()
        self.services = ListedServices()
        self.policies = FixedPolicies()
        self.people = KnownPeople()
        self.messenger = RecordingMessenger()
        self.modals = RecordingModals()
        self.publisher = RecordingPublisher()
        self.routes = OneRoute()
        self.workflows = RecordingWorkflows()
