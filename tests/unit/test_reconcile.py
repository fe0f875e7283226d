"""The reconciler closes the loop: lost bells, lost gates, lost anchors, and failures on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.facts import ActionChanged, PipelineChanged
from signalbox.domain.gates import Dossier, Gate, GateStatus, TestResult, Verdict
from signalbox.domain.holds import Hold, Reach, Scope
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.truth import PendingApproval
from signalbox.usecases.anchor_audit import anchor_audit
from signalbox.usecases.catch_up import NEWEST
from signalbox.usecases.close_gate import close_gate
from signalbox.usecases.dispatch import dispatch, execution_name
from signalbox.usecases.reconcile import Reconciled, reconcile
from signalbox.usecases.record_fact import record_fact
from signalbox.usecases.start_again import start_without_gate

from tests.fakes import ACCOUNT, NOW, PIPELINE, FakeWorld, a_service, release_id

RELEASE = release_id()
STARTED = PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOW)
GATE = Gate(
    id="9" * 32,
    release=RELEASE,
    stage="Approval",
    action="Approve",
    action_execution_id="a1",
    status=GateStatus.OPEN,
    opened_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    dossier=Dossier(revision="abc", artifact_digest="d", tests=TestResult()),
    shown_digest="s",
)
WAITING = PendingApproval(
    release=RELEASE, stage="Approval", action="Approve", action_execution_id="a1", token="t"
)


def run(world: FakeWorld) -> Reconciled:
    return reconcile(world)


def close_gates(world: FakeWorld) -> int:
    return sum(close_gate(gate, world) for gate in world.ledger.open_gates())


class CrashError(BaseException):
    """The process is gone."""


@pytest.mark.case(53)
def test_a_crash_between_the_write_and_the_bell_is_healed() -> None:
    world = FakeWorld()
    world.bells.fail_with = CrashError()  # type: ignore[assignment]
    with pytest.raises(CrashError):
        record_fact(STARTED, world, allowed_accounts={ACCOUNT})
    world.bells.fail_with = None
    assert not record_fact(STARTED, world, allowed_accounts={ACCOUNT}), "the event came again"
    assert world.bells.rung == [], "and a duplicate rings nothing"
    world.clock.advance(timedelta(minutes=3))
    assert run(world).pending_effects == 1
    assert [effect.key for effect in world.bells.rung] == ["pipeline/1/STARTED"]
    assert world.bells.anew == world.bells.rung, "for the first bell may have been heard in vain"


def test_effects_in_good_time_and_effects_that_are_done_do_not_ring() -> None:
    world = FakeWorld()
    record_fact(STARTED, world, allowed_accounts={ACCOUNT})
    world.bells.rings.clear()
    assert run(world).pending_effects == 0
    world.ledger.finish(next(iter(world.ledger.effects.values())), EffectStatus.DONE)
    world.clock.advance(timedelta(minutes=3))
    assert run(world).pending_effects == 0
    assert world.bells.rung == []


@pytest.mark.case(44)
def test_a_release_of_which_no_event_came_is_found() -> None:
    world = FakeWorld()
    world.pipelines.told[RELEASE] = [STARTED]
    world.clock.advance(timedelta(minutes=2))
    assert run(world).unheard_facts == 1
    assert world.ledger.release(RELEASE)


def test_a_fact_whose_event_may_be_on_its_way_is_recorded_and_not_called_lost() -> None:
    world = FakeWorld()
    world.pipelines.told[RELEASE] = [STARTED]
    assert run(world).unheard_facts == 0
    assert world.ledger.release(RELEASE)


def test_a_release_that_has_long_ended_is_not_read_again() -> None:
    world = FakeWorld()
    ended = replace(STARTED, state=ExecutionState.SUCCEEDED)
    record_fact(ended, world, allowed_accounts={ACCOUNT})
    world.pipelines.told[RELEASE] = [STARTED, ended]
    world.clock.advance(timedelta(hours=3))
    assert run(world).unheard_facts == 0
    assert world.ledger.heard(RELEASE) == (ended,)


def test_of_many_executions_only_the_newest_are_read() -> None:
    world = FakeWorld()
    for number in range(20):
        release = release_id(f"e{number}")
        world.pipelines.told[release] = [replace(STARTED, release=release)]
    run(world)
    assert len(world.ledger.facts) == NEWEST


def test_an_old_release_that_is_still_open_is_read_however_many_are_newer() -> None:
    world = FakeWorld()
    record_fact(STARTED, world, allowed_accounts={ACCOUNT})
    world.pipelines.told[RELEASE] = [STARTED, replace(STARTED, state=ExecutionState.FAILED)]
    for number in range(20):
        release = release_id(f"e{number}")
        world.pipelines.told[release] = [replace(STARTED, release=release)]
    run(world)
    ended = world.ledger.release(RELEASE)
    assert ended
    assert ended.is_final


def test_one_service_that_cannot_be_read_does_not_blind_us_to_the_others() -> None:
    world = FakeWorld()
    other = a_service("other")
    world.services.listed = [a_service(), other]
    there = replace(RELEASE, pipeline=replace(PIPELINE, name="other"))
    world.pipelines.told[there] = [replace(STARTED, release=there)]
    newest = world.pipelines.newest

    def failing(service: object, limit: int) -> object:
        if service != other:
            raise AwsUnavailableError("away")
        return newest(other, limit)

    world.pipelines.newest = failing  # type: ignore[method-assign, assignment]
    found = run(world)
    assert world.ledger.release(there)
    assert [type(error) for error in found.errors] == [AwsUnavailableError]


def test_an_open_gate_whose_approval_waits_is_left_alone() -> None:
    world = FakeWorld()
    world.ledger.open_gate(GATE, ())
    world.pipelines.approvals["a1"] = WAITING
    world.clock.advance(timedelta(minutes=30))
    assert close_gates(world) == 0
    assert world.ledger.gates[GATE.id].status is GateStatus.OPEN


def test_a_gate_answered_in_the_console_is_decided_elsewhere() -> None:
    world = FakeWorld()
    world.ledger.open_gate(GATE, ())
    world.clock.advance(timedelta(minutes=30))
    assert close_gates(world) == 1
    assert world.ledger.gates[GATE.id].verdict is Verdict.DECIDED_ELSEWHERE
    assert [effect.kind for effect in world.bells.rung] == [EffectKind.DECIDE_GATE]
    assert world.audit.said(f"release#{RELEASE.key}") == ["gate closed"]


def test_a_gate_whose_time_was_over_a_moment_ago_is_left_to_its_workflow() -> None:
    world = FakeWorld()
    world.ledger.open_gate(GATE, ())
    world.pipelines.approvals["a1"] = WAITING
    world.clock.advance(timedelta(hours=1, minutes=1))
    assert close_gates(world) == 0


def test_a_gate_that_nobody_answered_in_time_expires() -> None:
    world = FakeWorld()
    world.ledger.open_gate(GATE, ())
    world.pipelines.approvals["a1"] = WAITING
    world.clock.advance(timedelta(hours=2))
    assert close_gates(world) == 1
    assert world.ledger.gates[GATE.id].verdict is Verdict.EXPIRED


def test_a_verdict_that_was_left_lying_is_handed_over_by_one_effect_for_ever() -> None:
    world = FakeWorld()
    world.ledger.open_gate(GATE, ())
    world.ledger.decide(GATE.id, Verdict.APPROVED, "two", NOW)
    for _ in range(30):
        world.clock.advance(timedelta(hours=1))
        close_gates(world)
    (effect,) = world.ledger.effects.values()
    assert len(world.bells.rung) == 30
    world.ledger.finish(effect, EffectStatus.REFUSED)
    close_gates(world)
    assert len(world.bells.rung) == 30, "what was given up rings no more"
    assert world.ledger.gates[GATE.id].verdict is Verdict.APPROVED


def an_approval_that_waits(world: FakeWorld) -> Effect:
    """Heard of by event, and its workflow was started; returns the effect that started it."""
    waiting = ActionChanged(
        release=RELEASE,
        stage="Approval",
        action="Approve",
        state=ActionState.STARTED,
        at=NOW,
        category="Approval",
        provider="Manual",
        action_execution_id="a1",
    )
    for fact in (STARTED, waiting):
        record_fact(fact, world, allowed_accounts={ACCOUNT})
        world.pipelines.told.setdefault(RELEASE, []).append(fact)
    world.pipelines.approvals["a1"] = WAITING
    (start,) = (e for e in world.bells.rung if e.kind is EffectKind.START_APPROVAL)
    dispatch(bell_of(start), world)
    for effect in world.bells.rung:
        world.ledger.finish(effect, EffectStatus.DONE)
    world.bells.rings.clear()
    return start


def bell_of(effect: Effect) -> dict[str, str]:
    return {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key}


def test_a_workflow_that_left_no_gate_gets_one_more_attempt_and_only_one() -> None:
    world = FakeWorld()
    start = an_approval_that_waits(world)
    world.clock.advance(timedelta(minutes=5))
    assert run(world).restarted == 0, "its own retries may still help"
    world.clock.advance(timedelta(minutes=15))
    assert run(world).restarted == 1
    (again,) = (e for e in world.bells.rung if e.kind is EffectKind.START_APPROVAL)
    dispatch(bell_of(again), world)
    assert list(world.workflows.started) == [execution_name(start), execution_name(start, 2)]
    first, second = world.workflows.started.values()
    assert first == second
    world.clock.advance(timedelta(hours=1))
    assert run(world).restarted == 0


def test_an_approval_with_its_gate_starts_nothing_again() -> None:
    world = FakeWorld()
    an_approval_that_waits(world)
    world.ledger.open_gate(GATE, ())
    world.clock.advance(timedelta(minutes=30))
    assert run(world).restarted == 0


def test_an_approval_answered_meanwhile_starts_nothing_again() -> None:
    world = FakeWorld()
    an_approval_that_waits(world)
    waiting = world.pipelines.told[RELEASE][-1]
    assert isinstance(waiting, ActionChanged)
    answered = replace(waiting, state=ActionState.FAILED)
    record_fact(answered, world, allowed_accounts={ACCOUNT})
    world.clock.advance(timedelta(minutes=30))
    assert start_without_gate(RELEASE, world) == 0


def test_a_verdict_whose_workflow_is_dead_gets_a_new_one_once() -> None:
    world = FakeWorld()
    an_approval_that_waits(world)
    world.ledger.open_gate(GATE, ())
    world.clock.advance(timedelta(minutes=20))
    world.ledger.decide(GATE.id, Verdict.APPROVED, "two", world.clock.now())
    assert run(world).restarted == 0, "the verdict is young"
    world.clock.advance(timedelta(minutes=20))
    assert run(world).restarted == 1
    assert run(world).restarted == 0


def test_chains_that_have_grown_are_anchored_hourly() -> None:
    world = FakeWorld()
    subject = f"sweep#{RELEASE.key}"
    world.audit.append(subject, "said", {})
    world.clock.advance(timedelta(minutes=5))
    assert run(world).anchored == 1
    assert world.anchors.anchored == [(subject, *world.audit.head(subject))]
    world.clock.advance(timedelta(minutes=5))
    assert run(world).anchored == 0


def test_a_subject_without_a_chain_has_nothing_to_anchor() -> None:
    world = FakeWorld()
    assert not anchor_audit("release#none", audit=world.audit, anchors=world.anchors)
    assert world.anchors.anchored == []


def test_a_bell_that_cannot_ring_is_an_error_of_the_run() -> None:
    world = FakeWorld()
    world.ledger.add([Effect(kind=EffectKind.ANCHOR_AUDIT, subject="s", key="k", created_at=NOW)])
    world.clock.advance(timedelta(minutes=3))
    world.bells.fail_with = AwsUnavailableError("away")
    assert run(world).errors


def test_one_gate_that_cannot_be_read_does_not_keep_the_others_open() -> None:
    world = FakeWorld()
    nobodys = replace(RELEASE, pipeline=replace(PIPELINE, name="nobody"))
    world.ledger.open_gate(replace(GATE, id="1" * 32), ())
    world.ledger.open_gate(replace(GATE, id="2" * 32, opened_at=NOW + timedelta(seconds=1)), ())
    world.ledger.open_gate(replace(GATE, id="3" * 32, release=nobodys), ())
    calls: list[str] = []

    def flaky(service: object, release: object, action_execution_id: str) -> None:
        calls.append(action_execution_id)
        if len(calls) == 1:
            raise AwsUnavailableError("away")

    world.pipelines.pending_approval = flaky  # type: ignore[method-assign]
    world.clock.advance(timedelta(minutes=30))
    found = run(world)
    assert found.closed_gates == 1
    assert len(found.errors) == 1
    assert world.ledger.gates["3" * 32].status is GateStatus.OPEN, (
        "no service, no truth, no verdict"
    )


def test_a_hold_whose_time_is_over_ends_and_its_stage_opens_in_one_run() -> None:
    world = FakeWorld()
    until = NOW + timedelta(hours=1)
    scope = Scope(reach=Reach.EVERYTHING)
    hold = Hold(id="h", scope=scope, owner="Ann", reason="r", since=NOW, until=until)
    world.ledger.add_hold(hold, [])
    run(world)
    assert set(world.pipelines.closed) == {"Staging", "Production"}
    world.clock.advance(timedelta(hours=1))
    assert run(world).errors == []
    assert world.pipelines.closed == {}
    assert world.ledger.standing_holds() == ()
    assert [one.payload["news"] for one in world.bells.rung if "hold" in one.payload] == ["ended"]


def test_a_stage_that_cannot_be_closed_is_an_error_of_the_run_and_the_rest_goes_on() -> None:
    world = FakeWorld()
    scope = Scope(reach=Reach.EVERYTHING)
    world.ledger.add_hold(Hold(id="h", scope=scope, owner="Ann", reason="r", since=NOW), [])
    refused = AwsRefusedError("no right", code="AccessDeniedException")
    world.pipelines.fail_with = refused
    world.pipelines.told[RELEASE] = [STARTED]
    assert refused in run(world).errors
    world.pipelines.fail_with = None
    assert run(world).errors == []
    assert world.pipelines.closed
