"""Every effect on the outside world is in the audit of its subject before it is done."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import signalbox.usecases
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import SlackRefusedError
from signalbox.domain.facts import ActionChanged, PipelineChanged, StageChanged
from signalbox.domain.gates import Choice, Verdict, Vote
from signalbox.domain.identity import AlarmId, ReleaseId
from signalbox.domain.states import ActionState, AlarmState, ExecutionState
from signalbox.domain.sweeps import Judgement, Sweep, Thing
from signalbox.usecases.anchor_audit import anchor_grown
from signalbox.usecases.announce import announce
from signalbox.usecases.ask_for_hotfix import ask_for_hotfix
from signalbox.usecases.attempt_rung import attempt_rung
from signalbox.usecases.close_stage import close_stage
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.dispatch import dispatch
from signalbox.usecases.open_incident import AlarmRequest, open_incident
from signalbox.usecases.plan_ladder import plan_ladder
from signalbox.usecases.settle_gate import settle_gate
from signalbox.usecases.settle_hotfix import settle_hotfix
from signalbox.usecases.verify_rung import verify_rung

from tests.fakes import ACCOUNT, NOW, PIPELINE, REGION, FakeWorld
from tests.gate_world import RELEASE, GateWorld, a_truth, an_authors_approval
from tests.unit.holds.held_pipeline import HeldWorld, execution_id

SUBJECT = f"release#{RELEASE.key}"
ALARM = AlarmId(account=ACCOUNT, region=REGION, name="hello-production-errors")

EFFECTS = {
    "messenger": {"post", "update", "reply"},
    "publisher": {"publish"},
    "workflows": {"start", "complete"},
    "pipelines": {
        "answer_approval", "close_stage", "open_stage", "roll_back_stage", "start_again",
    },
    "targets": {"verify"},
    "anchors": {"anchor"},
}  # fmt: skip
"""Per port, the calls that change something outside, or that others see. Not here: bells, which
carry no news but that an effect is pending; modals, which answer the click of the one person who
sees them, and are opened by the endpoint, which has no right to the audit at all; nor whispers,
which tell one person what the audit has from the use case before."""

EARLIER = {"anchors.anchor"}
"""Effects whose entry may be an older one of the subject: an anchor is of an entry."""


@dataclass
class Witness:
    """Listens at the ports of a world. Each effect uses up the entries before it, and so does the
    end of a step: the entry must be of the same run of the same use case.

    ``subjects`` are the beginnings of those whose entries count.
    """

    world: Any
    subjects: set[str]
    fresh: bool = False
    ever: bool = False
    unannounced: list[str] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        append = self.world.audit.append

        def noted(subject: str, what: str, details: Any) -> None:
            append(subject, what, details)
            if any(subject.startswith(ours) for ours in self.subjects):
                self.fresh = self.ever = True

        self.world.audit.append = noted
        for port, methods in EFFECTS.items():
            for method in methods:
                if hasattr(self.world, port):
                    self._listen(getattr(self.world, port), port, method)

    def step(self, use_case: Callable[..., Any], *given: Any) -> Any:
        """One run of a use case."""
        self.fresh = False
        return use_case(*given, self.world)

    def _listen(self, port: Any, name: str, method: str) -> None:
        real = getattr(port, method)

        def heard(*args: Any, **kwargs: Any) -> Any:
            effect = f"{name}.{method}"
            caller = sys._getframe(1).f_globals["__name__"].removeprefix("signalbox.usecases.")
            self.seen.add((caller, effect))
            if not (self.ever if effect in EARLIER else self.fresh):
                self.unannounced.append(f"{effect} by {caller}")
            self.fresh = False
            return real(*args, **kwargs)

        setattr(port, method, heard)


def a_waiting_gate() -> tuple[GateWorld, Witness]:
    world = GateWorld()
    return world, Witness(world, {SUBJECT})


def ring(
    world: Any, kind: EffectKind, subject: str = SUBJECT, *, ago: int = 0, **payload: str
) -> None:
    """``ago`` are seconds since the effect was written."""
    effect = Effect(
        kind=kind, subject=subject, key=f"k{len(payload)}-{world.clock.now()}", payload=payload,
        created_at=world.clock.now() - timedelta(seconds=ago),
    )  # fmt: skip
    world.effects.add([effect])
    bell = {"subject": subject, "kind": kind.value, "key": effect.key}
    (announce if kind is EffectKind.ANNOUNCE else dispatch)(bell, world)


def a_release_is_told_of() -> Witness:
    """Posted, edited, failed: progress, replies and e-mails."""
    world, witness = a_waiting_gate()
    ring(world, EffectKind.ANNOUNCE, release=RELEASE.key)
    failed = ExecutionState.FAILED
    facts = [
        ActionChanged(
            release=RELEASE, stage="Build", action="BuildAndTest", state=ActionState.FAILED, at=NOW,
            attempt=2,
        ),
        StageChanged(release=RELEASE, stage="Build", state=failed, at=NOW, attempt=2),
        PipelineChanged(release=RELEASE, state=failed, at=NOW, attempt=2),
    ]  # fmt: skip
    for fact in facts:
        world.ledger.record(fact, [])
    world.clock.advance(timedelta(seconds=1))
    ring(world, EffectKind.ANNOUNCE, release=RELEASE.key)
    return witness


def slack_is_silent() -> Witness:
    world, witness = a_waiting_gate()
    world.messenger.fail_with = SlackRefusedError("no", code="channel_not_found")
    ring(world, EffectKind.ANNOUNCE, release=RELEASE.key)
    return witness


def a_storm_is_told_of() -> Witness:
    """Two releases share a summary, which is posted, and edited."""
    world = GateWorld()
    witness = Witness(world, {"release#", "storm#"})
    other = replace(RELEASE, execution="44444444-aaaa-4bbb-8ccc-000000000004")
    world.ledger.record(PipelineChanged(release=other, state=ExecutionState.STARTED, at=NOW), [])
    for release in (RELEASE, other):
        turns = iter([False] if release is RELEASE else [])  # then the crowd is known
        world.pace.turn = lambda *_, turns=turns, **__: next(turns, True)
        ring(world, EffectKind.ANNOUNCE, f"release#{release.key}", ago=60, release=release.key)
        world.clock.advance(timedelta(seconds=1))
    return witness


def nobody_can_read_the_routes() -> Witness:
    world, witness = a_waiting_gate()
    witness.subjects.add("routes")
    world.routes.fault = "line 1: not JSON"
    ring(world, EffectKind.ANNOUNCE, release=RELEASE.key)
    return witness


def nobody_can_read_a_policy() -> Witness:
    world, witness = a_waiting_gate()
    witness.subjects.add("documents")
    fault = {"what": "/signalbox/box/policy/hello: no JSON"}
    effect = Effect(
        kind=EffectKind.ANNOUNCE, subject="documents", key="fault", payload={"fault": fault},
        created_at=world.clock.now(),
    )  # fmt: skip
    world.effects.add([effect])
    announce({"subject": effect.subject, "key": effect.key}, world)
    return witness


def a_held_stage() -> tuple[HeldWorld, Witness]:
    """Production is held, and a release waits in front of it."""
    world = HeldWorld()
    witness = Witness(world, {"pipeline#", "release#"})
    world.place()
    witness.step(lambda _: world.apply())
    world.codepipeline.arrive("fix")
    return world, witness


def a_stage_is_held_and_let_go_on() -> Witness:
    world, witness = a_held_stage()
    world.release()
    for _ in range(2):
        world.clock.advance(timedelta(minutes=5))
        witness.step(lambda _: world.apply())
    assert world.codepipeline.entered
    return witness


def a_release_is_started_again_that_was_held_for_a_month() -> Witness:
    world, witness = a_held_stage()
    world.clock.advance(timedelta(days=31))
    world.release()
    for _ in range(3):
        world.clock.advance(timedelta(minutes=5))
        witness.step(lambda _: world.apply())
    assert world.codepipeline.started
    return witness


def a_hotfix_passes_a_hold() -> Witness:
    world, witness = a_held_stage()
    command = Command(
        id="c1", kind=CommandKind.HOTFIX, principal="slack:T0001:U0GRACE", name="grace",
        at=world.clock.now(), release=execution_id("fix").key, reason="payments are down",
    )  # fmt: skip
    ask_for_hotfix(command, world)
    (gate,) = world.ledger.gates.values()
    world.ledger.decide(gate.id, Verdict.APPROVED, "yes", world.clock.now())
    witness.step(settle_hotfix, gate.id)
    assert world.codepipeline.entered
    return witness


def a_sweep_is_told_of(*, silent: bool = False) -> Witness:
    world = GateWorld()
    thing = Thing(kind="artifact", id="s3://b/k")
    judged = Judgement(thing=thing, delete=True, why="old")
    sweep = Sweep(id="s1", service="hello", at=NOW, judgements=(judged,))
    world.ledger.save_sweep(sweep, [])
    witness = Witness(world, {sweep.subject})
    if silent:
        world.messenger.fail_with = SlackRefusedError("no", code="channel_not_found")
    ring(world, EffectKind.ANNOUNCE, sweep.subject, sweep="s1")
    return witness


def a_silent_sweep() -> Witness:
    return a_sweep_is_told_of(silent=True)


def workflows_start() -> Witness:
    world = FakeWorld()
    witness = Witness(world, {SUBJECT})
    ring(world, EffectKind.START_APPROVAL)
    ring(world, EffectKind.START_ROLLBACK, incident="one")
    return witness


def a_chain_is_anchored() -> Witness:
    world = FakeWorld()
    witness = Witness(world, {SUBJECT})
    ring(world, EffectKind.ANCHOR_AUDIT)
    world.audit.append(SUBJECT, "said", {})
    world.clock.advance(timedelta(hours=1))
    assert anchor_grown(world) == 1
    return witness


def a_gate_is_decided_and_settled() -> Witness:
    world, witness = a_waiting_gate()
    gate = world.opened_gate()
    vote = replace(an_authors_approval(gate), principal="slack:T0001:U0GRACE", name="grace")
    world.ledger.vote(gate.id, vote, [])
    witness.step(decide_gate, gate.id)
    assert world.workflows.completed
    witness.step(settle_gate, gate.id, "APPROVED")
    assert world.pipelines.answers
    return witness


def a_gate_expires() -> Witness:
    world, witness = a_waiting_gate()
    gate = world.opened_gate()
    witness.step(settle_gate, gate.id, "EXPIRED")
    assert world.pipelines.answers
    return witness


def a_gate_is_rejected() -> Witness:
    world, witness = a_waiting_gate()
    gate = world.opened_gate()
    vote = Vote(
        principal="slack:T0001:U0GRACE", name="grace", choice=Choice.REJECT, at=NOW,
        reason="no", shown_digest=gate.shown_digest,
    )  # fmt: skip
    world.ledger.vote(gate.id, vote, [])
    witness.step(decide_gate, gate.id)
    witness.step(settle_gate, gate.id, "REJECTED")
    return witness


def a_release_is_rolled_back() -> Witness:
    world = FakeWorld()
    good, bad = (ReleaseId(pipeline=PIPELINE, execution=name) for name in ("good", "bad"))
    for release, ago in ((good, 30), (bad, 2)):
        at = NOW - timedelta(minutes=ago)
        world.pipelines.told[release] = [
            StageChanged(release=release, stage="Production", state=state, at=at)
            for state in (ExecutionState.STARTED, ExecutionState.SUCCEEDED)
        ]
        truth = a_truth(release=release, status="Succeeded", commit=None)
        world.pipelines.truths[release] = truth
        world.pipelines.succeeded.setdefault("Production", []).insert(0, truth)
    world.alarms.states = {ALARM.name: AlarmState.ALARM}
    witness = Witness(world, {"incident#one"})
    witness.step(open_incident, AlarmRequest(alarm=ALARM, incident_id="one", at=NOW))
    witness.step(close_stage, "one")
    witness.step(plan_ladder, "one")
    witness.step(attempt_rung, "one", 0)
    world.pipelines.truths[ReleaseId(pipeline=PIPELINE, execution="rollback-1")] = a_truth(
        status="Succeeded"
    )
    world.targets.versions["production"] = "3"
    assert witness.step(verify_rung, "one", 0)["outcome"] == "VERIFIED"
    return witness


STORIES: tuple[Callable[[], Witness], ...] = (
    a_release_is_told_of, slack_is_silent, a_storm_is_told_of, nobody_can_read_the_routes,
    a_sweep_is_told_of, a_silent_sweep, workflows_start,
    a_chain_is_anchored, a_gate_is_decided_and_settled, a_gate_expires, a_gate_is_rejected,
    a_release_is_rolled_back, nobody_can_read_a_policy, a_stage_is_held_and_let_go_on,
    a_release_is_started_again_that_was_held_for_a_month, a_hotfix_passes_a_hold,
)  # fmt: skip


@pytest.mark.case(66)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_an_entry_comes_before_every_effect(story: Callable[[], Witness]) -> None:
    witness = story()
    assert witness.seen
    assert witness.unannounced == []


def calls_in(source: str) -> Iterator[str]:
    """``port.method`` of every effect that a module calls."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr=method, value=ast.Attribute(attr=port) | ast.Name(id=port))
            ) if method in EFFECTS.get(port, ()):
                yield f"{port}.{method}"


def test_the_stories_reach_every_effect_that_a_use_case_has() -> None:
    folder = Path(signalbox.usecases.__file__).parent
    written = {
        (path.stem, effect)
        for path in folder.glob("*.py")
        for effect in calls_in(path.read_text(encoding="utf-8"))
    }
    told = {each for story in STORIES for each in story().seen}
    assert ("settle_gate", "pipelines.answer_approval") in written
    assert written - told == set(), "an effect without a story: add one above"
