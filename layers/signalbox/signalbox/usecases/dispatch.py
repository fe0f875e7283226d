"""Carries out one effect of the outbox that is not an announcement."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsRefusedError, NotYetError, UnreadableEventError
from signalbox.ports import Audit, EffectLedger
from signalbox.usecases.anchor_audit import anchor_audit
from signalbox.usecases.apply_holds import apply_holds_by_effect
from signalbox.usecases.carry_out_command import carry_out_command
from signalbox.usecases.decide_gate import DecidingPorts, decide_gate
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.needs import HasAnchors, HasCommands, HasIds
from signalbox.usecases.settle_hotfix import settle_hotfix

LOG = logging.getLogger(__name__)

WORKFLOWS = {EffectKind.START_APPROVAL: "approval", EffectKind.START_ROLLBACK: "rollback"}
FIRST_ATTEMPT, SECOND_ATTEMPT = 1, 2
AGAIN = "/again"

ASK_AGAIN_SECONDS = 2
ASK_AGAIN_FOR = timedelta(minutes=5)
"""So long does an effect that came too early ring again by itself; later ``reconcile`` rings."""

GIVE_UP_AFTER = timedelta(hours=24)
"""An effect that AWS still refuses by then, or that still comes too early, stays refused."""


class DispatchingPorts(DecidingPorts, HasAnchors, HasCommands, HasIds, Protocol):
    """What dispatching needs: all that deciding a gate needs, commands, and the anchors."""


def dispatch(bell: Mapping[str, str], ports: DispatchingPorts) -> None:
    """Carry out the effect that ``bell`` (``subject``, ``kind``, ``key``) speaks of, if pending.

    Twice is harmless: a workflow's name starts once, a gate is decided once, a head is anchored
    under its number. Raises RetryableError where the queue shall ring again, AwsRefusedError where
    that will end in the dead-letter queue, UnreadableEventError for a bell that is none.
    """
    effect = _effect_of(bell, ports.effects)
    if effect is None or effect.status is not EffectStatus.PENDING:
        return
    try:
        _carry_out(effect, ports)
    except NotYetError:
        waited = ports.clock.now() - effect.created_at
        if waited < ASK_AGAIN_FOR:
            ports.bells.ring(effect, delay_seconds=ASK_AGAIN_SECONDS)
        elif waited > GIVE_UP_AFTER:
            _give_up(effect, ports)
        return
    except AwsRefusedError as error:
        LOG.error("AWS refuses %s: %s", effect.kind.value, error)
        if ports.clock.now() - effect.created_at > GIVE_UP_AFTER:
            ports.effects.finish(effect, EffectStatus.REFUSED)
        raise
    if effect.kind is EffectKind.START_ROLLBACK and not effect.key.endswith(AGAIN):
        ports.effects.watch(effect)
    else:
        ports.effects.finish(effect, EffectStatus.DONE)


def execution_name(effect: Effect, attempt: int = FIRST_ATTEMPT) -> str:
    """The name under which the workflow of an effect starts, ``{id}-{attempt}``.

    Step Functions refuses a name for 90 days after its execution has ended, so a name is a lock.
    """
    identity = hashlib.sha256(f"{effect.subject}{effect.key}".encode()).hexdigest()[:32]
    return f"{identity}-{attempt}"


def second_key(key: str) -> str:
    """The key of the effect that starts the same workflow once more, under its next name."""
    return key + AGAIN


def _name_to_start(effect: Effect) -> str:
    if not effect.key.endswith(AGAIN):
        return execution_name(effect)
    return execution_name(replace(effect, key=effect.key.removesuffix(AGAIN)), SECOND_ATTEMPT)


def _effect_of(bell: Mapping[str, str], effects: EffectLedger) -> Effect | None:
    try:
        subject, kind, key = bell["subject"], EffectKind(bell["kind"]), bell["key"]
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableEventError(f"not a bell: {error}") from error
    return effects.effect(subject, key, kind=kind)


def _carry_out(effect: Effect, ports: DispatchingPorts) -> None:
    match effect.kind:
        case EffectKind.START_APPROVAL | EffectKind.START_ROLLBACK:
            name = _name_to_start(effect)
            _note(effect, ports.audit, execution=name)
            ports.workflows.start(WORKFLOWS[effect.kind], name, effect.payload)
        case EffectKind.DECIDE_GATE:
            # It writes its own audit, with who said what, before it decides.
            decide_gate(effect.payload["gate"], ports)
        case EffectKind.ANCHOR_AUDIT:
            _note(effect, ports.audit)
            anchor_audit(effect.subject, audit=ports.audit, anchors=ports.anchors)
        case EffectKind.CARRY_OUT_COMMAND:  # this one and the next two audit what they do, too
            carry_out_command(effect.payload["command"], ports)
        case EffectKind.APPLY_HOLDS:
            apply_holds_by_effect(effect, ports)
        case EffectKind.SETTLE_HOTFIX:
            settle_hotfix(effect.payload["gate"], ports)
        case EffectKind.ANNOUNCE:
            raise UnreadableEventError("announcements ring on the messages queue")


def _give_up(effect: Effect, ports: DispatchingPorts) -> None:
    """Stop ringing for a verdict that no machine takes, and say so where people look."""
    LOG.error("giving up %s of %s", effect.kind.value, effect.subject)
    gate = ports.gates.gate(str(effect.payload.get("gate", "")))
    subject = f"release#{gate.release.key}" if gate else effect.subject
    details = {"effect": effect.subject, "key": effect.key, "payload": dict(effect.payload)}
    ports.audit.append(subject, "given up", details)
    if gate is not None:
        failure = f"the approval at {gate.stage} needs a human: no workflow takes the verdict"
        ports.releases.write_notes(gate.release, failure=failure)
        told = announcement(gate.release, f"gate-given-up-{gate.id}", ports.clock.now())
        ports.effects.add([told])
        ports.bells.ring(told)
    ports.effects.finish(effect, EffectStatus.REFUSED)


def _note(effect: Effect, audit: Audit, **more: str) -> None:
    details = {"key": effect.key, "payload": dict(effect.payload), **more}
    audit.append(effect.subject, effect.kind.value.replace("_", " "), details)
