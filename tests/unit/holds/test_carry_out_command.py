"""Commands: who may ask for what, what comes of it, and that twice is once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.gates import Choice, GateKind, Verdict, Vote
from signalbox.domain.holds import HoldSource, Reach, Scope
from signalbox.domain.people import Directory
from signalbox.domain.policy import Group, Mode, Policy, Quorum
from signalbox.usecases.carry_out_command import carry_out_command
from signalbox.usecases.dispatch import dispatch

from tests.fakes import PIPELINE, a_service
from tests.gate_world import EVERYBODY, a_person
from tests.unit.holds.held_pipeline import PRODUCTION, Crashes, HeldWorld, execution_id

PRODUCTION_EVERYWHERE = Scope(reach=Reach.ENVIRONMENT, environment="production")
APPROVED_BY_LINUS = Policy(
    groups=(Group(name="sre", members=frozenset({"U0LINUS"})),), quorum=Quorum(groups=("sre",))
)


@pytest.fixture
def world() -> HeldWorld:
    return HeldWorld()


def give(world: HeldWorld, kind: CommandKind, who: str = "grace", **more: Any) -> str:
    """Somebody gives a command, and it is carried out; returns the answer."""
    number = len(world.ledger.commands) + 1
    known: dict[str, Any] = {
        "id": f"c{number}",
        "kind": kind,
        "principal": f"slack:T0001:U0{who.upper()}",
        "name": who,
        "at": world.clock.now(),
        "scope": PRODUCTION_EVERYWHERE,
        "reason": "load test",
        "channel": "C1",
        "user": f"U0{who.upper()}",
    }
    command = Command(**known | more)
    world.ledger.give(command, [])
    carry_out_command(command.id, world)
    return world.ledger.commands[command.id].answer


def run_the_work_queue(world: HeldWorld) -> None:
    """Every bell that rang and every one it leads to."""
    while work := [one for one in world.bells.rung if one.kind is not EffectKind.ANNOUNCE]:
        world.bells.rings.clear()
        for effect in work:
            bell = {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key}
            dispatch(bell, world)  # type: ignore[arg-type]


def denied(world: HeldWorld) -> list[str]:
    return [
        str(entry.details["why"])
        for subject, chain in world.audit.chains.items()
        if subject.startswith("command#")
        for entry in chain
        if entry.what == "command denied"
    ]


def test_a_hold_is_placed_and_applied_and_the_asker_hears_of_it(world: HeldWorld) -> None:
    until = world.clock.now() + timedelta(hours=4)
    answer = give(world, CommandKind.HOLD, until=until)
    assert answer == (
        "Held until 22 Nov 16:00 UTC: production (hello). Releases wait and go on by themselves."
    )
    (hold,) = world.ledger.standing_holds()
    assert (hold.owner, hold.reason, hold.until) == ("Grace", "load test", until)
    (whisper,) = [one for one in world.bells.rung if "whisper" in one.payload]
    assert (whisper.subject, whisper.payload) == ("command#c1", {"whisper": {"command": "c1"}})
    (news,) = [one for one in world.bells.rung if "hold" in one.payload and "news" in one.payload]
    assert news.payload == {"hold": hold.id, "news": "started"}
    assert world.audit.said(hold.subject) == ["hold placed"]
    run_the_work_queue(world)
    assert world.way.closed


def test_whoever_asks_from_a_terminal_is_not_whispered_to(world: HeldWorld) -> None:
    give(world, CommandKind.HOLD, channel="", user="")
    assert not [one for one in world.bells.rung if "whisper" in one.payload]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"reason": " "}, "why"),
        ({"scope": None}, "what is held"),
        ({"scope": Scope(reach=Reach.ENVIRONMENT, environment="prod")}, "has prod"),
        ({"scope": Scope(reach=Reach.PIPELINE, pipeline="1/r/hullo")}, "has pipeline hullo"),
        ({"scope": Scope.of_stage(PIPELINE, "Produktion")}, "has Produktion of hello"),
    ],
)
def test_a_hold_on_nothing_or_without_a_reason_is_refused(
    world: HeldWorld, more: dict[str, Any], why: str
) -> None:
    assert why in give(world, CommandKind.HOLD, **more)
    assert world.ledger.standing_holds() == ()
    assert len(denied(world)) == 1


def test_a_hold_that_is_over_already_is_refused(world: HeldWorld) -> None:
    answer = give(world, CommandKind.HOLD, until=world.clock.now())
    assert "over already" in answer


def test_a_stage_that_is_no_environments_can_be_held(world: HeldWorld) -> None:
    give(world, CommandKind.HOLD, scope=Scope.of_stage(PIPELINE, "Approval"))
    run_the_work_queue(world)
    assert world.codepipeline.ways["Approval"].closed


def test_the_answer_says_where_a_policy_only_observes(world: HeldWorld) -> None:
    world.services.listed.append(a_service("watched"))
    world.policies.own["watched"] = Policy(mode=Mode.OBSERVE)
    answer = give(world, CommandKind.HOLD, scope=Scope(reach=Reach.EVERYTHING))
    assert answer.endswith("Not held, since their policy does not enforce: watched.")
    assert "(2 pipelines)" in answer


@pytest.mark.parametrize("kind", list(CommandKind))
@pytest.mark.parametrize("who", ["mallory", "robot"])
def test_strangers_and_bots_may_ask_for_nothing(
    world: HeldWorld, kind: CommandKind, who: str
) -> None:
    people = (*EVERYBODY.people, a_person("robot", bot=True))
    world.directory.directory = Directory(people=people)
    world.place()
    answer = give(world, kind, who, release=execution_id("e1").key, gate="g")
    assert answer.startswith(who)
    assert len(world.ledger.standing_holds()) == 1
    assert denied(world) == [answer]


def test_the_owner_releases_a_hold_and_the_stage_opens(world: HeldWorld) -> None:
    world.policies.default = APPROVED_BY_LINUS
    give(world, CommandKind.HOLD)
    run_the_work_queue(world)
    answer = give(world, CommandKind.RELEASE, reason="done")
    assert answer == "Released: production."
    run_the_work_queue(world)
    assert not world.way.closed
    ended = world.ledger.hold("c1")
    assert ended is not None
    assert ended.ended_by == "Grace"
    assert world.audit.said("hold#c1") == ["hold placed", "hold ended"]


@pytest.mark.parametrize(("who", "may"), [("linus", True), ("alan", False)])
def test_somebody_elses_hold_is_released_by_approvers_only(
    world: HeldWorld, who: str, may: bool
) -> None:
    world.policies.default = APPROVED_BY_LINUS
    world.place()
    answer = give(world, CommandKind.RELEASE, who)
    assert answer.startswith("Released") is may
    assert (world.ledger.standing_holds() == ()) is may
    assert (denied(world) == []) is may


def test_an_owner_may_release_from_a_terminal_as_the_same_person(world: HeldWorld) -> None:
    world.policies.default = APPROVED_BY_LINUS
    world.place()
    arn = "aws:arn:aws:sts::123456789012:assumed-role/Team/grace"
    assert give(world, CommandKind.RELEASE, principal=arn).startswith("Released")


def test_who_approves_in_one_pipeline_does_not_release_a_hold_on_all(world: HeldWorld) -> None:
    world.services.listed.append(a_service("other"))
    world.policies.own["hello"] = APPROVED_BY_LINUS
    world.policies.own["other"] = replace(
        APPROVED_BY_LINUS, groups=(Group(name="sre", members=frozenset({"U0ALAN"})),)
    )
    world.place(scope=Scope(reach=Reach.EVERYTHING))
    answer = give(world, CommandKind.RELEASE, "linus", scope=Scope(reach=Reach.EVERYTHING))
    assert "Grace or an approver of every pipeline" in answer
    assert len(world.ledger.standing_holds()) == 1


@pytest.mark.parametrize(("who", "may"), [("linus", True), ("grace", False)])
def test_the_hold_of_an_incident_is_released_by_approvers(
    world: HeldWorld, who: str, may: bool
) -> None:
    world.policies.default = APPROVED_BY_LINUS
    scope = Scope.of_stage(PIPELINE, PRODUCTION)
    world.place("i1", scope=scope, source=HoldSource.INCIDENT, owner="signalbox", principal="")
    assert give(world, CommandKind.RELEASE, who, scope=scope).startswith("Released") is may


def test_only_the_scope_that_was_named_is_released(world: HeldWorld) -> None:
    world.place("h1")
    world.place("h2")
    world.place("h3", scope=Scope(reach=Reach.EVERYTHING), reason="holidays")
    answer = give(world, CommandKind.RELEASE)
    assert answer == "Released: production. Still held: everything (Grace: holidays)."
    assert [hold.id for hold in world.ledger.standing_holds()] == ["h3"]
    answer = give(world, CommandKind.RELEASE)
    assert answer.startswith("No hold stands on production. Still held: everything")


def test_a_hotfix_is_asked_for_by_command(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("fix")
    answer = give(world, CommandKind.HOTFIX, release=execution_id("fix").key)
    assert answer == "People are asked to let fix of hello into Production."
    assert [gate.kind for gate in world.ledger.gates.values()] == [GateKind.HOTFIX]
    refused = give(world, CommandKind.HOTFIX, release=execution_id("e9").key)
    assert denied(world) == [refused]


def test_whether_anything_was_done_is_kept_with_the_answer(world: HeldWorld) -> None:
    give(world, CommandKind.HOLD)
    give(world, CommandKind.HOLD, "stranger")
    assert [one.denied for one in world.ledger.commands.values()] == [False, True]


def test_what_aws_refuses_is_an_answer(world: HeldWorld) -> None:
    world.codepipeline.fail_with = AwsRefusedError("no", code="AccessDeniedException")
    answer = give(world, CommandKind.HOTFIX, release=execution_id("fix").key)
    assert answer == "AWS does not let Signalbox do that (AccessDeniedException)."


def a_broken_glass(world: HeldWorld) -> str:
    gate = world.opened_gate()
    vote = Vote(
        principal="slack:T0001:U0ADA",
        name="ada",
        choice=Choice.BREAK_GLASS,
        at=world.clock.now(),
        reason="down",
        ticket="T-1",
        shown_digest=gate.shown_digest,
    )
    world.ledger.vote(gate.id, vote, [])
    world.ledger.decide(gate.id, Verdict.APPROVED, "glass", world.clock.now(), broken_by="ada")
    return gate.id


def test_somebody_else_reviews_a_broken_glass_once(world: HeldWorld) -> None:
    gate = a_broken_glass(world)
    assert "somebody else" in give(world, CommandKind.REVIEW, "ada", gate=gate)
    arn = "aws:arn:aws:sts::123456789012:assumed-role/Team/ada"
    assert "somebody else" in give(world, CommandKind.REVIEW, "x", gate=gate, principal=arn)
    assert world.ledger.gates[gate].reviewed_by == ""
    assert give(world, CommandKind.REVIEW, "grace", gate=gate) == "Noted: you have reviewed it."
    assert give(world, CommandKind.REVIEW, "grace", gate=gate) == "Noted: you have reviewed it."
    assert "Grace has reviewed it already" in give(world, CommandKind.REVIEW, "alan", gate=gate)
    assert world.ledger.gates[gate].reviewed_by == "Grace"
    assert "broken glass reviewed" in world.audit.said(f"release#{world.the_gate().release.key}")


def test_a_gate_whose_glass_is_whole_is_not_reviewed(world: HeldWorld) -> None:
    gate = world.opened_gate()
    assert give(world, CommandKind.REVIEW, gate=gate.id) == "No glass was broken there."
    assert give(world, CommandKind.REVIEW, gate="unknown") == "No glass was broken there."


@pytest.mark.case(53)
@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from([CommandKind.HOLD, CommandKind.RELEASE, CommandKind.HOTFIX]),
    crashes=st.lists(st.tuples(st.integers(0, 14), st.booleans()), max_size=3),
)
def test_a_command_that_dies_anywhere_ends_as_if_it_had_not(
    kind: CommandKind, crashes: list[tuple[int, bool]]
) -> None:
    worlds = [HeldWorld(), HeldWorld()]
    for world in worlds:
        world.place("h1")
        world.apply()
        world.codepipeline.arrive("fix")
        world.ledger.give(_command(world, kind), [])
    calm, dying = worlds
    carry_out_command("c1", calm)
    dies = Crashes(dying)
    for number, after in crashes:
        with dies.at(number, after=after):
            carry_out_command("c1", dying)
    carry_out_command("c1", dying)
    carry_out_command("c1", dying)
    assert dying.ledger.commands == calm.ledger.commands
    assert _told(dying) == _told(calm)
    for world in worlds:
        run_the_work_queue(world)
    assert dying.way.closed is calm.way.closed
    held = [{hold.id for hold in world.ledger.standing_holds()} for world in worlds]
    assert held[0] == held[1]
    gates = [[gate.kind for gate in world.ledger.gates.values()] for world in worlds]
    assert gates[0] == gates[1]


def _command(world: HeldWorld, kind: CommandKind) -> Command:
    return Command(
        id="c1",
        kind=kind,
        principal="slack:T0001:U0GRACE",
        name="grace",
        at=world.clock.now(),
        scope=PRODUCTION_EVERYWHERE,
        release=execution_id("fix").key,
        reason="load test",
        user="U0GRACE",
        channel="C1",
    )


def _told(world: HeldWorld) -> set[tuple[str, str]]:
    """What the ledger has to tell, whatever number of bells rang for it."""
    effects: list[Effect] = list(world.ledger.effects.values())
    gates = {gate.id for gate in world.ledger.gates.values()}
    return {
        (one.subject, "gate" if any(gate in one.key for gate in gates) else one.key)
        for one in effects
    }
