"""Where no approval counts without a reason, a click asks for one instead of spending the vote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from signalbox.domain.gates import Choice, Verdict
from signalbox.domain.policy import Policy, ReasonRequired
from signalbox.usecases.decide_gate import decide_gate

from tests.gate_world import say
from tests.unit.api.api_world import ApiWorld
from tests.unit.slack.slack_world import SlackWorld, a_click, a_submission, post, typed


@pytest.fixture
def world() -> SlackWorld:
    world = SlackWorld()
    world.policies.default = Policy(reason_required=ReasonRequired.ALWAYS)
    world.opened_gate()
    return world


def opened(world: SlackWorld) -> dict[str, Any]:
    _, view = world.modals.opened[-1]
    return dict(view)


@pytest.mark.parametrize("way", ["the button", "the command"])
def test_approving_asks_why_and_counts_with_the_answer(world: SlackWorld, way: str) -> None:
    gate = world.the_gate()
    if way == "the button":
        assert post(world, a_click(gate))["statusCode"] == 200
    else:
        assert typed(world, "approve hello") == ""
    assert not world.the_gate().votes, "no vote is spent"
    view = opened(world)
    [asked] = [block for block in view["blocks"] if block["type"] == "input"]
    assert not asked["optional"]
    answer = json.loads(post(world, a_submission(view, reason=" "))["body"])
    assert answer["response_action"] == "errors"
    assert not world.the_gate().votes
    assert post(world, a_submission(view, reason="looked at it"))["statusCode"] == 200
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.APPROVED


def test_a_vote_without_a_reason_does_not_keep_one_with_a_reason_out(world: SlackWorld) -> None:
    """As from a card that was posted before the policy asked for reasons."""
    say(world, Choice.APPROVE)
    decide_gate(world.the_gate().id, world)
    assert world.the_gate().verdict is None
    say(world, Choice.APPROVE, reason="looked at it")
    say(world, Choice.APPROVE, reason="looked at it again")
    assert [vote.reason for vote in world.the_gate().votes] == ["", "looked at it"]
    decide_gate(world.the_gate().id, world)
    assert world.the_gate().verdict is Verdict.APPROVED


def test_elsewhere_one_click_is_a_vote() -> None:
    world = SlackWorld()
    post(world, a_click(world.opened_gate()))
    assert len(world.the_gate().votes) == 1
    assert not world.modals.opened


def test_the_terminal_asks_for_it_too() -> None:
    world = ApiWorld()
    world.policies.default = Policy(reason_required=ReasonRequired.ALWAYS)
    gate = world.opened_gate()
    body = {"choice": "approve", "digest": gate.shown_digest}
    status, said = world.ask("POST /gates/{gate}/votes", body, gate=gate.id)
    assert (status, "why" in said["message"]) == (400, True)
    assert not world.the_gate().votes
    told = body | {"reason": "looked at it"}
    assert world.ask("POST /gates/{gate}/votes", told, gate=gate.id)[0] == 202
