"""A control plane in memory whose ledger is the real adapters' over the quick DynamoDB.

CodePipeline answers each approval once; Step Functions keeps its machines by name and runs the
steps of statemachines/approval.asl.json, its retries included; queues deliver what was rung.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from signalbox.adapters.dynamodb_audit import DynamoDbAudit
from signalbox.adapters.dynamodb_commands import DynamoDbCommands
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_holds import DynamoDbHolds
from signalbox.adapters.dynamodb_incidents import DynamoDbIncidents
from signalbox.adapters.dynamodb_observations import DynamoDbObservations
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import RetryableError, SignalboxError
from signalbox.domain.facts import ActionChanged, PipelineChanged
from signalbox.domain.gates import TestResult
from signalbox.domain.identity import ReleaseId
from signalbox.domain.listing import Listing
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.truth import PendingApproval, PostedMessage
from signalbox.usecases.dispatch import dispatch
from signalbox.usecases.open_gate import GateRequest, open_gate
from signalbox.usecases.reconcile import reconcile
from signalbox.usecases.record_fact import record_fact
from signalbox.usecases.settle_gate import settle_gate

from tests.fakes import ACCOUNT, NOW, PIPELINE, FixedClock, MemoryAnchoring, MemoryAnchors
from tests.gate_world import CHANGES, COMMIT, GateWorld, KnownPeople, a_truth
from tests.interleavings.a_team import DIRECTORY, POLICIES
from tests.interleavings.faults import DiedError, Faults, Faulty
from tests.interleavings.quick_dynamodb import QuickDynamoDb
from tests.memory_ledger import MemoryLedger
from tests.scripted_aws import KnownDirectory

RETRIES = 8
"""Of a step of the approval machine (statemachines/approval.asl.json)."""


@dataclass
class Execution:
    """One run of the approval machine."""

    payload: Mapping[str, Any]
    state: str = "OpenGate"
    gate: str = ""
    token: str = ""
    verdict: str = ""
    tries: int = 0
    ends_at: Any = None


@dataclass
class Machines:
    """Step Functions with the approval machine."""

    world: InterleavedWorld
    executions: dict[str, Execution] = field(default_factory=dict)

    def start(self, workflow: str, name: str, payload: Mapping[str, Any]) -> None:
        assert workflow == "approval", workflow
        self.executions.setdefault(name, Execution(payload))

    def complete(self, task_token: str, output: Mapping[str, Any]) -> bool:
        for one in self.executions.values():
            if one.state == "AwaitVerdict" and one.token == task_token:
                one.state, one.verdict, one.tries = "SettleGate", output["verdict"], 0
                return True
        return False

    def step(self) -> None:
        """Each execution that can takes one step."""
        for name, one in list(self.executions.items()):
            if one.state == "AwaitVerdict" and self.world.clock.now() >= one.ends_at:
                one.state, one.verdict, one.tries = "SettleGate", "EXPIRED", 0
            elif one.state == "OpenGate":
                self._task(one, lambda one=one, name=name: self._open(one, name))
            elif one.state == "SettleGate":
                self._task(one, lambda one=one: self._settle(one))

    def _task(self, one: Execution, work: Callable[[], None]) -> None:
        try:
            work()
        except (RetryableError, DiedError):
            one.tries += 1
            if one.tries > RETRIES:
                one.state = "Failed"
        except SignalboxError:
            one.state = "Failed"

    def _open(self, one: Execution, name: str) -> None:
        answer = open_gate(GateRequest.from_input(one.payload), self.world)
        one.tries = 0
        if answer["decision"] == "NONE":
            one.state = "Succeeded"
            return
        one.gate = answer["gateId"]
        if answer["decision"] != "ASK":
            one.state, one.verdict = "SettleGate", answer["verdict"]
            return
        one.token = f"task-token-{name}"
        one.ends_at = self.world.clock.now() + timedelta(seconds=answer["expiresInSeconds"])
        one.state = "AwaitVerdict"
        with self.world.without_faults():
            self.world.table.update(
                f"gate#{one.gate}",
                "gate",
                Change(
                    "SET task_token = :token",
                    condition="attribute_exists(pk)",
                    values={":token": one.token},
                ),
            )

    def _settle(self, one: Execution) -> None:
        settle_gate(one.gate, one.verdict, self.world)
        one.state = "Succeeded"


@dataclass
class Bells:
    """The work queue. Announcements are told by nobody here."""

    rung: list[Effect] = field(default_factory=list)

    def ring(self, effect: Effect, *, delay_seconds: int = 0, anew: bool = False) -> None:
        if effect.kind is not EffectKind.ANNOUNCE:
            self.rung.append(effect)


class InterleavedWorld(GateWorld):
    """All ports, with faults in front of each."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.dynamodb = QuickDynamoDb(faults.to_dynamodb)
        super().__init__()

    def _a_release_waits(self) -> None:
        self.clock = FixedClock(NOW)
        self.table = LedgerTable(client=self.dynamodb, name="ledger", pause=lambda _: None)
        self.ledger: MemoryLedger = None  # type: ignore[assignment]
        self.releases = DynamoDbReleases(self.table)  # type: ignore[assignment]
        self.observations = DynamoDbObservations(self.table)
        self.effects = DynamoDbEffects(self.table)  # type: ignore[assignment]
        self.gates = DynamoDbGates(self.table)  # type: ignore[assignment]
        self.incidents = DynamoDbIncidents(self.table)  # type: ignore[assignment]
        self.holds = DynamoDbHolds(self.table)
        self.commands = DynamoDbCommands(self.table)  # type: ignore[assignment]
        self.audit = DynamoDbAudit(  # type: ignore[assignment]
            client=self.dynamodb, table="audit", clock=self.clock
        )
        self.directory = KnownDirectory(DIRECTORY)
        self.people = KnownPeople({})
        self.anchors = MemoryAnchors()
        self.anchoring = MemoryAnchoring(NOW + timedelta(days=999))
        self.codepipeline = self.pipelines
        self.machines = Machines(self)
        self.work = Bells()
        self.pipelines = Faulty(  # type: ignore[assignment]
            self.codepipeline, self.faults, "answer_approval", "pending_approval", "facts",
            "execution", "transitions",
        )  # fmt: skip
        self.workflows = Faulty(self.machines, self.faults, "start", "complete")  # type: ignore[assignment]
        self.bells = Faulty(self.work, self.faults, "ring")  # type: ignore[assignment]
        self.policies.default = POLICIES["one"]

    def without_faults(self) -> Any:
        """A context in which nothing fails: somebody else's doing."""
        return _Quiet(self.faults)

    # What happens outside

    def arrive(self, number: int) -> ReleaseId:
        """An execution comes to its approval; its events may be on the way or lost."""
        release = ReleaseId(
            pipeline=PIPELINE, execution=f"{number:08d}-aaaa-4bbb-8ccc-0000000000ee"
        )
        began = PipelineChanged(
            release=release, state=ExecutionState.STARTED, at=self.clock.now(), commit=COMMIT
        )
        asked = ActionChanged(
            release=release,
            stage="Approval",
            action="Approve",
            state=ActionState.STARTED,
            at=self.clock.now(),
            category="Approval",
            provider="Manual",
            action_execution_id=action_of(release),
        )
        self.codepipeline.told[release] = [began, asked]
        self.codepipeline.truths[release] = replace(a_truth(), release=release)
        self.codepipeline.approvals[action_of(release)] = PendingApproval(
            release=release,
            stage="Approval",
            action="Approve",
            action_execution_id=action_of(release),
            token=f"approval-token-{number}",
        )
        self.builds.results["hello:1"] = TestResult(passed=12)
        self.ship(release, "a")
        return release

    def ship(self, release: ReleaseId, letter: str) -> None:
        """What the release would ship from now on."""
        self.artifacts.listed[release] = Listing(changes=CHANGES, digest=letter * 64)

    def end(self, release: ReleaseId, state: ActionState, summary: str, by: str = "") -> None:
        """The approval ended in CodePipeline."""
        asked = self.codepipeline.told[release][1]
        ended = replace(asked, state=state, summary=summary, by=by, at=self.clock.now())
        self.codepipeline.told[release].append(ended)

    # What Lambda does

    def hear(self, release: ReleaseId) -> None:
        """The events of a release reach the inbox."""
        for fact in self.codepipeline.told[release]:
            self._invoke(lambda fact=fact: record_fact(fact, self, allowed_accounts={ACCOUNT}))

    def deliver(self, place: int) -> None:
        """One of the bells is heard; what fails comes again, as SQS brings it."""
        if not self.work.rung:
            return
        effect = self.work.rung.pop(place % len(self.work.rung))
        bell = {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key}
        self._invoke(lambda: dispatch(bell, self))  # type: ignore[arg-type]

    def reconcile(self) -> None:
        self._invoke(lambda: reconcile(self))  # type: ignore[arg-type]

    def _invoke(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except (SignalboxError, DiedError):
            return

    # What can be looked at

    def items(self, sort_key: str) -> list[dict[str, Any]]:
        """The ledger's items whose sort key begins so, as DynamoDB has them."""
        table = self.dynamodb.tables.get("ledger", {})
        return [item for (_, sk), item in table.items() if sk.startswith(sort_key)]

    def tell_announcements(self) -> None:
        """As if ``announce`` had told everything: the messages stand, and nothing is pending."""
        with self.without_faults():
            for effect in self.effects.pending(self.clock.now() + timedelta(days=999)):
                if effect.kind is EffectKind.ANNOUNCE:
                    self.effects.finish(effect, EffectStatus.DONE)

    def post(self, release: ReleaseId) -> PostedMessage:
        """The release's message stands in its channel."""
        message = PostedMessage(
            channel="C-releases", ts=f"1.{release.execution[:8]}", to="#releases"
        )
        with self.without_faults():
            if not self.releases.notes(release).messages:
                self.releases.write_notes(release, messages=(message,))
        return message


class _Quiet:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def __enter__(self) -> None:
        self._faults.off = True

    def __exit__(self, *_: object) -> None:
        self._faults.off = False


def action_of(release: ReleaseId) -> str:
    """The action execution of a release's approval."""
    return f"approval-{release.execution[:8]}"
