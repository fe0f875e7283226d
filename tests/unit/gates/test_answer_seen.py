"""What became of an approval that no longer waits, by CodePipeline's own word: answer_seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from signalbox.domain.gates import Settlement, Verdict
from signalbox.domain.states import ActionState
from signalbox.notifications.approval_summary import answer_mark
from signalbox.usecases.answer_seen import AnswerSeen, answer_seen

from tests.fakes import a_service
from tests.gate_world import RELEASE, GateWorld, an_answered_approval

SOMEBODY = "arn:aws:iam::123456789012:user/somebody"


def seen(
    *ended: tuple[ActionState, str], verdict: Verdict = Verdict.APPROVED, **changes: Any
) -> AnswerSeen:
    world = GateWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, verdict, "", world.clock.now())
    world.pipelines.told[RELEASE] = [
        replace(
            an_answered_approval(state, words.replace("MARK", answer_mark(gate))),
            **{"by": SOMEBODY} | changes,
        )
        for state, words in ended
    ]
    return answer_seen(world.the_gate(), a_service(), world.pipelines)


@pytest.mark.case(37)
@pytest.mark.parametrize(
    ("state", "verdict", "settlement"),
    [
        (ActionState.SUCCEEDED, Verdict.APPROVED, Settlement.APPROVED),
        (ActionState.FAILED, Verdict.REJECTED, Settlement.REJECTED),
        (ActionState.FAILED, Verdict.SUPERSEDED, Settlement.REJECTED),
        (ActionState.FAILED, Verdict.APPROVED, Settlement.CHANGED),
    ],
)
def test_an_answer_that_ends_in_our_mark_is_ours(
    state: ActionState, verdict: Verdict, settlement: Settlement
) -> None:
    assert seen((state, "Approved: x MARK"), verdict=verdict).settlement is settlement


def test_without_the_mark_it_is_somebody_elses() -> None:
    came = seen((ActionState.SUCCEEDED, "[Signalbox ffffffffffff]"))
    assert (came.settlement, came.by) == (Settlement.ANSWERED_ELSEWHERE, SOMEBODY)


@pytest.mark.parametrize(
    "ended",
    [
        [],
        [(ActionState.STARTED, "")],
        [(ActionState.ABANDONED, "")],
        [(ActionState.CANCELED, "MARK")],
    ],
)
def test_where_nobody_answered_it_is_gone(ended: list[tuple[ActionState, str]]) -> None:
    assert seen(*ended).settlement is Settlement.GONE


def test_the_answer_to_an_earlier_try_is_none_to_this_one() -> None:
    earlier = seen((ActionState.SUCCEEDED, ""), action_execution_id="earlier")
    assert earlier.settlement is Settlement.GONE
