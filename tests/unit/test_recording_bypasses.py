"""Who steers one of our pipelines past Signalbox is told of; Signalbox itself is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.effects import EffectKind
from signalbox.domain.facts import ApiCalled
from signalbox.usecases.record_fact import effects_of, is_own_call, record_fact

from tests.fakes import ACCOUNT, NOW, PIPELINE, FakeWorld, a_service

SESSIONS = f"arn:aws:sts::{ACCOUNT}:assumed-role"
OURS = f"{SESSIONS}/signalbox-operator-hello/signalbox-settle_gate"
BY_HAND = ApiCalled(
    pipeline=PIPELINE,
    call="PutApprovalResult",
    by=f"{SESSIONS}/Developer/linus",
    at=NOW,
    id="9b1f",
    stage="Approval",
    action="Approve",
)


@pytest.mark.case(21)
def test_a_call_by_somebody_else_is_recorded_and_told_once() -> None:
    world = FakeWorld()
    assert record_fact(BY_HAND, world, allowed_accounts={ACCOUNT})
    (rung,) = world.bells.rung
    assert (rung.kind, rung.subject, rung.key) == (
        EffectKind.ANNOUNCE,
        f"pipeline#{PIPELINE.key}",
        "bypass-9b1f",
    )
    assert rung.payload["bypass"] == {
        "pipeline": PIPELINE.key,
        "call": "PutApprovalResult",
        "by": BY_HAND.by,
        "at": "2026-11-22T12:00:00+00:00",
        "stage": "Approval",
        "action": "Approve",
    }
    assert not record_fact(BY_HAND, world, allowed_accounts={ACCOUNT})
    assert len(world.bells.rung) == 1


@pytest.mark.parametrize(
    "by",
    [
        f"{SESSIONS}/signalbox-operator-hello/linus",
        f"{SESSIONS}/signalbox-operator-other/signalbox-settle_gate",
        f"{SESSIONS}/Developer/signalbox-settle_gate",
        f"{SESSIONS}/signalbox-operator-hello",
        OURS.replace(ACCOUNT, "999999999999"),
        f"arn:aws:iam::{ACCOUNT}:user/signalbox-operator-hello/signalbox-x",
        f"arn:aws:iam::{ACCOUNT}:role/signalbox-operator-hello/signalbox-x",
        "",
    ],
)
def test_nothing_but_a_session_of_ours_under_the_services_own_role_is_signalbox(by: str) -> None:
    assert not is_own_call(replace(BY_HAND, by=by), a_service())
    assert effects_of(replace(BY_HAND, by=by), NOW, steered=a_service())
    assert is_own_call(replace(BY_HAND, by=OURS), a_service())


@pytest.mark.parametrize(
    "changes",
    [
        {"by": OURS},
        {"error": "AccessDenied"},
        {"replayed": True},
        {"at": NOW - timedelta(hours=25)},
        {"call": "RollbackStage", "by": "codepipeline.amazonaws.com"},
    ],
    ids=str,
)
def test_ours_refused_replayed_and_old_ones_are_recorded_and_not_told(
    changes: dict[str, object],
) -> None:
    world = FakeWorld()
    call = replace(BY_HAND, **changes)  # type: ignore[arg-type]
    assert record_fact(call, world, allowed_accounts={ACCOUNT})
    assert world.bells.rung == []


def test_a_pipeline_that_nobody_registered_is_not_told_of() -> None:
    world = FakeWorld()
    stranger = replace(BY_HAND, pipeline=replace(PIPELINE, name="unknown"))
    assert record_fact(stranger, world, allowed_accounts={ACCOUNT})
    assert world.bells.rung == []
