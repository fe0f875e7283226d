"""Closes the loop: reads the truth about everything unfinished, and rings what was not heard."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import AwsUnavailableError
from signalbox.domain.gates import GateStatus
from signalbox.domain.identity import PipelineId
from signalbox.usecases.anchor_audit import anchor_grown
from signalbox.usecases.apply_holds import ApplyingPorts, apply_holds, concerned
from signalbox.usecases.budget import PERIOD, Budget, in_turn
from signalbox.usecases.catch_up import catch_up, worth_reading
from signalbox.usecases.close_gate import close_gate, gates_to_see_to
from signalbox.usecases.end_holds import end_holds
from signalbox.usecases.follow_rollback import Followed, follow_rollback
from signalbox.usecases.needs import (
    HasAnchoring,
    HasAnchors,
    HasGates,
    HasIncidents,
    HasObservations,
)
from signalbox.usecases.start_again import (
    start_for_verdict,
    start_without_gate,
)
from signalbox.usecases.tell_document_faults import tell_document_faults

LOG = logging.getLogger(__name__)

UNHEARD_AFTER = timedelta(minutes=2)
"""An effect that is pending for so long rings again."""

RUNG_AT_LEAST_EVERY = timedelta(hours=6)

CALLS_TO_LIST, CALLS_TO_READ, CALLS_TO_SEE, CALLS_TO_HOLD = 1, 3, 2, 1
"""What CodePipeline is asked for a pipeline's newest executions, a release, an approval, and the
ways into its stages."""


class ReconcilingPorts(
    ApplyingPorts,
    HasGates,
    HasObservations,
    HasIncidents,
    HasAnchoring,
    HasAnchors,
    Protocol,
):
    """What reconciling needs: catching up, holds, gates, seeing rollbacks through, anchors."""


@dataclass(kw_only=True)
class Reconciled:
    """What one run found: facts that no event had said, effects whose bell was not heard, gates
    that were decided because nobody can answer them any more, rollbacks that were left to a human,
    workflows that got their second attempt, chains that were anchored, how often AWS throttled, how
    much was left to the next run, and the errors that kept it from seeing all.
    """

    unheard_facts: int = 0
    pending_effects: int = 0
    closed_gates: int = 0
    closed_incidents: int = 0
    restarted: int = 0
    anchored: int = 0
    services_read: int = 0
    throttled: int = 0
    left: int = 0
    errors: list[Exception] = field(default_factory=list)

    @contextmanager
    def going_on(self, doing: str) -> Iterator[None]:
        """Note what fails inside the block, and go on behind it."""
        try:
            yield
        except Exception as error:  # a defect must not take the rest of the run along
            LOG.error("could not %s: %s: %s", doing, type(error).__name__, error)
            self.errors.append(error)

    @contextmanager
    def asking(self, place: PipelineId, budget: Budget, doing: str) -> Iterator[None]:
        """The same, and where AWS throttles, that account and region is left alone: the next run
        carries on. That is no error of the run.
        """
        with self.going_on(doing):
            try:
                yield
            except AwsUnavailableError as error:
                if not error.throttled:
                    raise
                LOG.warning("throttled when trying to %s: %s", doing, error)
                self.throttled += 1
                budget.leave_alone(place)


def reconcile(ports: ReconcilingPorts, budget: Budget | None = None) -> Reconciled:
    """One run: first what costs little and others wait for, then CodePipeline's truth as far as
    ``budget`` reaches. What fails does not keep the rest from being done, and is in the answer.
    """
    found = Reconciled()
    budget = budget or Budget(ports.clock, until=datetime.max.replace(tzinfo=UTC), pause=None)
    with found.going_on("list the pending effects"):
        _ring_again(ports, found)
    with found.going_on("list the rollbacks"):
        _follow_rollbacks(ports, found)
    with found.going_on("anchor the audit"):
        found.anchored = anchor_grown(ports)
    with found.going_on("end the holds whose time is over"):
        end_holds(ports)
    with found.going_on("read the documents that people write"):
        tell_document_faults(ports)
    with found.going_on("list the holds"):
        _apply_holds(ports, budget, found)
    with found.going_on("list the gates"):
        _see_to_gates(ports, budget, found)
    with found.going_on("list the services and open releases"):
        _read_releases(ports, budget, found)
    found.left = budget.refused
    if found.throttled and not found.services_read:
        found.errors.append(AwsUnavailableError("CodePipeline throttled whatever was asked"))
    return found


def _ring_again(ports: ReconcilingPorts, found: Reconciled) -> None:
    """Ring for what is pending, and the next time after as long again as it is pending by then."""
    now = ports.clock.now()
    for effect in ports.effects.pending(now - UNHEARD_AFTER):
        found.pending_effects += 1
        with found.going_on(f"ring for {effect.kind.value}"):
            # Put off only once it rang: a bell that cannot ring fails Lambda's retries of this run
            # as well, and so ends in the dead-letter queue that sounds the alarm.
            ports.bells.ring(effect, anew=True)
            ports.effects.put_off(effect, _next_time(effect, now))


def _next_time(effect: Effect, now: datetime) -> datetime:
    wait = min(max(now - effect.created_at, PERIOD), RUNG_AT_LEAST_EVERY)
    return now + 0.9 * wait - UNHEARD_AFTER  # a little less, for runs are not quite punctual


def _follow_rollbacks(ports: ReconcilingPorts, found: Reconciled) -> None:
    for start in ports.effects.watched():
        if start.kind is EffectKind.START_ROLLBACK:
            with found.going_on(f"follow the rollback of {start.subject}"):
                came_of_it = follow_rollback(start, ports)
                found.restarted += came_of_it is Followed.RESTARTED
                found.closed_incidents += came_of_it is Followed.CLOSED


def _see_to_gates(ports: ReconcilingPorts, budget: Budget, found: Reconciled) -> None:
    for gate in in_turn(gates_to_see_to(ports), ports.clock.now()):
        place = gate.release.pipeline
        if gate.status is GateStatus.OPEN and not budget.take(place, CALLS_TO_SEE):
            continue
        with found.asking(place, budget, f"close gate {gate.id}"):
            found.closed_gates += close_gate(gate, ports)
            found.restarted += start_for_verdict(gate, ports)


def _apply_holds(ports: ReconcilingPorts, budget: Budget, found: Reconciled) -> None:
    services = sorted(concerned(ports.services.all(), ports), key=lambda service: service.name)
    for service in in_turn(services, ports.clock.now()):
        place = service.pipeline
        if budget.take(place, CALLS_TO_HOLD):
            with found.asking(place, budget, f"apply the holds on {service.name}"):
                apply_holds(service, ports)


def _read_releases(ports: ReconcilingPorts, budget: Budget, found: Reconciled) -> None:
    open_releases = ports.releases.open_releases()
    services = sorted(ports.services.all(), key=lambda service: service.name)
    for service in in_turn(services, ports.clock.now()):
        place = service.pipeline
        if not budget.take(place, CALLS_TO_LIST):
            continue
        with found.asking(place, budget, f"read the releases of {service.name}"):
            for release in worth_reading(service, open_releases, ports):
                if not budget.take(place, CALLS_TO_READ):
                    break
                with found.asking(place, budget, f"catch up with {release.key}"):
                    found.unheard_facts += catch_up(service, release, ports)
                    found.restarted += start_without_gate(release, ports)
            found.services_read += 1
