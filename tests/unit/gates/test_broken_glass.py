"""One person approves alone in an emergency: loud, recorded, and reviewed by somebody else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.gates import Choice, Verdict
from signalbox.domain.people import Directory
from signalbox.domain.policy import Group, Policy, Quorum
from signalbox.domain.states import AlarmState
from signalbox.policies.no_alarm_firing import NoAlarmFiring
from signalbox.usecases.carry_out_command import carry_out_command

from tests.gate_world import EVERYBODY, TASK_TOKEN, GateWorld, say
from tests.unit.gates.carrying import ask, card, carry_on, details, settle, told

POLICY = Policy(
    groups=(Group(name="leads", members=frozenset({"U0EDSGER", "U0ADA"})),),
    quorum=Quorum(approvals=3),
    checks=(NoAlarmFiring(),),
    break_glass=("leads",),
)
EDSGER = "U0EDSGER"


@pytest.fixture
def world() -> GateWorld:
    world = GateWorld()
    world.policies.default = POLICY
    world.alarms.states = {"hello-production-errors": AlarmState.ALARM}
    ask(world)
    return world


def break_glass(world: GateWorld, who: str = EDSGER, **said: str) -> None:
    given = {"reason": "payments are down", "ticket": "OPS-1"} | said
    assert say(world, Choice.BREAK_GLASS, who, **given)
    carry_on(world)


def review(world: GateWorld, who: str) -> str:
    command = Command(
        id=f"review-{who}",
        kind=CommandKind.REVIEW,
        principal=f"slack:T0001:{who}",
        name=who,
        at=world.clock.now(),
        gate=world.the_gate().id,
        channel="C-releases",
        user=who,
    )
    world.ledger.give(command, [])
    carry_out_command(command.id, world)
    carry_on(world)
    return world.ledger.commands[command.id].answer


@pytest.mark.parametrize("who", [EDSGER, "U0ADA"])
def test_it_approves_over_quorum_and_checks_and_may_be_the_author(
    world: GateWorld, who: str
) -> None:
    break_glass(world, who)
    gate = world.the_gate()
    assert gate.verdict is Verdict.APPROVED
    assert gate.broken_glass
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]


def test_it_is_told_aloud_mailed_and_recorded_once(world: GateWorld) -> None:
    break_glass(world)
    assert settle(world) == "APPROVED"
    [(text, loud)] = told(world, "The glass was broken for hello 4f1c2d3")
    assert loud
    assert "Edsger (U0EDSGER): glass broken (OPS-1): payments are down" in text
    [(subject, mail)] = world.publisher.published
    assert subject == "hello 4f1c2d3: the glass was broken, a review is asked for"
    assert "payments are down" in mail
    [said] = details(world, "glass broken")
    assert "firing" in json.dumps(said["findings"]), "what stood against it is kept"
    assert details(world, "gate decided") == []
    [(_, approve, summary)] = world.pipelines.answers
    assert approve
    assert "Edsger (U0EDSGER): glass broken (OPS-1): payments are down" in summary


@pytest.mark.parametrize("lacking", [{"reason": " "}, {"ticket": ""}])
def test_it_takes_a_reason_and_a_ticket(world: GateWorld, lacking: dict[str, str]) -> None:
    break_glass(world, **lacking)
    assert world.the_gate().verdict is None
    assert [said["why"] for said in details(world, "vote denied")] == [
        "breaking the glass takes a reason and a ticket"
    ]


def test_only_those_whom_the_policy_names_may(world: GateWorld) -> None:
    break_glass(world, "U0GRACE")
    assert world.the_gate().verdict is None
    assert "may not break the glass" in world.messenger.whispers[0][2]


def test_it_never_lets_through_what_was_not_shown(world: GateWorld) -> None:
    world.policies.default = Policy(
        groups=POLICY.groups, break_glass=("leads",), quorum=POLICY.quorum, digest="another"
    )
    break_glass(world)
    assert (world.the_gate().verdict, world.the_gate().round) == (None, 2)


def test_a_review_is_asked_of_somebody_else_and_noted_once(world: GateWorld) -> None:
    break_glass(world)
    settle(world)
    assert "review_gate" in card(world)
    assert "somebody else must" in review(world, EDSGER)
    assert "review_gate" in card(world)
    assert review(world, "U0GRACE") == "Noted: you have reviewed it."
    assert "reviewed by Grace" in card(world)
    assert "review_gate" not in card(world)
    assert "Grace has reviewed it already" in review(world, "U0LINUS")
    assert world.the_gate().reviewed_by == "Grace"
    assert details(world, "broken glass reviewed")[0]["by"] == "grace"
    assert world.messenger.whispers[-1][:2] == ("C-releases", "U0LINUS")


def test_an_approval_by_quorum_asks_nobody_to_review(world: GateWorld) -> None:
    world.alarms.states = {}
    for who in ("U0GRACE", "U0LINUS", "U0BARBARA"):
        say(world, Choice.APPROVE, who)
    carry_on(world)
    settle(world)
    assert world.the_gate().verdict is Verdict.APPROVED
    assert "review_gate" not in card(world)
    assert world.publisher.published == []


def test_a_vote_that_broke_no_glass_keeps_nobody_from_reviewing(world: GateWorld) -> None:
    break_glass(world, "U0STRANGER")
    break_glass(world, "U0GRACE")
    break_glass(world)
    settle(world)
    assert review(world, "U0GRACE") == "Noted: you have reviewed it."


def test_whoever_broke_the_glass_is_known_by_more_than_one_account(world: GateWorld) -> None:
    break_glass(world)
    settle(world)
    world.directory.directory = Directory(
        people=tuple(
            replace(one, slack=one.slack | {"U0OTHER"}) if one.id == "edsger" else one
            for one in EVERYBODY.people
        )
    )
    assert "somebody else must" in review(world, "U0OTHER")
