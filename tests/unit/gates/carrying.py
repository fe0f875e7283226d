"""What the queues, the machine and the schedule do around a gate, one after the other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from signalbox.domain.effects import EffectKind, EffectStatus
from signalbox.domain.errors import NotYetError
from signalbox.domain.facts import ActionChanged
from signalbox.domain.gates import Gate
from signalbox.domain.states import ActionState
from signalbox.usecases.announce import announce
from signalbox.usecases.carry_out_command import carry_out_command
from signalbox.usecases.close_gate import close_gate, gates_to_see_to
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.open_gate import open_gate
from signalbox.usecases.settle_gate import settle_gate

from tests.gate_world import (
    RELEASE,
    TASK_TOKEN,
    GateWorld,
    a_request,
    an_answered_approval,
)

SUBJECT = f"release#{RELEASE.key}"
ROOT = "arn:aws:iam::123456789012:user/root-of-all"


def carry_on(world: GateWorld) -> None:
    """Bring every bell that rang to where it is heard, and all that follow from it."""
    while world.bells.rings:
        effect, _ = world.bells.rings.pop(0)
        known = world.ledger.effect(effect.subject, effect.key, kind=effect.kind)
        if known is None or known.status is not EffectStatus.PENDING:
            continue
        match effect.kind:
            case EffectKind.ANNOUNCE:
                announce({"subject": effect.subject, "key": effect.key}, world)
                continue
            case EffectKind.DECIDE_GATE:
                try:
                    decide_gate(effect.payload["gate"], world)
                except NotYetError:
                    continue  # it stays pending, and the schedule rings again
            case EffectKind.CARRY_OUT_COMMAND:
                carry_out_command(effect.payload["command"], world)
            case _:
                raise AssertionError(f"nobody carries out {effect.kind}")
        world.ledger.finish(effect, EffectStatus.DONE)


def ask(world: GateWorld) -> Gate:
    """Open the gate; its message is posted, and where people are asked its machine waits."""
    answer = open_gate(a_request(), world)
    if answer["decision"] == "ASK":
        world.ledger.token_arrives(answer["gateId"], TASK_TOKEN)
        world.workflows.waiting.add(TASK_TOKEN)
    carry_on(world)
    return world.the_gate()


def see_to(world: GateWorld, after: timedelta = timedelta()) -> int:
    """The scheduled run, after so long; returns how many gates it has closed."""
    world.clock.advance(after)
    closed = sum(close_gate(gate, world) for gate in gates_to_see_to(world))
    carry_on(world)
    return closed


def settle(world: GateWorld) -> str:
    """The machine goes on with the verdict that it was given."""
    [(_, output)] = world.workflows.completed
    answer = settle_gate(world.the_gate().id, str(output["verdict"]), world)
    carry_on(world)
    return str(answer["settlement"])


def answered(world: GateWorld, state: ActionState, **changes: str) -> None:
    """The approval no longer waits: CodePipeline says how its action ended."""
    world.pipelines.approvals.clear()
    ended: ActionChanged = an_answered_approval(state, "")
    world.pipelines.told[RELEASE] = [replace(ended, **changes)]  # type: ignore[arg-type]


def stopped(world: GateWorld) -> None:
    """Somebody stopped the execution: its approval is gone, and nobody has answered it."""
    world.pipelines.approvals.clear()
    world.pipelines.truths[RELEASE] = replace(world.pipelines.truths[RELEASE], status="Stopped")


def card(world: GateWorld) -> str:
    """The message of the release as it stands."""
    posted = world.notes().messages[0]
    return json.dumps(world.messenger.messages[posted.ts], ensure_ascii=False)


def told(world: GateWorld, words: str) -> list[tuple[str, bool]]:
    """The replies with these words, and whether each was broadcast."""
    texts = [
        (json.dumps(one, ensure_ascii=False), loud) for _, one, loud in world.messenger.replies
    ]
    return [(text, loud) for text, loud in texts if words in text]


def details(world: GateWorld, what: str) -> list[dict[str, object]]:
    """What the audit of the release has under that name."""
    return [dict(one.details) for one in world.audit.chains.get(SUBJECT, []) if one.what == what]
