"""Decides gates that nobody can answer any more, and hands over verdicts that were left lying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from signalbox.domain.effects import EffectStatus
from signalbox.domain.gates import Gate, GateStatus, Verdict
from signalbox.usecases.effects_of_gates import decision
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasClock,
    HasEffects,
    HasGates,
    HasPipelines,
    HasServices,
)

SETTLED_WITHIN = timedelta(minutes=2)
"""Younger gates and verdicts are left to the workflow, which is at work on them."""


class ClosingPorts(
    HasEffects, HasGates, HasServices, HasBells, HasClock, HasPipelines, HasAudit, Protocol
):
    """What closing gates needs."""


def gates_to_see_to(ports: ClosingPorts) -> Sequence[Gate]:
    """Every gate that is not settled."""
    return ports.gates.open_gates()


def close_gate(gate: Gate, ports: ClosingPorts) -> bool:
    """Decide an open gate that has expired or whose approval no longer waits; whether it did.

    The verdict goes the way of every verdict: an effect hands it to the waiting machine, and the
    machine settles. An earlier verdict always holds. One that was left lying is handed over again.
    """
    if gate.status is GateStatus.OPEN:
        return _close(gate, ports)
    if gate.decided_at and _passed(gate.decided_at, ports.clock.now()):
        _hand_over(gate, "again", ports)
    return False


def _close(gate: Gate, ports: ClosingPorts) -> bool:
    now = ports.clock.now()
    if not _passed(gate.opened_at, now):
        return False
    verdict = Verdict.EXPIRED if _passed(gate.expires_at, now) else _verdict_elsewhere(gate, ports)
    if verdict is None:
        return False
    reason = "nobody answered in time" if verdict is Verdict.EXPIRED else "answered elsewhere"
    ports.audit.append(
        f"release#{gate.release.key}",
        "gate closed",
        {"gate": gate.id, "verdict": verdict.value, "reason": reason},
    )
    effect = decision(gate, f"closed-{verdict.value}", now)
    if ports.gates.decide(gate.id, verdict, reason, now, [effect]) is not verdict:
        return False
    ports.bells.ring(effect)
    return True


def _verdict_elsewhere(gate: Gate, ports: ClosingPorts) -> Verdict | None:
    service = ports.services.of_pipeline(gate.release.pipeline)
    if service is None:
        return None
    waiting = ports.pipelines.pending_approval(service, gate.release, gate.action_execution_id)
    return None if waiting else Verdict.DECIDED_ELSEWHERE


def _hand_over(gate: Gate, why: str, ports: ClosingPorts) -> None:
    """One effect per reason, however often this runs: ``dispatch`` gives it up in the end."""
    effect = decision(gate, why, ports.clock.now())
    ports.effects.add([effect])
    known = ports.effects.effect(effect.subject, effect.key, kind=effect.kind)
    if known is None or known.status is EffectStatus.PENDING:
        ports.bells.ring(effect)


def _passed(moment: datetime, now: datetime) -> bool:
    return now - moment > SETTLED_WITHIN
