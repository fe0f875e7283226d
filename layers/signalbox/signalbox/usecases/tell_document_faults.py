"""Has people told which of their documents cannot be read, while the last good ones hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind
from signalbox.usecases.needs import (
    HasBells,
    HasClock,
    HasDirectory,
    HasEffects,
    HasPolicies,
    HasServices,
    HasWaivers,
)
from signalbox.usecases.tell_once import tell_once

SUBJECT = "documents"


class FaultPorts(
    HasServices,
    HasPolicies,
    HasDirectory,
    HasWaivers,
    HasEffects,
    HasBells,
    HasClock,
    Protocol,
):
    """What telling faults asks of the world."""


def tell_document_faults(ports: FaultPorts) -> int:
    """One effect a day for each thing that is wrong; returns how many things are."""
    faults = set(_faults(ports))
    now = ports.clock.now()
    for fault in sorted(faults):
        effect = Effect(
            kind=EffectKind.ANNOUNCE,
            subject=SUBJECT,
            key=f"fault-{hashlib.sha256(fault.encode()).hexdigest()[:32]}-{now:%Y-%m-%d}",
            created_at=now,
            payload={"fault": {"what": fault}},
        )
        tell_once(effect, ports)
    return len(faults)


def _faults(ports: FaultPorts) -> Iterator[str]:
    told = [ports.directory.in_force().fault, ports.waivers.fault()]
    told += [ports.policies.fault_of(service.pipeline) for service in ports.services.all()]
    yield from filter(None, told)
