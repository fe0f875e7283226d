"""How votes become a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signalbox.domain.errors import AwsUnavailableError, NotYetError
from signalbox.domain.gates import Choice, Gate, GateStatus, Verdict
from signalbox.domain.policy import Policy, UnknownAuthor
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.record_vote import record_vote

from tests.gate_world import RELEASE, TASK_TOKEN, GateWorld, a_voter, card_of


def say(
    world: GateWorld,
    choice: Choice,
    user: str = "U0GRACE",
    *,
    reason: str = "",
    gate: Gate | None = None,
    **card: str,
) -> bool:
    return record_vote(
        card_of(gate or world.the_gate(), **card),
        a_voter(user, user.lower()),
        choice,
        reason,
        gates=world.gates,
        releases=world.releases,
        bells=world.bells,
        clock=world.clock,
    )


def test_one_approval_completes_the_machine_once() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    assert say(world, Choice.APPROVE)
    decide_gate(gate.id, world)
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]
    assert world.the_gate().reason == "u0grace (U0GRACE)"
    assert "gate decided" in world.audit.said(f"release#{RELEASE.key}")


@pytest.mark.case(16)
def test_a_double_click_is_one_vote_and_one_bell() -> None:
    world = GateWorld()
    world.opened_gate()
    world.bells.rings.clear()
    assert say(world, Choice.APPROVE)
    assert say(world, Choice.APPROVE)
    assert len(world.the_gate().votes) == 1
    assert len(world.bells.rings) == 1


@pytest.mark.case(14)
def test_two_approvals_need_two_people() -> None:
    world = GateWorld()
    world.policies.default = Policy(approvals=2)
    gate = world.opened_gate()
    say(world, Choice.APPROVE)
    say(world, Choice.APPROVE)
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None
    say(world, Choice.APPROVE, "U0LINUS")
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.APPROVED


@pytest.mark.case(13)
@pytest.mark.parametrize("author", ["U0ADA", "U0ALAN"])
def test_nobody_approves_their_own_change(author: str) -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.APPROVE, author)
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None
    assert not world.workflows.completed
    assert "vote refused" in world.audit.said(f"release#{RELEASE.key}")


def test_an_author_may_reject_their_own_change() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.REJECT, "U0ADA", reason="found a bug")
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.REJECTED


@pytest.mark.case(13)
def test_an_unknown_author_counts_as_everybodys_own_change() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    del world.people.ids["alan@example.com"]
    say(world, Choice.APPROVE)
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None


def test_a_policy_may_let_unknown_authors_pass() -> None:
    world = GateWorld()
    world.policies.default = Policy(unknown_author=UnknownAuthor.ALLOW)
    gate = world.opened_gate()
    world.people.ids.clear()
    say(world, Choice.APPROVE)
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.APPROVED


@pytest.mark.case(15)
def test_of_an_approval_and_a_rejection_exactly_one_decides() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.APPROVE)
    say(world, Choice.REJECT, "U0LINUS", reason="no")
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.REJECTED
    assert len(world.workflows.completed) == 1


def test_a_verdict_waits_for_the_machine_and_is_handed_over_later() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    world.ledger.token_arrives(gate.id, "")
    say(world, Choice.APPROVE)
    with pytest.raises(NotYetError):
        decide_gate(gate.id, world)
    assert world.the_gate().status is GateStatus.DECIDED
    world.ledger.token_arrives(gate.id, TASK_TOKEN)
    decide_gate(gate.id, world)
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]


def test_a_crash_before_the_hand_over_is_repaired_by_the_next_run() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.APPROVE)
    world.workflows.fail_with = AwsUnavailableError("lost")
    with pytest.raises(AwsUnavailableError):
        decide_gate(gate.id, world)
    world.workflows.fail_with = None
    decide_gate(gate.id, world)
    assert len(world.workflows.completed) == 1


@pytest.mark.case(20)
def test_a_token_that_no_longer_waits_is_tried_again_only_until_the_gate_settles() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.APPROVE)
    world.workflows.waiting.clear()
    with pytest.raises(NotYetError):
        decide_gate(gate.id, world)
    world.ledger.settle(gate.id, "GONE", world.clock.now(), [])
    decide_gate(gate.id, world)


@pytest.mark.case(17)
def test_votes_under_a_policy_that_has_changed_approve_nothing() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.APPROVE)
    world.policies.default = Policy(exclude_author=False)
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.REJECTED
    assert "policy has changed" in world.the_gate().reason


@pytest.mark.case(17)
def test_a_card_that_showed_something_else_takes_no_vote() -> None:
    world = GateWorld()
    world.opened_gate()
    assert not say(world, Choice.APPROVE, digest="0" * 64)
    assert not world.the_gate().votes


@pytest.mark.case(9)
@pytest.mark.parametrize("foreign", [("ts", "1.2"), ("channel", "C-other")])
def test_a_message_that_is_not_ours_takes_no_vote(foreign: tuple[str, str]) -> None:
    world = GateWorld()
    world.opened_gate()
    assert not say(world, Choice.APPROVE, gate=None, **dict([foreign]))


@pytest.mark.case(23)
def test_an_unknown_gate_answers_as_a_closed_one() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, Verdict.REJECTED, "", world.clock.now())
    closed = say(world, Choice.APPROVE, "U0LINUS")
    nowhere = record_vote(
        replace(card_of(gate), gate="0" * 32), a_voter(), Choice.APPROVE, "",
        gates=world.gates, releases=world.releases, bells=world.bells, clock=world.clock,
    )  # fmt: skip
    assert (closed, nowhere) == (False, False)


def test_a_vote_stands_although_its_bell_did_not_ring() -> None:
    world = GateWorld()
    world.opened_gate()
    world.bells.fail_with = AwsUnavailableError("no queue")
    assert say(world, Choice.APPROVE)
    assert len(world.the_gate().votes) == 1


@pytest.mark.case(28)
def test_a_reason_is_kept_clean_masked_and_short() -> None:
    world = GateWorld()
    world.opened_gate()
    say(world, Choice.REJECT, reason="no\x00\u202e AKIAIOSFODNN7EXAMPLE " + "x" * 10_000)
    reason = world.the_gate().votes[0].reason
    assert len(reason) <= 500
    assert "AKIA" not in reason
    assert "\x00" not in reason
    assert "\u202e" not in reason
