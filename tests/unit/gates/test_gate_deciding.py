"""How votes become a verdict."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from signalbox.domain.errors import AwsUnavailableError, NotYetError
from signalbox.domain.gates import Choice, GateStatus, Taken, Verdict
from signalbox.domain.people import Directory
from signalbox.domain.policy import Group, Policy, Quorum, UnknownAuthor
from signalbox.usecases.decide_gate import decide_gate

from tests.gate_world import (
    EVERYBODY,
    RELEASE,
    TASK_TOKEN,
    GateWorld,
    an_authors_approval,
    say,
)


def test_one_approval_completes_the_machine_once() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    assert say(world, Choice.APPROVE)
    decide_gate(gate.id, world)
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]
    assert world.the_gate().reason == "Grace (U0GRACE)"
    assert "gate decided" in world.audit.said(f"release#{RELEASE.key}")


@pytest.mark.case(16)
def test_a_double_click_is_one_vote_and_one_effect() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    world.bells.rings.clear()
    assert say(world, Choice.APPROVE, request="first") is Taken.TAKEN
    assert say(world, Choice.APPROVE, request="second") is Taken.TAKEN
    assert len(world.the_gate().votes) == 1
    assert len({effect.key for effect in world.bells.rung}) == 1
    assert len([one for one in world.ledger.effects if one[0] == gate.subject]) == 1


@pytest.mark.case(16)
def test_the_same_bytes_twice_are_a_replay_and_ring_no_bell() -> None:
    world = GateWorld()
    world.opened_gate()
    assert say(world, Choice.APPROVE, request="bytes") is Taken.TAKEN
    world.bells.rings.clear()
    assert say(world, Choice.REJECT, reason="no", request="bytes") is Taken.REPLAYED
    assert [vote.choice for vote in world.the_gate().votes] == [Choice.APPROVE]
    assert not world.bells.rings


@pytest.mark.case(14)
def test_two_approvals_need_two_people() -> None:
    world = GateWorld()
    world.policies.default = Policy(quorum=Quorum(approvals=2))
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
    assert "vote denied" in world.audit.said(f"release#{RELEASE.key}")


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
    known = tuple(one for one in EVERYBODY.people if one.id != "alan")
    world.directory.directory = Directory(people=known)
    say(world, Choice.APPROVE)
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None


def test_a_policy_may_let_unknown_authors_pass() -> None:
    world = GateWorld()
    world.policies.default = Policy(unknown_author=UnknownAuthor.ALLOW)
    gate = world.opened_gate()
    grace = EVERYBODY.of_slack("U0GRACE")
    assert grace
    world.directory.directory = Directory(people=(grace,))
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


@pytest.mark.case(15)
@pytest.mark.parametrize(
    ("first", "second"), [(Choice.APPROVE, Choice.REJECT), (Choice.REJECT, Choice.APPROVE)]
)
def test_two_dispatchers_in_the_same_second_decide_once_and_say_the_same(
    first: Choice, second: Choice
) -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, first, "U0GRACE", reason="mine")
    decide = world.ledger.decide

    def meanwhile(*given: Any, **more: Any) -> Verdict | None:
        world.ledger.decide = decide  # type: ignore[method-assign]
        say(world, second, "U0LINUS", reason="no, mine")
        decide_gate(gate.id, world)
        return decide(*given, **more)

    world.ledger.decide = meanwhile  # type: ignore[method-assign]
    with suppress(NotYetError):
        decide_gate(gate.id, world)
    decided = world.the_gate()
    assert decided.verdict is Verdict.REJECTED, "the second saw both, and was first to decide"
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "REJECTED"})]


@pytest.mark.case(15)
def test_a_rejection_that_comes_after_the_verdict_changes_nothing() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.APPROVE)
    decide_gate(gate.id, world)
    assert say(world, Choice.REJECT, "U0LINUS", reason="no") is None
    late = replace(an_authors_approval(gate), choice=Choice.REJECT, reason="no")
    world.ledger.vote(gate.id, late, [])
    with suppress(NotYetError):
        decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.APPROVED
    assert world.workflows.completed == [(TASK_TOKEN, {"verdict": "APPROVED"})]


def test_one_from_each_group_takes_different_people() -> None:
    world = GateWorld()
    groups = (
        Group(name="sre", members=frozenset({"U0GRACE", "U0LINUS"})),
        Group(name="product", members=frozenset({"U0GRACE", "U0BARBARA"})),
    )
    both = Quorum(groups=("sre", "product"), one_from_each=("sre", "product"))
    world.policies.default = Policy(groups=groups, quorum=both)
    gate = world.opened_gate()
    assert gate.asked == ("U0BARBARA", "U0GRACE", "U0LINUS")
    say(world, Choice.APPROVE, "U0GRACE")
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None
    assert world.the_gate().standing == ("1 of 2 approvals, nobody for product yet",)
    say(world, Choice.APPROVE, "U0LINUS")
    decide_gate(gate.id, world)
    assert world.the_gate().reason == "Grace (U0GRACE), Linus (U0LINUS)"


@pytest.mark.case(14)
def test_a_terminal_and_slack_are_one_person() -> None:
    world = GateWorld()
    world.policies.default = Policy(quorum=Quorum(approvals=2))
    gate = world.opened_gate()
    say(world, Choice.APPROVE, "U0GRACE")
    say(world, Choice.APPROVE, "arn:aws:sts::123456789012:assumed-role/Team/grace")
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None


def test_the_audit_says_who_was_counted_who_was_not_and_what_was_found() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    say(world, Choice.APPROVE, "U0ADA")
    say(world, Choice.APPROVE, "U0GRACE", reason="looks well")
    decide_gate(gate.id, world)
    [said] = [
        entry.details
        for entry in world.audit.chains[f"release#{RELEASE.key}"]
        if entry.what == "gate decided"
    ]
    assert [one["person"] for one in said["counted"]] == ["grace"]
    assert said["refused"] == [{"principal": "slack:T0001:U0ADA", "why": "own change"}]
    assert "testsPassed: PASS: 12 tests passed" in said["findings"]
    assert (said["shownDigest"], said["verdict"]) == (gate.shown_digest, "APPROVED")
    assert said["reason"] == "Grace (U0GRACE): looks well"


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
    world.policies.default = Policy(excluded=frozenset(), digest="another")
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is None
    assert not world.workflows.completed
    assert world.the_gate().round == 2


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
    nowhere = say(world, Choice.APPROVE, gate=replace(gate, id="0" * 32))
    assert (closed, nowhere) == (None, None)


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
