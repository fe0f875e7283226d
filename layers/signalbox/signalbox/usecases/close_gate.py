"""Sees to gates that wait: decides those that nobody can answer any more, has those weighed again
that wait for something else than people, reminds, and hands over verdicts that were left lying.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.gates import Gate, GateKind, GateStatus, Settlement, Verdict
from signalbox.domain.policy import Policy
from signalbox.domain.services import Service
from signalbox.policies.judge import shown_now
from signalbox.policies.votes import weigh
from signalbox.usecases.answer_seen import AnswerSeen, answer_seen
from signalbox.usecases.effects_of_gates import announcement, decision
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasClock,
    HasDirectory,
    HasEffects,
    HasGates,
    HasPipelines,
    HasPolicies,
    HasServices,
)

SETTLED_WITHIN = timedelta(minutes=2)
"""Younger verdicts and expiries are left to the workflow, which is at work on them."""

SUPERSEDED_MODE = "SUPERSEDED"
WEIGHED_EVERY = timedelta(minutes=5)


class ClosingPorts(
    HasEffects,
    HasGates,
    HasServices,
    HasPolicies,
    HasDirectory,
    HasBells,
    HasClock,
    HasPipelines,
    HasAudit,
    Protocol,
):
    """What closing gates needs."""


def gates_to_see_to(ports: ClosingPorts) -> Sequence[Gate]:
    """Every gate that is not settled."""
    return ports.gates.open_gates()


def close_gate(gate: Gate, ports: ClosingPorts) -> bool:
    """Decide an open gate that nobody can answer any more; whether it did.

    The verdict goes the way of every verdict: an effect hands it to the waiting machine, and the
    machine settles. An earlier verdict always holds. One that was left lying is handed over again.
    """
    if gate.status is GateStatus.OPEN:
        return _see_to(gate, ports)
    if gate.decided_at and _passed(gate.decided_at, ports.clock.now()):
        _hand_over(gate, "again", ports)
    return False


def _see_to(gate: Gate, ports: ClosingPorts) -> bool:
    now = ports.clock.now()
    if gate.kind is not GateKind.OBSERVED and _passed(gate.expires_at, now):
        return _decide(gate, Verdict.EXPIRED, "nobody answered in time", ports)
    service = ports.services.of_pipeline(gate.release.pipeline)
    if service is None:
        return False
    policy = ports.policies.policy_for(gate.release.pipeline, gate.stage)
    if gate.kind is not GateKind.HOTFIX:
        if not _still_waits(gate, service, ports):
            return _answered_elsewhere(gate, service, policy, ports)
        newer = _newer_behind(gate, service, policy, ports)
        if newer:
            reason = f"a newer release waits behind it ({newer[:8]})"
            return _decide(gate, Verdict.SUPERSEDED, reason, ports)
    if gate.kind is not GateKind.OBSERVED:
        _remind(gate, policy, ports)
        _weigh_again(gate, policy, ports)
    return False


def _still_waits(gate: Gate, service: Service, ports: ClosingPorts) -> bool:
    waiting = ports.pipelines.pending_approval(service, gate.release, gate.action_execution_id)
    return waiting is not None


def _answered_elsewhere(gate: Gate, service: Service, policy: Policy, ports: ClosingPorts) -> bool:
    seen = answer_seen(gate, service, ports.pipelines)
    reason = _told(seen, gate, policy, ports)
    return _decide(gate, Verdict.DECIDED_ELSEWHERE, reason, ports, seen=seen)


def _told(seen: AnswerSeen, gate: Gate, policy: Policy, ports: ClosingPorts) -> str:
    """Who answered, and under a policy that only observes, what it would have asked for."""
    reason = f"{seen.words} {f'by {seen.by}' if seen.by else ''}".strip()
    if gate.kind is not GateKind.OBSERVED:
        return reason
    would = weigh(gate, policy, ports.directory.in_force().directory).told
    return f"{reason}; Signalbox would have waited for {would}"


def _newer_behind(gate: Gate, service: Service, policy: Policy, ports: ClosingPorts) -> str:
    """The execution that waits for the stage which this gate keeps locked, where it may take it.

    In QUEUED mode each has its turn, in PARALLEL mode none waits.
    """
    if policy.keep_stale or gate.kind is not GateKind.APPROVAL:
        return ""
    ways = ports.pipelines.transitions(service)
    way = next((one for one in ways if one.stage == gate.stage), None)
    behind = [one for one in way.waiting if one != gate.release.execution] if way else []
    if not behind:
        return ""
    truth = ports.pipelines.execution(service, gate.release)
    return behind[-1] if truth and truth.mode == SUPERSEDED_MODE else ""


def _decide(
    gate: Gate,
    verdict: Verdict,
    reason: str,
    ports: ClosingPorts,
    *,
    seen: AnswerSeen | None = None,
) -> bool:
    now = ports.clock.now()
    ports.audit.append(
        f"release#{gate.release.key}",
        "gate closed",
        {"gate": gate.id, "verdict": verdict.value, "reason": reason},
    )
    observed = gate.kind is GateKind.OBSERVED
    handed = [] if observed else [decision(gate, f"closed-{verdict.value}", now)]
    if ports.gates.decide(gate.id, verdict, reason, now, handed) is not verdict:
        return False
    for effect in handed:
        ports.bells.ring(effect)
    if observed:
        _settle_observed(gate, seen, ports)
    return True


def _settle_observed(gate: Gate, seen: AnswerSeen | None, ports: ClosingPorts) -> None:
    """Nobody waits for the verdict of a gate that is only looked at."""
    now = ports.clock.now()
    told = announcement(gate.release, f"gate-settled-{gate.id}", now)
    by = seen.by if seen else ""
    if ports.gates.settle(gate.id, Settlement.OBSERVED.value, now, [told], decided_by=by):
        ports.bells.ring(told)


def _remind(gate: Gate, policy: Policy, ports: ClosingPorts) -> None:
    """Have the thread mention those who are asked, once for each time that has come."""
    waited = ports.clock.now() - gate.opened_at
    due = sum(waited >= after for after in policy.remind_after)
    keys = [f"remind-{gate.id}-{due}"] if due else []
    if policy.escalation and waited >= policy.escalation.after:
        keys.append(f"escalate-{gate.id}")
    for key in keys:
        _once(announcement(gate.release, key, ports.clock.now()), ports)


def _weigh_again(gate: Gate, policy: Policy, ports: ClosingPorts) -> None:
    """A gate waits for a check to pass, or shows what holds no longer: have it weighed."""
    now, shown = ports.clock.now(), shown_now(gate, policy)
    waits_for_checks = bool(gate.standing) and (bool(gate.votes) or policy.auto_approve)
    if shown != gate.shown_digest or waits_for_checks:
        turn = int(now.timestamp() / WEIGHED_EVERY.total_seconds())
        _once(decision(gate, f"weigh-{gate.round}-{shown[:12]}-{turn}", now), ports)


def _hand_over(gate: Gate, why: str, ports: ClosingPorts) -> None:
    """One effect per reason, however often this runs: ``dispatch`` gives it up in the end."""
    if gate.kind is GateKind.OBSERVED:
        service = ports.services.of_pipeline(gate.release.pipeline)
        seen = answer_seen(gate, service, ports.pipelines) if service else None
        _settle_observed(gate, seen, ports)
        return
    effect = decision(gate, why, ports.clock.now())
    ports.effects.add([effect])
    known = ports.effects.effect(effect.subject, effect.key, kind=effect.kind)
    if known is None or known.status is EffectStatus.PENDING:
        ports.bells.ring(effect)


def _once(effect: Effect, ports: ClosingPorts) -> None:
    if ports.effects.effect(effect.subject, effect.key, kind=effect.kind) is None:
        ports.effects.add([effect])
        ports.bells.ring(effect)


def _passed(moment: datetime, now: datetime) -> bool:
    return now - moment > SETTLED_WITHIN
