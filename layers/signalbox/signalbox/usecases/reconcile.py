"""Closes the loop: reads the truth about everything unfinished, and rings what was not heard."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from signalbox.domain.errors import SignalboxError
from signalbox.domain.identity import ReleaseId
from signalbox.domain.services import Service
from signalbox.usecases.anchor_audit import anchor_audit
from signalbox.usecases.catch_up import CatchingUpPorts, catch_up, worth_reading
from signalbox.usecases.close_gate import ClosingPorts, close_gate, gates_to_see_to
from signalbox.usecases.needs import HasAnchors
from signalbox.usecases.start_again import (
    start_for_verdict,
    start_without_gate,
)

LOG = logging.getLogger(__name__)

PERIOD = timedelta(minutes=5)
"""How often the schedule runs this."""

SERVICES_PER_RUN = 100
"""With more services than that they take turns: a run makes about three calls for each."""

UNHEARD_AFTER = timedelta(minutes=2)
"""An effect that is pending for so long rings again."""


class ReconcilingPorts(CatchingUpPorts, ClosingPorts, HasAnchors, Protocol):
    """What reconciling needs: catching up, closing gates, and the anchors."""


@dataclass(kw_only=True)
class Reconciled:
    """What one run found: facts that no event had said, effects whose bell was not heard, gates
    that were decided because nobody can answer them any more, workflows that got their second
    attempt, chains that were anchored, and the errors that kept it from seeing all.
    """

    unheard_facts: int = 0
    pending_effects: int = 0
    closed_gates: int = 0
    restarted: int = 0
    anchored: int = 0
    errors: list[SignalboxError] = field(default_factory=list)

    @contextmanager
    def going_on(self, doing: str) -> Iterator[None]:
        """Note what fails inside the block, and go on behind it."""
        try:
            yield
        except SignalboxError as error:
            LOG.error("could not %s: %s: %s", doing, type(error).__name__, error)
            self.errors.append(error)


def reconcile(ports: ReconcilingPorts) -> Reconciled:
    """One run. What fails does not keep the rest from being done, and is in the answer."""
    found = Reconciled()
    open_releases = ports.releases.open_releases()
    with found.going_on("list the services"):
        for service in _whose_turn_it_is(ports):
            with found.going_on(f"read the releases of {service.name}"):
                for release in worth_reading(service, open_releases, ports):
                    with found.going_on(f"catch up with {release.key}"):
                        found.unheard_facts += catch_up(service, release, ports)
                        found.restarted += start_without_gate(release, ports)
    for gate in gates_to_see_to(ports):
        with found.going_on(f"close gate {gate.id}"):
            found.closed_gates += close_gate(gate, ports)
            found.restarted += start_for_verdict(gate, ports)
    for effect in ports.effects.pending(ports.clock.now() - UNHEARD_AFTER):
        found.pending_effects += 1
        with found.going_on(f"ring for {effect.kind.value}"):
            ports.bells.ring(effect)
    with found.going_on("anchor the audit"):
        found.anchored = _anchor_hourly(open_releases, ports)
    return found


def _whose_turn_it_is(ports: ReconcilingPorts) -> Sequence[Service]:
    services = sorted(ports.services.all(), key=lambda service: service.name)
    turns = max(1, math.ceil(len(services) / SERVICES_PER_RUN))
    turn = int(ports.clock.now().timestamp() / PERIOD.total_seconds()) % turns
    return services[turn::turns]


def _anchor_hourly(releases: Sequence[ReleaseId], ports: ReconcilingPorts) -> int:
    """In the first run of each hour; ended releases were anchored when they ended."""
    if ports.clock.now().minute >= PERIOD.total_seconds() / 60:
        return 0
    subjects = (f"release#{release.key}" for release in releases)
    return sum(
        anchor_audit(subject, audit=ports.audit, anchors=ports.anchors) for subject in subjects
    )
