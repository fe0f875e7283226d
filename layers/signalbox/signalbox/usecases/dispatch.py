"""Carries out one effect of the outbox that is not an announcement."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsRefusedError, NotYetError, UnreadableEventError
from signalbox.ports import Audit, EffectLedger
from signalbox.usecases.anchor_audit import anchor_audit
from signalbox.usecases.decide_gate import DecidingPorts, decide_gate
from signalbox.usecases.needs import HasAnchors

LOG = logging.getLogger(__name__)

WORKFLOWS = {EffectKind.START_APPROVAL: "approval", EffectKind.START_ROLLBACK: "rollback"}
FIRST_ATTEMPT = 1

ASK_AGAIN_SECONDS = 2
ASK_AGAIN_FOR = timedelta(minutes=5)
"""So long does an effect that came too early ring again by itself; later ``reconcile`` rings."""

GIVE_UP_AFTER = timedelta(hours=24)
"""An effect that AWS still refuses by then stays refused. Its dead letters have told a person."""


class DispatchingPorts(DecidingPorts, HasAnchors, Protocol):
    """What dispatching needs: all that deciding a gate needs, and the anchors."""


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
        if ports.clock.now() - effect.created_at < ASK_AGAIN_FOR:
            ports.bells.ring(effect, delay_seconds=ASK_AGAIN_SECONDS)
        return
    except AwsRefusedError as error:
        LOG.error("AWS refuses %s: %s", effect.kind.value, error)
        if ports.clock.now() - effect.created_at > GIVE_UP_AFTER:
            ports.effects.finish(effect, EffectStatus.REFUSED)
        raise
    ports.effects.finish(effect, EffectStatus.DONE)


def execution_name(effect: Effect, attempt: int = FIRST_ATTEMPT) -> str:
    """The name under which the workflow of an effect starts, ``{id}-{attempt}``.

    Step Functions refuses a name for 90 days after its execution has ended, so a name is a lock.
    """
    identity = hashlib.sha256(f"{effect.subject}{effect.key}".encode()).hexdigest()[:32]
    return f"{identity}-{attempt}"


def _effect_of(bell: Mapping[str, str], effects: EffectLedger) -> Effect | None:
    try:
        subject, kind, key = bell["subject"], EffectKind(bell["kind"]), bell["key"]
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableEventError(f"not a bell: {error}") from error
    return effects.effect(subject, key, kind=kind)


def _carry_out(effect: Effect, ports: DispatchingPorts) -> None:
    match effect.kind:
        case EffectKind.START_APPROVAL | EffectKind.START_ROLLBACK:
            name = execution_name(effect)
            _note(effect, ports.audit, execution=name)
            ports.workflows.start(WORKFLOWS[effect.kind], name, effect.payload)
        case EffectKind.DECIDE_GATE:
            # It writes its own audit, with who said what, before it decides.
            decide_gate(effect.payload["gate"], ports)
        case EffectKind.ANCHOR_AUDIT:
            _note(effect, ports.audit)
            anchor_audit(effect.subject, audit=ports.audit, anchors=ports.anchors)
        case EffectKind.ANNOUNCE:
            raise UnreadableEventError("announcements ring on the messages queue")


def _note(effect: Effect, audit: Audit, **more: str) -> None:
    details = {"key": effect.key, "payload": dict(effect.payload), **more}
    audit.append(effect.subject, effect.kind.value.replace("_", " "), details)
