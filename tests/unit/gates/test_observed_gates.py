"""Under a policy that only observes, Signalbox says what it would have asked, and does nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signalbox.domain.effects import EffectKind
from signalbox.domain.gates import Choice, GateKind, GateStatus, Verdict
from signalbox.domain.policy import Escalation, Group, Mode, Policy, Quorum
from signalbox.domain.states import ActionState
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.open_gate import open_gate

from tests.gate_world import GateWorld, a_request, say
from tests.unit.gates.carrying import ROOT, answered, ask, card, carry_on, see_to, stopped, told

SRE = Group(name="sre", members=frozenset({"U0GRACE", "U0LINUS"}))
OBSERVING = Policy(
    mode=Mode.OBSERVE,
    groups=(SRE,),
    quorum=Quorum(approvals=2, groups=("sre",)),
    remind_after=(timedelta(hours=1),),
    escalation=Escalation(after=timedelta(hours=2), groups=("sre",)),
)


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    world.policies.default = OBSERVING
    return world


def test_it_is_written_and_no_machine_waits_for_it(world: GateWorld) -> None:
    answer = open_gate(a_request(), world)
    assert answer["decision"] == "NONE"
    assert world.the_gate().kind is GateKind.OBSERVED
    assert world.the_gate().status is GateStatus.OPEN
    assert open_gate(a_request(), world)["decision"] == "NONE"
    assert len(world.ledger.gates) == 1


def test_it_is_shown_without_buttons_and_with_what_it_would_need(world: GateWorld) -> None:
    ask(world)
    assert "Signalbox only observes here" in card(world)
    assert "Would need 2 approvals of sre" in card(world)
    assert "approve_gate" not in card(world)
    assert "means no" not in card(world)
    assert [loud for _, loud in told(world, "waits for approval")] == [False]


def test_it_takes_no_vote(world: GateWorld) -> None:
    ask(world)
    assert say(world, Choice.APPROVE) is None
    decide_gate(world.the_gate().id, world)
    assert world.the_gate().verdict is None


def test_nobody_is_reminded_and_it_does_not_expire(world: GateWorld) -> None:
    ask(world)
    before = len(world.ledger.effects)
    world.policies.default = replace(OBSERVING, digest="another")
    assert see_to(world, after=timedelta(hours=30)) == 0
    assert world.the_gate().status is GateStatus.OPEN
    assert len(world.ledger.effects) == before
    assert world.publisher.published == []


@pytest.mark.parametrize("state", [ActionState.SUCCEEDED, ActionState.FAILED])
def test_it_closes_with_who_decided_and_what_would_have_been_asked(
    world: GateWorld, state: ActionState
) -> None:
    ask(world)
    answered(world, state, by=ROOT)
    assert see_to(world) == 1
    gate = world.the_gate()
    assert (gate.status, gate.verdict) == (GateStatus.SETTLED, Verdict.DECIDED_ELSEWHERE)
    assert (gate.settlement, gate.decided_by) == ("OBSERVED", ROOT)
    word = "approved" if state is ActionState.SUCCEEDED else "rejected"
    assert gate.reason == (
        f"{word} outside Signalbox by {ROOT}; Signalbox would have waited for 0 of 2 approvals"
    )
    assert f"did nothing, by `{ROOT}`" in card(world)
    assert "would have waited for 0 of 2 approvals" in card(world)
    assert "bypassed" not in card(world)
    assert not world.pipelines.answers
    assert all(one.kind is EffectKind.ANNOUNCE for one in world.ledger.effects.values())


def test_it_closes_when_the_execution_was_stopped(world: GateWorld) -> None:
    ask(world)
    stopped(world)
    assert see_to(world) == 1
    assert world.the_gate().settlement == "OBSERVED"
    assert "the release was stopped" in world.the_gate().reason


def test_a_crash_before_it_is_settled_is_repaired_and_who_decided_is_not_lost(
    world: GateWorld,
) -> None:
    ask(world)
    answered(world, ActionState.SUCCEEDED, by=ROOT)

    def die(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    settle, world.ledger.settle = world.ledger.settle, die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        see_to(world)
    world.ledger.settle = settle  # type: ignore[method-assign]
    assert world.the_gate().status is GateStatus.DECIDED
    see_to(world, after=timedelta(minutes=5))
    assert world.the_gate().status is GateStatus.SETTLED
    assert world.the_gate().decided_by == ROOT


def test_a_policy_that_is_off_writes_nothing(world: GateWorld) -> None:
    world.policies.default = replace(OBSERVING, mode=Mode.OFF)
    assert open_gate(a_request(), world)["decision"] == "NONE"
    carry_on(world)
    assert not world.ledger.gates
    assert not world.messenger.messages
