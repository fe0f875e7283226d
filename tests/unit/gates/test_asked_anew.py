"""People are asked anew when something of what they were shown has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from signalbox.domain.errors import NotYetError
from signalbox.domain.gates import Choice, GateStatus, Verdict
from signalbox.domain.listing import Listing
from signalbox.domain.policy import Policy, Quorum
from signalbox.usecases.decide_gate import decide_gate

from tests.gate_world import CHANGES, RELEASE, TASK_TOKEN, GateWorld, say
from tests.unit.gates.carrying import ask, card, carry_on, details, see_to

FIRST = Policy(digest="first")
SECOND = Policy(digest="second")

pytestmark = pytest.mark.case(17)


def another_policy(world: GateWorld) -> None:
    world.policies.default = SECOND


def another_artifact(world: GateWorld) -> None:
    world.artifacts.listed[RELEASE] = Listing(changes=CHANGES, digest="e" * 64)
    world.ledger.write_notes(RELEASE, staged_digest="e" * 64)


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    world.policies.default = FIRST
    return world


@pytest.mark.parametrize("change", [another_policy, another_artifact])
def test_a_vote_on_what_was_shown_before_decides_nothing(world: GateWorld, change: Any) -> None:
    gate = ask(world)
    say(world, Choice.APPROVE)
    change(world)
    carry_on(world)
    anew = world.the_gate()
    assert (anew.status, anew.verdict, anew.round) == (GateStatus.OPEN, None, 2)
    assert anew.shown_digest != gate.shown_digest
    assert not world.workflows.completed
    assert "people are asked anew" in card(world)
    assert anew.shown_digest in card(world)
    assert gate.shown_digest not in card(world)
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None, "the old vote stays what it was"
    assert say(world, Choice.APPROVE), "and the same person may say it again"
    carry_on(world)
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]


def test_what_is_shown_anew_is_what_would_ship_now(world: GateWorld) -> None:
    gate = ask(world)
    say(world, Choice.APPROVE)
    another_artifact(world)
    carry_on(world)
    assert gate.dossier.artifact_digest == "d" * 64
    assert world.the_gate().dossier.artifact_digest == "e" * 64


def test_old_votes_do_not_count_even_where_the_old_policy_comes_back(world: GateWorld) -> None:
    gate = ask(world)
    say(world, Choice.APPROVE)
    for policy in (SECOND, FIRST):
        world.policies.default = policy
        decide_gate(gate.id, world)
    again = world.the_gate()
    assert again.round == 3
    assert again.shown_digest != gate.shown_digest
    decide_gate(gate.id, world)
    assert again.verdict is None
    assert not world.workflows.completed


def test_a_card_from_before_takes_no_vote(world: GateWorld) -> None:
    old = ask(world)
    another_policy(world)
    decide_gate(old.id, world)
    assert say(world, Choice.APPROVE, gate=old) is None
    assert world.the_gate().votes == ()


def test_asking_anew_makes_the_wait_no_longer(world: GateWorld) -> None:
    gate = ask(world)
    world.clock.advance(gate.expires_at - world.clock.now() - gate.expires_at.resolution)
    another_policy(world)
    decide_gate(gate.id, world)
    assert world.the_gate().round == 2
    assert world.the_gate().expires_at == gate.expires_at
    assert world.the_gate().opened_at == gate.opened_at


def test_who_was_asked_and_what_it_waits_for_is_said_anew(world: GateWorld) -> None:
    ask(world)
    world.policies.default = replace(SECOND, quorum=Quorum(approvals=2))
    see_to(world)
    assert world.the_gate().standing == ("0 of 2 approvals",)
    assert "2 approvals" in card(world)


def test_the_schedule_sees_a_change_before_anybody_votes_and_says_it_once(
    world: GateWorld,
) -> None:
    ask(world)
    another_policy(world)
    see_to(world)
    see_to(world)
    assert world.the_gate().round == 2
    [said] = details(world, "asked anew")
    assert said["shownDigest"] == world.the_gate().shown_digest


def test_nobody_who_voted_before_is_told_that_the_vote_is_denied(world: GateWorld) -> None:
    ask(world)
    say(world, Choice.APPROVE)
    another_policy(world)
    carry_on(world)
    decide_gate(world.the_gate().id, world)
    carry_on(world)
    assert world.messenger.whispers == []
    assert details(world, "vote denied") == []


def test_a_verdict_that_comes_while_people_are_asked_anew_is_weighed_again(
    world: GateWorld,
) -> None:
    gate = ask(world)
    say(world, Choice.APPROVE)
    decide = world.ledger.decide

    def too_late(*given: Any, **more: Any) -> Verdict | None:
        shown = replace(gate, shown_digest="another", round=2)
        world.ledger.ask_anew(shown, gate.shown_digest, [])
        return decide(*given, **more)

    world.ledger.decide = too_late  # type: ignore[method-assign]
    with pytest.raises(NotYetError):
        decide_gate(gate.id, world)
    assert world.the_gate().verdict is None
    assert not world.workflows.completed
