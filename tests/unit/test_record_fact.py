"""What follows from each fact, and that bells ring only for what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from signalbox.domain.effects import EffectKind
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, ForeignAccountError
from signalbox.domain.facts import (
    ActionChanged,
    ApiCalled,
    ApprovalAsked,
    BuildChanged,
    DeploymentChanged,
    Fact,
    Ignored,
    ImageScanned,
    PipelineChanged,
    StageChanged,
)
from signalbox.domain.states import EXECUTION_RANK, ActionState, AlarmState, ExecutionState
from signalbox.usecases.record_fact import account_of, effects_of, incident_id, record_fact

from tests.fakes import ACCOUNT, NOW, PIPELINE, REGION, FakeWorld, a_service, release_id
from tests.unit.a_demo_release import ALARM

RELEASE = release_id()
PIPELINE_FACT = PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOW)
STAGE = StageChanged(release=RELEASE, stage="Build", state=ExecutionState.STARTED, at=NOW)
APPROVAL = ActionChanged(
    release=RELEASE,
    stage="Approval",
    action="Approve",
    state=ActionState.STARTED,
    at=NOW,
    action_execution_id="a1",
    category="Approval",
    provider="Manual",
)
ALARMED = (a_service(), a_service().environments[1])
HERE: dict[str, Any] = {"account": ACCOUNT, "region": REGION}
OTHERS: list[Fact] = [
    BuildChanged(project="p", build_id="p:1", status="FAILED", at=NOW, **HERE),
    DeploymentChanged(service="ecs", target="t", deployment_id="d", state="X", at=NOW, **HERE),
    ImageScanned(repository="r", digest="d", status="COMPLETE", at=NOW, **HERE),
    ApprovalAsked(pipeline=PIPELINE, stage="Approval", action="Approve"),
    ApiCalled(pipeline=PIPELINE, call="RollbackStage", by="arn:aws:iam::1:user/ada", at=NOW),
    Ignored(kind="x", reason="y", account=ACCOUNT),
]
EVERY_FACT: list[Fact] = [PIPELINE_FACT, STAGE, APPROVAL, ALARM, *OTHERS]


def kinds(fact: Fact) -> list[EffectKind]:
    return [effect.kind for effect in effects_of(fact, NOW, alarmed=ALARMED)]


def test_every_kind_of_fact_has_its_effects_and_its_account() -> None:
    assert {type(fact) for fact in EVERY_FACT} == set(get_args(Fact))
    for fact in EVERY_FACT:
        effects_of(fact, NOW)
        assert account_of(fact) == ACCOUNT


def test_every_fact_of_a_release_is_announced_under_its_own_key() -> None:
    changes: list[Fact] = [
        PIPELINE_FACT,
        replace(PIPELINE_FACT, attempt=2),
        replace(PIPELINE_FACT, state=ExecutionState.FAILED),
        replace(PIPELINE_FACT, state=ExecutionState.UNKNOWN, raw_state="PONDERING"),
        STAGE,
        replace(STAGE, stage="Staging"),
        APPROVAL,
        replace(APPROVAL, action_execution_id="a2"),
    ]
    said = [
        effect
        for fact in changes
        for effect in effects_of(fact, NOW)
        if effect.kind is EffectKind.ANNOUNCE
    ]
    assert len({effect.key for effect in said}) == len(changes)
    assert {effect.subject for effect in said} == {f"release#{RELEASE.key}"}
    assert "PONDERING" in said[3].key


@pytest.mark.parametrize("state", ExecutionState)
def test_the_audit_is_anchored_when_and_only_when_a_release_ends(state: ExecutionState) -> None:
    ends = EXECUTION_RANK[state] >= 10
    assert (EffectKind.ANCHOR_AUDIT in kinds(replace(PIPELINE_FACT, state=state))) is ends


@pytest.mark.parametrize("state", ActionState)
def test_an_approval_that_starts_starts_the_workflow(state: ActionState) -> None:
    starts = state is ActionState.STARTED
    assert (EffectKind.START_APPROVAL in kinds(replace(APPROVAL, state=state))) is starts


def test_a_manual_approval_is_known_by_its_provider_where_its_category_is_odd() -> None:
    assert EffectKind.START_APPROVAL in kinds(replace(APPROVAL, category="Deploy"))


@pytest.mark.parametrize(
    "action",
    [
        replace(APPROVAL, category="Deploy", provider="Lambda"),
        replace(APPROVAL, action_execution_id=""),
    ],
    ids=["a deployment", "an approval that nothing names"],
)
def test_other_actions_start_no_workflow(action: ActionChanged) -> None:
    assert kinds(action) == [EffectKind.ANNOUNCE]


def test_the_input_of_the_approval_machine_is_the_contract() -> None:
    (start, _) = effects_of(APPROVAL, NOW)
    assert start.payload == {
        "contract": 1,
        "release": {
            "account": ACCOUNT,
            "region": REGION,
            "pipeline": "hello",
            "execution": RELEASE.execution,
        },
        "stage": "Approval",
        "action": "Approve",
        "actionExecutionId": "a1",
    }


def test_an_alarm_of_a_registered_environment_starts_a_rollback() -> None:
    (start,) = effects_of(ALARM, ALARM.at, alarmed=ALARMED)
    assert start.kind is EffectKind.START_ROLLBACK
    assert start.subject == f"incident#{incident_id(ALARM.alarm, ALARM.at)}"
    assert start.payload == {
        "contract": 1,
        "alarm": {"account": ACCOUNT, "region": REGION, "name": "hello-production-errors"},
        "service": "hello",
        "environment": "production",
        "incidentId": incident_id(ALARM.alarm, ALARM.at),
        "at": "2026-11-22T12:30:00.000000+00:00",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"state": AlarmState.OK},
        {"state": AlarmState.INSUFFICIENT_DATA},
        {"state": AlarmState.UNKNOWN},
        {"suppressed_by": "maintenance"},
        {"at": NOW - timedelta(days=2)},
    ],
    ids=str,
)
def test_no_other_word_of_an_alarm_rolls_anything_back(change: dict[str, object]) -> None:
    assert kinds(replace(ALARM, **change)) == []  # type: ignore[arg-type]


def test_an_alarm_that_no_service_lists_is_recorded_and_no_more() -> None:
    world = FakeWorld()
    stranger = replace(ALARM, alarm=replace(ALARM.alarm, name="other"))
    assert record_fact(stranger, world, allowed_accounts={ACCOUNT})
    assert world.bells.rung == []


def test_incidents_of_one_alarm_differ_by_their_moment() -> None:
    one = incident_id(ALARM.alarm, ALARM.at)
    assert one == incident_id(ALARM.alarm, ALARM.at)
    assert one != incident_id(ALARM.alarm, ALARM.at + timedelta(microseconds=1))
    assert len(one) == 32


def test_history_is_no_news_but_what_waits_is_still_seen_to() -> None:
    old = NOW - timedelta(hours=25)
    assert kinds(replace(STAGE, at=old)) == []
    assert kinds(replace(APPROVAL, at=old)) == [EffectKind.START_APPROVAL]
    ended = replace(PIPELINE_FACT, at=old, state=ExecutionState.SUCCEEDED)
    assert kinds(ended) == [EffectKind.ANCHOR_AUDIT]


def test_no_effect_carries_text_from_outside() -> None:
    loud = replace(APPROVAL, summary="<!channel>", external_url="https://x", error_code="E")
    texts = [str(effect.payload) for effect in effects_of(loud, NOW)]
    texts += [
        str(e.payload) for e in effects_of(replace(ALARM, reason="<!here>"), NOW, alarmed=ALARMED)
    ]
    assert not any("<!" in text or "https" in text for text in texts)


def test_an_account_that_is_not_on_the_list_is_refused_and_leaves_no_trace() -> None:
    world = FakeWorld()
    with pytest.raises(ForeignAccountError, match=ACCOUNT):
        record_fact(PIPELINE_FACT, world, allowed_accounts={"999999999999"})
    assert world.ledger.facts == {}


def test_what_is_ignored_is_not_recorded_from_any_account() -> None:
    world = FakeWorld()
    assert not record_fact(Ignored(kind="x", reason="y"), world, allowed_accounts=())


def test_bells_ring_once_for_what_was_written_and_never_for_what_was_known() -> None:
    world = FakeWorld()
    assert record_fact(APPROVAL, world, allowed_accounts={ACCOUNT})
    assert [effect.kind for effect in world.bells.rung] == [
        EffectKind.START_APPROVAL,
        EffectKind.ANNOUNCE,
    ]
    assert not record_fact(APPROVAL, world, allowed_accounts={ACCOUNT})
    assert len(world.bells.rung) == 2


def test_a_queue_that_is_away_leaves_the_effects_pending() -> None:
    world = FakeWorld()
    world.bells.fail_with = AwsUnavailableError("away")
    assert record_fact(APPROVAL, world, allowed_accounts={ACCOUNT})
    assert len(world.ledger.pending(NOW + timedelta(minutes=3))) == 2


def test_a_queue_that_refuses_is_told_to_a_person() -> None:
    world = FakeWorld()
    world.bells.fail_with = AwsRefusedError("no", code="AccessDenied")
    with pytest.raises(AwsRefusedError):
        record_fact(APPROVAL, world, allowed_accounts={ACCOUNT})
