"""What is wrong with one pipeline holds no other, and opens none: its policy, or its role."""

from __future__ import annotations

from datetime import timedelta

import pytest
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.holds import Reach, Scope
from signalbox.domain.policy import Group, Policy, Quorum
from signalbox.usecases.apply_holds import concerned
from signalbox.usecases.carry_out_command import carry_out_command
from signalbox.usecases.effects_of_holds import applying

from tests.fakes import NOW
from tests.unit.holds.several_pipelines import FAULT, SeveralWorld

EVERYTHING = Scope(reach=Reach.EVERYTHING)


@pytest.fixture
def world() -> SeveralWorld:
    """``bad`` comes first wherever services are gone through by name."""
    world = SeveralWorld("bad", "hello", "shop")
    world.policies.faults["bad"] = FAULT
    return world


def give(world: SeveralWorld, kind: CommandKind, who: str = "grace") -> str:
    command = Command(
        id=f"c{len(world.ledger.commands) + 1}",
        kind=kind,
        principal=f"slack:T0001:U0{who.upper()}",
        name=who,
        at=world.clock.now(),
        scope=EVERYTHING,
        reason="load test",
        channel="C1",
        user=f"U0{who.upper()}",
    )
    world.ledger.give(command, [])
    carry_out_command(command.id, world)
    return world.ledger.commands[command.id].answer


def test_one_policy_that_was_never_good_keeps_no_other_pipeline_from_being_held(
    world: SeveralWorld,
) -> None:
    hold = world.place(scope=EVERYTHING)
    assert world.run().errors == []
    assert [world.closed(name) for name in ("hello", "shop")] == [["Staging", "Production"]] * 2
    world.ledger.end_hold(hold.id, "grace", world.clock.now(), [])
    assert world.run().errors == []
    assert [world.closed(name) for name in ("hello", "shop")] == [[], []]


def test_windows_are_applied_although_one_policy_cannot_be_read(world: SeveralWorld) -> None:
    """Nobody holds anything here: only policies could say what is concerned."""
    assert [one.name for one in concerned(world.services.all(), world)] == ["bad"]
    world.run()
    assert world.closed("bad") == []


def test_a_pipeline_whose_policy_cannot_be_read_is_left_as_it_is(world: SeveralWorld) -> None:
    hold = world.place(scope=EVERYTHING)
    assert world.run().errors == []
    assert world.closed("bad") == [], "nobody knows whether it enforces"
    world.policies.faults.clear()
    world.run()
    assert world.closed("bad") == ["Staging", "Production"]
    world.policies.faults["bad"] = FAULT
    world.ledger.end_hold(hold.id, "grace", world.clock.now(), [])
    assert world.run().errors == []
    assert world.closed("bad") == ["Staging", "Production"], "a window may hold it"
    world.policies.faults.clear()
    world.run()
    assert world.closed("bad") == []


def test_what_stays_closed_for_an_unreadable_policy_says_so_and_is_told_once(
    world: SeveralWorld,
) -> None:
    world.policies.faults.clear()
    hold = world.place(scope=EVERYTHING)
    world.run()
    world.policies.faults["bad"] = FAULT
    world.run()
    assert {one.waiting_for for one in world.ledger.closed_stages()} == {""}, "it is held"
    world.ledger.end_hold(hold.id, "grace", world.clock.now(), [])
    for _ in range(3):
        world.clock.advance(timedelta(minutes=5))
        world.run()
    waits = {one.key.partition("bad/")[2]: one.waiting_for for one in world.ledger.closed_stages()}
    assert set(waits) == {"Staging", "Production"}
    assert all(FAULT in words for words in waits.values())
    told = [one for one in world.ledger.effects.values() if one.payload.get("news") == "blocked"]
    assert len(told) == 2, "one for each stage"
    world.policies.faults.clear()
    world.run()
    assert world.closed("bad") == []


def test_whoever_places_a_hold_hears_which_policies_cannot_be_read(world: SeveralWorld) -> None:
    answer = give(world, CommandKind.HOLD)
    assert answer.startswith("Held until somebody releases it: everything (3 pipelines).")
    assert answer.endswith("Not held as long as their policy cannot be read: bad.")
    assert world.carry_out() == []
    assert [world.closed(name) for name in ("bad", "hello", "shop")] == [
        [],
        ["Staging", "Production"],
        ["Staging", "Production"],
    ]


@pytest.mark.parametrize(
    "away", [AwsUnavailableError("no answer"), AwsRefusedError("no", code="AccessDenied")]
)
def test_a_hold_that_is_written_is_answered_although_no_policy_can_be_read(
    world: SeveralWorld, away: Exception
) -> None:
    world.policies.away = away
    assert "cannot be read: bad, hello, shop" in give(world, CommandKind.HOLD)
    assert len(world.ledger.standing_holds()) == 1


def test_nobody_counts_as_approver_of_a_policy_that_cannot_be_read(world: SeveralWorld) -> None:
    world.policies.default = Policy(
        groups=(Group(name="sre", members=frozenset({"U0LINUS"})),), quorum=Quorum(groups=("sre",))
    )
    world.place(scope=EVERYTHING)
    answer = give(world, CommandKind.RELEASE, "linus")
    assert answer.endswith("Nobody counts as an approver while the policy cannot be read: bad.")
    assert len(world.ledger.standing_holds()) == 1
    assert give(world, CommandKind.RELEASE, "grace").startswith("Released: everything.")
    assert world.ledger.standing_holds() == ()


def test_a_role_that_cannot_be_assumed_keeps_no_other_pipeline_from_being_held(
    world: SeveralWorld,
) -> None:
    world.policies.faults.clear()
    world.several.refused.add("bad")
    hold = world.place(scope=EVERYTHING)
    assert {type(error) for error in world.run().errors} == {AwsRefusedError}
    assert [world.closed(name) for name in ("hello", "shop")] == [["Staging", "Production"]] * 2
    world.ledger.end_hold(hold.id, "grace", world.clock.now(), [])
    world.run()
    assert [world.closed(name) for name in ("hello", "shop")] == [[], []]


def test_a_hold_on_all_reaches_the_others_where_one_role_cannot_be_assumed(
    world: SeveralWorld,
) -> None:
    world.policies.faults.clear()
    world.several.refused.add("hello")
    hold = world.place(scope=EVERYTHING)
    world.bells.ring(applying(hold.subject, "placed", NOW, hold=hold.id))
    (refused,) = world.carry_out()
    assert isinstance(refused, AwsRefusedError)
    assert [world.closed(name) for name in ("bad", "shop")] == [["Staging", "Production"]] * 2


def test_policies_that_are_away_are_an_error_of_the_run(world: SeveralWorld) -> None:
    world.policies.away = AwsUnavailableError("no answer")
    assert world.policies.away in world.run().errors
