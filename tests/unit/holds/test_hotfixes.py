"""A hotfix passes a hold alone, or not at all; the stage is closed behind it whatever crashes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.errors import AwsUnavailableError, NotYetError
from signalbox.domain.gates import Gate, GateKind, GateStatus, Settlement, Verdict
from signalbox.domain.holds import HoldSource
from signalbox.domain.listing import Listing
from signalbox.usecases.ask_for_hotfix import ask_for_hotfix
from signalbox.usecases.close_gate import close_gate
from signalbox.usecases.settle_hotfix import WAITS_FOR, settle_hotfix

from tests.fakes import PIPELINE
from tests.gate_world import CHANGES
from tests.unit.holds.held_pipeline import PRODUCTION, Crashes, HeldWorld, execution_id

FIX = "fix"
KEY = f"{PIPELINE.key}/{PRODUCTION}"


def a_command(world: HeldWorld, **changes: str) -> Command:
    known = Command(
        id="c1",
        kind=CommandKind.HOTFIX,
        principal="slack:T0001:U0GRACE",
        name="grace",
        at=world.clock.now(),
        release=execution_id(FIX).key,
        reason="payments are down",
    )
    return replace(known, **changes)  # type: ignore[arg-type]


@pytest.fixture
def world() -> HeldWorld:
    return a_held_world()


def a_held_world() -> HeldWorld:
    """Production is held, and the hotfix waits in front of it."""
    world = HeldWorld()
    world.place()
    world.apply()
    world.codepipeline.arrive(FIX)
    world.clock.advance(timedelta(minutes=1))
    return world


def the_hotfix(world: HeldWorld) -> Gate:
    return next(gate for gate in world.ledger.gates.values() if gate.kind is GateKind.HOTFIX)


def agreed(world: HeldWorld, verdict: Verdict = Verdict.APPROVED) -> str:
    ask_for_hotfix(a_command(world), world)
    gate = the_hotfix(world)
    world.clock.advance(timedelta(minutes=1))
    world.ledger.decide(gate.id, verdict, "yes", world.clock.now())
    return gate.id


def settle(world: HeldWorld, gate_id: str) -> bool:
    """One bell; whether it is done with."""
    try:
        settle_hotfix(gate_id, world)
    except (NotYetError, AwsUnavailableError):
        return False
    return True


def apply(world: HeldWorld) -> None:
    """One run of the reconciler, which may meet a dispatch at work."""
    with suppress(AwsUnavailableError):
        world.apply()


def test_people_are_asked_once_with_what_an_approval_shows(world: HeldWorld) -> None:
    world.artifacts.listed[execution_id(FIX)] = Listing(changes=CHANGES)
    for _ in range(2):
        answered = ask_for_hotfix(a_command(world), world)
        assert not answered.denied
        assert "into Production" in answered.text
    gate = the_hotfix(world)
    assert (gate.stage, gate.action_execution_id) == (PRODUCTION, "hotfix/Production")
    assert gate.dossier.revision
    assert gate.shown_digest
    assert gate.asked
    assert [e.key for e in world.bells.rung] == [f"announce-gate-opened-{gate.id}"]
    assert world.audit.said(f"release#{execution_id(FIX).key}") == ["hotfix asked for"]


def test_after_a_refusal_it_can_be_asked_again(world: HeldWorld) -> None:
    first = agreed(world, Verdict.REJECTED)
    assert settle(world, first)
    assert world.ledger.gates[first].settlement == "The stage stays closed"
    ask_for_hotfix(a_command(world), world)
    second = [one for one in world.ledger.gates.values() if one.status is GateStatus.OPEN]
    assert [one.action_execution_id for one in second] == ["hotfix/Production/2"]
    assert world.way.closed


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda world: world.codepipeline.person_closes(), "closed by"),
        (lambda world: world.codepipeline.person_opens(), "does not wait"),
        (lambda world: world.codepipeline.arrive("newer"), "does not wait"),
        (lambda world: setattr(world.codepipeline, "mode", "PARALLEL"), "in parallel"),
        (lambda world: world.services.listed.clear(), "knows no pipeline"),
    ],
)
def test_what_cannot_pass_is_refused_in_words(world: HeldWorld, make: object, why: str) -> None:
    make(world)  # type: ignore[operator]
    answered = ask_for_hotfix(a_command(world), world)
    assert answered.denied
    assert why in answered.text
    assert not any(gate.kind is GateKind.HOTFIX for gate in world.ledger.gates.values())


def test_a_release_that_nobody_can_read_is_refused(world: HeldWorld) -> None:
    assert ask_for_hotfix(a_command(world, release="x"), world).denied


def test_an_approved_hotfix_goes_in_and_the_stage_closes_behind_it(world: HeldWorld) -> None:
    gate = agreed(world)
    assert settle(world, gate)
    world.codepipeline.arrive("newer")
    world.codepipeline.leave()
    world.let_apply()
    assert world.codepipeline.entered == [(PRODUCTION, FIX)]
    assert world.way.closed
    assert world.ledger.gates[gate].settlement == Settlement.LET_THROUGH
    closed = world.ledger.closed_stage(KEY)
    assert closed is not None
    assert (closed.passing, closed.confirmed) == ("", True)
    said = world.audit.said(f"release#{execution_id(FIX).key}")
    assert said == ["hotfix asked for", "hotfix let through", "hotfix settled"]
    assert settle(world, gate), "a bell that comes once more changes nothing"
    assert len(world.codepipeline.entered) == 1


def test_where_codepipeline_takes_its_time_it_is_waited_for(world: HeldWorld) -> None:
    world.codepipeline.slow = True
    gate = agreed(world)
    for _ in range(3):
        assert not settle(world, gate)
        world.apply()
        assert not world.way.closed, "nobody closes in front of it"
    world.codepipeline.tick()
    assert settle(world, gate)
    assert world.way.closed
    assert world.ledger.gates[gate].settlement == Settlement.LET_THROUGH


def test_a_busy_stage_is_not_opened_before_it_is_free(world: HeldWorld) -> None:
    world.way.inside = "e0"
    gate = agreed(world)
    for _ in range(3):
        assert not settle(world, gate)
        assert world.way.closed
    world.way.inside = ""
    assert settle(world, gate)
    assert world.codepipeline.entered == [(PRODUCTION, FIX)]


def test_a_stage_that_stays_busy_ends_the_hotfix(world: HeldWorld) -> None:
    world.way.inside = "e0"
    gate = agreed(world)
    world.clock.advance(WAITS_FOR + timedelta(minutes=1))
    assert settle(world, gate)
    assert "busy for too long" in world.ledger.gates[gate].settlement
    assert world.way.closed


@pytest.mark.parametrize("mode", ["SUPERSEDED", "QUEUED"])
def test_with_others_in_front_it_is_not_opened(world: HeldWorld, mode: str) -> None:
    gate = agreed(world)
    world.codepipeline.mode = mode
    world.codepipeline.arrive("newer")
    assert settle(world, gate)
    assert world.ledger.gates[gate].settlement.startswith("Not let through. ")
    assert world.codepipeline.entered == []
    assert world.way.closed


def test_what_does_not_go_in_is_closed_in_front_of_again(world: HeldWorld) -> None:
    world.codepipeline.slow = True
    gate = agreed(world)
    assert not settle(world, gate)
    world.clock.advance(timedelta(minutes=3))
    assert settle(world, gate)
    assert "did not go in" in world.ledger.gates[gate].settlement
    assert world.way.closed
    closed = world.ledger.closed_stage(KEY)
    assert closed is not None
    assert closed.passing == ""


def test_where_no_bell_is_heard_any_more_the_reconciler_closes(world: HeldWorld) -> None:
    world.codepipeline.slow = True
    gate = agreed(world)
    assert not settle(world, gate)
    world.let_apply()
    assert world.way.closed
    assert settle(world, gate), "and the bell that comes at last does not open it again"
    assert world.way.closed
    assert world.codepipeline.entered == []


@pytest.mark.parametrize("late", ["artifact", "revision"])
def test_what_is_not_what_was_shown_does_not_pass(world: HeldWorld, late: str) -> None:
    gate = agreed(world)
    if late == "artifact":
        world.artifacts.listed[execution_id(FIX)] = Listing(digest="e" * 64)
    else:
        dossier = replace(world.ledger.gates[gate].dossier, revision="another")
        world.ledger.gates[gate] = replace(world.ledger.gates[gate], dossier=dossier)
    assert settle(world, gate)
    assert f"The {late} is not the one that was shown" in world.ledger.gates[gate].settlement
    assert world.codepipeline.entered == []


def test_a_hold_that_nobody_had_seen_is_not_passed(world: HeldWorld) -> None:
    gate = agreed(world)
    world.place(id="incident", source=HoldSource.INCIDENT)
    assert settle(world, gate)
    assert "more than what people have seen" in world.ledger.gates[gate].settlement
    assert world.codepipeline.entered == []
    assert world.way.closed


def test_a_request_ends_when_its_release_waits_no_more(world: HeldWorld) -> None:
    ask_for_hotfix(a_command(world), world)
    gate = the_hotfix(world)
    assert not close_gate(gate, world)
    world.release()
    world.let_apply()
    assert world.codepipeline.entered, "the hold is over, and it went on by itself"
    assert close_gate(gate, world)
    assert settle(world, gate.id)
    ended = world.ledger.gates[gate.id]
    assert (ended.verdict, ended.settlement) == (Verdict.DECIDED_ELSEWHERE, "It waits no more")


def test_what_has_waited_for_a_month_is_not_opened_for(world: HeldWorld) -> None:
    world.clock.advance(timedelta(days=31))
    gate = agreed(world)
    assert settle(world, gate)
    assert "30 days" in world.ledger.gates[gate].settlement
    assert world.way.closed


def test_a_release_that_went_on_by_itself_has_passed(world: HeldWorld) -> None:
    gate = agreed(world)
    world.release()
    world.apply()
    assert settle(world, gate)
    assert world.ledger.gates[gate].settlement == Settlement.LET_THROUGH
    assert not world.way.closed


def test_a_stage_that_a_person_opens_behind_the_hotfix_is_theirs(world: HeldWorld) -> None:
    world.codepipeline.slow = True
    gate = agreed(world)
    assert not settle(world, gate)
    world.codepipeline.person_opens()
    world.codepipeline.tick()
    assert settle(world, gate)
    world.let_apply()
    assert not world.way.closed
    assert [e.payload["bypass"]["stage"] for e in world.bells.rung if "bypass" in e.payload]


def test_undecided_and_foreign_gates_are_left_alone(world: HeldWorld) -> None:
    approval = world.opened_gate()
    settle_hotfix(approval.id, world)
    settle_hotfix("unknown", world)
    ask_for_hotfix(a_command(world), world)
    settle_hotfix(the_hotfix(world).id, world)
    assert world.way.closed
    assert world.codepipeline.entered == []


CRASH = st.tuples(st.integers(0, 25), st.booleans())


@pytest.mark.case(53)
@settings(max_examples=400, deadline=None)
@given(
    crashes=st.lists(CRASH, max_size=4),
    slow=st.booleans(),
    queued=st.booleans(),
    arrives_after=st.integers(0, 6),
    reconciled=st.lists(st.booleans(), min_size=6, max_size=6),
)
@example(crashes=[(4, True)], slow=False, queued=False, arrives_after=1, reconciled=[True] * 6)
def test_nobody_else_slips_in_and_the_stage_is_never_left_open(
    crashes: list[tuple[int, bool]],
    slow: bool,
    queued: bool,
    arrives_after: int,
    reconciled: list[bool],
) -> None:
    """However often a process dies, at any write, before or after it. What CodePipeline lets in in
    the moment that the stage is open for the hotfix nobody can keep out: here the newer release
    comes while the hotfix waits or once it is in.
    """
    world = a_held_world()
    world.codepipeline.mode = "QUEUED" if queued else "SUPERSEDED"
    gate = agreed(world)
    dies = Crashes(world)
    world.codepipeline.slow = slow
    dying = iter(crashes)
    for turn in range(6):
        if turn == arrives_after and not (slow and not world.way.closed):
            world.codepipeline.arrive("newer")
        number, after = next(dying, (999, False))
        with dies.at(number, after=after):
            settle(world, gate)
        world.codepipeline.tick()
        number, after = next(dying, (999, False)) if reconciled[turn] else (999, False)
        with dies.at(number, after=after):
            if reconciled[turn]:
                apply(world)
        assert {one for stage, one in world.codepipeline.entered if stage == PRODUCTION} <= {FIX}
    for _ in range(3):
        world.clock.advance(timedelta(minutes=5))
        settle(world, gate)
        world.apply()
    world.codepipeline.leave()
    world.codepipeline.tick()
    assert world.way.closed
    assert {one for stage, one in world.codepipeline.entered if stage == PRODUCTION} <= {FIX}
    settled = world.ledger.gates[gate]
    assert settled.status is GateStatus.SETTLED
    let_through = (PRODUCTION, FIX) in world.codepipeline.entered
    assert (settled.settlement == Settlement.LET_THROUGH) is let_through
    closed = world.ledger.closed_stage(KEY)
    assert closed is not None
    assert closed.passing == ""
    world.release()
    world.let_apply()
    assert not world.way.closed
