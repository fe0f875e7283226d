"""Writes an effect and rings for it, unless it was written before."""

from __future__ import annotations

from typing import Protocol

from signalbox.domain.effects import Effect
from signalbox.usecases.needs import HasBells, HasEffects


class TellingPorts(HasEffects, HasBells, Protocol):
    """What telling once asks of the world."""


def tell_once(effect: Effect, ports: TellingPorts) -> None:
    """Ring once for each key. Where we die before the bell, ``reconcile`` rings."""
    if ports.effects.effect(effect.subject, effect.key, kind=effect.kind) is None:
        ports.effects.add([effect])
        ports.bells.ring(effect)
