"""A release of the gates' world, told: what the tests of announcing share."""

from __future__ import annotations

import json
from dataclasses import replace

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.facts import PipelineChanged, StageChanged
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.usecases.announce import announce

from tests.fakes import NOW
from tests.gate_world import RELEASE, GateWorld, a_build, an_authors_approval

SUBJECT = f"release#{RELEASE.key}"


def tell(world: GateWorld, key: str = "one", **payload: str) -> EffectStatus:
    effect = Effect(
        kind=EffectKind.ANNOUNCE,
        subject=SUBJECT,
        key=key,
        created_at=world.clock.now(),
        payload=payload or {"release": RELEASE.key},
    )
    world.ledger.add([effect])
    announce({"subject": SUBJECT, "kind": "announce", "key": key}, world)
    known = world.ledger.effect(SUBJECT, key)
    assert known is not None
    return known.status


def shown(world: GateWorld) -> str:
    [message] = world.messenger.messages.values()
    return json.dumps(message, ensure_ascii=False)


def fail_the_build(world: GateWorld) -> None:
    world.ledger.record(a_build(ActionState.FAILED), [])
    world.ledger.record(replace(a_build(ActionState.FAILED), attempt=2, external_id="hello:2"), [])
    world.builds.reasons["hello:2"] = "test_greets_by_name failed"
    for fact in (
        StageChanged(
            release=RELEASE, stage="Build", state=ExecutionState.FAILED, at=NOW, attempt=2
        ),
        PipelineChanged(release=RELEASE, state=ExecutionState.FAILED, at=NOW, attempt=2),
    ):
        world.ledger.record(fact, [])


def vote_of_ada(world: GateWorld) -> None:
    gate = world.opened_gate()
    world.ledger.vote(gate.id, an_authors_approval(gate), [])
    world.ledger.kept_notes.clear()
