"""Whose vote does not count hears of it, alone and once, and the audit has it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signalbox.domain.effects import EffectStatus
from signalbox.domain.errors import SlackRefusedError, SlackUnavailableError
from signalbox.domain.gates import Choice
from signalbox.domain.policy import Group, Policy, Quorum
from signalbox.usecases.announce import announce
from signalbox.usecases.decide_gate import decide_gate

from tests.gate_world import GateWorld, say
from tests.unit.gates.carrying import ask, card, carry_on, details

TWO_OF_SRE = Policy(
    groups=(Group(name="sre", members=frozenset({"U0ADA", "U0GRACE", "U0LINUS"})),),
    quorum=Quorum(approvals=2, groups=("sre",)),
)


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    world.policies.default = TWO_OF_SRE
    ask(world)
    return world


def again(world: GateWorld) -> None:
    decide_gate(world.the_gate().id, world)
    carry_on(world)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("U0ADA", "own change"),
        ("U0EDSGER", "not in sre"),
        ("U0NOBODY", "not in the people document"),
    ],
)
def test_they_are_told_why_once_where_nobody_else_reads_it(
    world: GateWorld, who: str, why: str
) -> None:
    say(world, Choice.APPROVE, who)
    carry_on(world)
    again(world)
    again(world)
    assert world.messenger.whispers == [
        ("C-releases", who, f"🚫 Your answer at `Approval` does not count: {why}.")
    ]
    assert details(world, "vote denied") == [
        {
            "gate": world.the_gate().id,
            "principal": f"slack:T0001:{who}",
            "choice": "APPROVE",
            "why": why,
        }
    ]
    assert f"vote does not count: {why}" in card(world)


def test_each_answer_of_the_same_person_is_denied_by_itself(world: GateWorld) -> None:
    say(world, Choice.APPROVE, "U0NOBODY")
    say(world, Choice.REJECT, "U0NOBODY", reason="no")
    carry_on(world)
    assert len(details(world, "vote denied")) == 2
    assert len(world.messenger.whispers) == 2


def test_a_terminal_is_not_whispered_to_and_the_audit_has_it_all_the_same(
    world: GateWorld,
) -> None:
    say(world, Choice.APPROVE, "arn:aws:iam::123456789012:user/mallory")
    carry_on(world)
    assert world.messenger.whispers == []
    assert [said["why"] for said in details(world, "vote denied")] == ["not in the people document"]


def test_votes_that_count_are_denied_to_nobody(world: GateWorld) -> None:
    say(world, Choice.APPROVE, "U0GRACE")
    carry_on(world)
    assert world.messenger.whispers == []
    assert details(world, "vote denied") == []


def denied(world: GateWorld) -> dict[str, str]:
    """Ada's vote is denied, and her whisper has not been heard yet; its bell."""
    say(world, Choice.APPROVE, "U0ADA")
    world.bells.rings.clear()
    decide_gate(world.the_gate().id, world)
    [effect] = [one for one in world.bells.rung if "whisper" in one.payload]
    return {"subject": effect.subject, "key": effect.key}


def status(world: GateWorld, bell: dict[str, str]) -> EffectStatus:
    known = world.ledger.effect(bell["subject"], bell["key"])
    assert known
    return known.status


def test_a_whisper_that_slack_refuses_is_not_tried_again(world: GateWorld) -> None:
    bell = denied(world)
    world.messenger.fail_with = SlackRefusedError("gone", code="user_not_in_channel")
    announce(bell, world)
    assert status(world, bell) is EffectStatus.REFUSED
    world.messenger.fail_with = None
    announce(bell, world)
    assert world.messenger.whispers == []


def test_a_whisper_waits_for_slack_to_come_back(world: GateWorld) -> None:
    bell = denied(world)
    world.messenger.fail_with = SlackUnavailableError("503")
    with pytest.raises(SlackUnavailableError):
        announce(bell, world)
    world.messenger.fail_with = None
    announce(bell, world)
    announce(bell, world)
    assert len(world.messenger.whispers) == 1
    assert status(world, bell) is EffectStatus.DONE


def test_a_vote_that_counts_by_now_is_not_told_as_denied(world: GateWorld) -> None:
    say(world, Choice.APPROVE, "U0LINUS")
    world.bells.rings.clear()
    known, world.directory.directory = world.directory.directory, type(world.directory.directory)()
    decide_gate(world.the_gate().id, world)
    world.directory.directory = known
    carry_on(world)
    assert world.messenger.whispers == []


def test_who_is_asked_anew_meanwhile_is_not_told_of_the_old_answer(world: GateWorld) -> None:
    bell = denied(world)
    world.policies.default = replace(TWO_OF_SRE, digest="another")
    decide_gate(world.the_gate().id, world)
    assert world.the_gate().round == 2
    announce(bell, world)
    assert world.messenger.whispers == []
    assert status(world, bell) is EffectStatus.DONE
