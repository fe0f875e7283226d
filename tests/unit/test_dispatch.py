"""Effects are carried out once, in the audit before they are done, and never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import (
    AwsRefusedError,
    AwsUnavailableError,
    NotYetError,
    UnreadableEventError,
)
from signalbox.usecases import dispatch as module
from signalbox.usecases.dispatch import dispatch, execution_name

from tests.fakes import NOW, FakeWorld
from tests.unit.test_reconcile import GATE

SUBJECT = "release#123456789012/us-east-1/hello/e1"


def pending(world: FakeWorld, kind: EffectKind, **payload: Any) -> dict[str, str]:
    """Add an effect and return its bell."""
    effect = Effect(kind=kind, subject=SUBJECT, key="k", created_at=NOW, payload=payload)
    world.ledger.add([effect])
    return {"subject": SUBJECT, "kind": kind.value, "key": "k"}


def status(world: FakeWorld) -> EffectStatus:
    (effect,) = world.ledger.effects.values()
    return effect.status


@pytest.mark.parametrize(
    ("kind", "workflow"),
    [(EffectKind.START_APPROVAL, "approval"), (EffectKind.START_ROLLBACK, "rollback")],
)
def test_a_workflow_starts_with_the_payload_under_the_name_of_the_effect(
    kind: EffectKind, workflow: str
) -> None:
    world = FakeWorld()
    dispatch(pending(world, kind, contract=1), world)
    ((name, started),) = world.workflows.started.items()
    assert started == (workflow, {"contract": 1})
    assert len(name) == 34
    assert name.endswith("-1")
    assert status(world) is EffectStatus.DONE


def test_the_name_is_the_same_at_every_attempt_to_start() -> None:
    world = FakeWorld()
    bell = pending(world, EffectKind.START_APPROVAL)
    effect = world.ledger.effect(SUBJECT, "k")
    assert effect
    assert execution_name(effect) == execution_name(effect)
    assert execution_name(effect, 2) != execution_name(effect)
    dispatch(bell, world)
    dispatch(bell, world)
    assert list(world.workflows.started) == [execution_name(effect)]


def test_an_effect_is_in_the_audit_before_it_is_done() -> None:
    world = FakeWorld()
    heads: list[int] = []
    world.workflows.on_start = lambda _: heads.append(world.audit.head(SUBJECT)[0])
    dispatch(pending(world, EffectKind.START_ROLLBACK), world)
    assert heads == [1]
    assert world.audit.said(SUBJECT) == ["start rollback"]


def test_what_is_done_is_not_done_again() -> None:
    world = FakeWorld()
    bell = pending(world, EffectKind.START_APPROVAL)
    dispatch(bell, world)
    world.workflows.fail_with = AssertionError("started again")
    dispatch(bell, world)
    assert len(world.audit.said(SUBJECT)) == 1


def test_a_bell_without_an_effect_does_nothing() -> None:
    world = FakeWorld()
    dispatch({"subject": SUBJECT, "kind": "start_approval", "key": "gone"}, world)
    assert world.workflows.started == {}


@pytest.mark.parametrize(
    "bell",
    [{}, {"subject": "s", "key": "k"}, {"subject": "s", "kind": "dance", "key": "k"}],
    ids=str,
)
def test_what_is_no_bell_is_refused(bell: dict[str, str]) -> None:
    with pytest.raises(UnreadableEventError):
        dispatch(bell, FakeWorld())


def test_an_announcement_on_the_wrong_queue_is_refused() -> None:
    world = FakeWorld()
    with pytest.raises(UnreadableEventError):
        dispatch(pending(world, EffectKind.ANNOUNCE), world)
    assert status(world) is EffectStatus.PENDING


def test_the_head_that_is_anchored_includes_the_entry_about_anchoring() -> None:
    world = FakeWorld()
    world.audit.append(SUBJECT, "said", {})
    dispatch(pending(world, EffectKind.ANCHOR_AUDIT), world)
    assert world.anchors.anchored == [(SUBJECT, *world.audit.head(SUBJECT))]
    assert world.audit.head(SUBJECT)[0] == 2


@pytest.mark.parametrize(
    "error", [AwsUnavailableError("away"), AwsRefusedError("no", code="AccessDenied")]
)
def test_what_fails_stays_pending_and_the_queue_hears_of_it(error: Exception) -> None:
    world = FakeWorld()
    world.workflows.fail_with = error
    with pytest.raises(type(error)):
        dispatch(pending(world, EffectKind.START_APPROVAL), world)
    assert status(world) is EffectStatus.PENDING


def test_what_aws_has_refused_for_a_day_stays_refused() -> None:
    world = FakeWorld()
    world.workflows.fail_with = AwsRefusedError("no", code="AccessDenied")
    bell = pending(world, EffectKind.START_APPROVAL)
    world.clock.advance(timedelta(hours=25))
    with pytest.raises(AwsRefusedError):
        dispatch(bell, world)
    assert status(world) is EffectStatus.REFUSED


@pytest.mark.parametrize(
    ("kind", "payload", "name"),
    [
        (EffectKind.DECIDE_GATE, {"gate": "g"}, "decide_gate"),
        (EffectKind.SETTLE_HOTFIX, {"gate": "g"}, "settle_hotfix"),
        (EffectKind.CARRY_OUT_COMMAND, {"command": "g"}, "carry_out_command"),
    ],
)
def test_what_names_a_gate_or_a_command_is_carried_out_for_it_once(
    monkeypatch: pytest.MonkeyPatch, kind: EffectKind, payload: dict[str, str], name: str
) -> None:
    done: list[str] = []
    monkeypatch.setattr(module, name, lambda what, _: done.append(what))
    world = FakeWorld()
    bell = pending(world, kind, **payload)
    dispatch(bell, world)
    dispatch(bell, world)
    assert done == ["g"]
    assert status(world) is EffectStatus.DONE


@pytest.mark.parametrize("kind", [kind for kind in EffectKind if kind is not EffectKind.ANNOUNCE])
def test_every_kind_of_effect_ends_though_what_it_speaks_of_is_gone(kind: EffectKind) -> None:
    world = FakeWorld()
    dispatch(pending(world, kind, gate="gone", command="gone", service="gone"), world)
    assert status(world) is EffectStatus.DONE


def a_gate_that_is_not_ready(gate_id: str, ports: Any) -> None:
    raise NotYetError(gate_id)


def test_a_verdict_before_its_token_rings_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "decide_gate", a_gate_that_is_not_ready)
    world = FakeWorld()
    dispatch(pending(world, EffectKind.DECIDE_GATE, gate="g"), world)
    assert [(effect.key, delay) for effect, delay in world.bells.rings] == [("k", 2)]
    assert status(world) is EffectStatus.PENDING


def test_a_verdict_that_no_machine_takes_for_a_day_is_given_up_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "decide_gate", a_gate_that_is_not_ready)
    world = FakeWorld()
    world.ledger.open_gate(GATE, ())
    bell = pending(world, EffectKind.DECIDE_GATE, gate=GATE.id)
    world.clock.advance(timedelta(hours=25))
    dispatch(bell, world)
    known = world.ledger.effect(SUBJECT, "k", kind=EffectKind.DECIDE_GATE)
    assert known
    assert known.status is EffectStatus.REFUSED
    assert world.audit.said(f"release#{GATE.release.key}") == ["given up"]
    assert "needs a human" in world.ledger.notes(GATE.release).failure
    assert [effect.kind for effect in world.bells.rung] == [EffectKind.ANNOUNCE]


def test_a_token_that_never_comes_is_left_to_the_reconciler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "decide_gate", a_gate_that_is_not_ready)
    world = FakeWorld()
    bell = pending(world, EffectKind.DECIDE_GATE, gate="g")
    world.clock.advance(timedelta(minutes=6))
    dispatch(bell, world)
    assert world.bells.rings == []
    assert world.ledger.pending(world.clock.now())
