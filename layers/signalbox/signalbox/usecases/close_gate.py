"""Sees to gates that wait: decides those that nobody can answer any more, has those weighed again
that wait for something else than people, reminds, and hands over verdicts that were left lying.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from signalbox.domain.effects import EffectStatus
from signalbox.domain.gates import Gate, GateKind, GateStatus, Settlement, Verdict
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.services import Service
from signalbox.policies.judge import shown_now
from signalbox.policies.votes import weigh
from signalbox.usecases.answer_seen import AnswerSeen, answer_seen, has_ended
from signalbox.usecases.effects_of_gates import announcement, decision
from signalbox.usecases.find_newer_release import find_newer_release, superseded_by
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
from signalbox.usecases.tell_once import tell_once

LET_GO = "its policy no longer enforces anything: answer it in CodePipeline"
WAITS_NO_MORE = "it no longer waits in front of the stage"
SETTLED_WITHIN = timedelta(minutes=2)
"""Younger verdicts and expiries are left to the workflow, which is at work on them."""

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
    service = ports.services.of_pipeline(gate.release.pipeline)
    policy = ports.policies.policy_for(gate.release.pipeline, gate.stage) if service else None
    if policy and gate.kind is GateKind.APPROVAL and policy.mode is not Mode.ENFORCE:
        return _decide(gate, Verdict.DECIDED_ELSEWHERE, LET_GO, ports)
    if gate.kind is not GateKind.OBSERVED and _passed(gate.expires_at, now):
        return _decide(gate, Verdict.EXPIRED, "nobody answered in time", ports)
    if service is None or policy is None:
        return False
    if gate.kind is not GateKind.HOTFIX:
        if not _still_waits(gate, service, ports):
            return _answered_elsewhere(gate, service, policy, ports)
        newer = find_newer_release(gate, service, ports.pipelines)
        if newer and not policy.keep_stale:
            return _decide(gate, Verdict.SUPERSEDED, superseded_by(newer), ports)
        _note_newer(gate, newer, ports)
    elif not _waits_in_front(gate, service, ports):
        return _decide(gate, Verdict.DECIDED_ELSEWHERE, WAITS_NO_MORE, ports)
    if gate.kind is not GateKind.OBSERVED:
        _remind(gate, policy, ports)
        _weigh_again(gate, policy, ports)
    return False


def _still_waits(gate: Gate, service: Service, ports: ClosingPorts) -> bool:
    waiting = ports.pipelines.pending_approval(service, gate.release, gate.action_execution_id)
    return waiting is not None


def _waits_in_front(gate: Gate, service: Service, ports: ClosingPorts) -> bool:
    """Whether the release of a hotfix still waits where it asks to be let in."""
    ways = ports.pipelines.transitions(service)
    return any(way.stage == gate.stage and gate.release.execution in way.waiting for way in ways)


def _answered_elsewhere(gate: Gate, service: Service, policy: Policy, ports: ClosingPorts) -> bool:
    """Only what CodePipeline says has ended is over: an approval that it does not show for a
    moment still waits.
    """
    if not has_ended(gate, service, ports.pipelines):
        return False
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


def _note_newer(gate: Gate, newer: str, ports: ClosingPorts) -> None:
    """Have the card say that the gate is stale, where its policy keeps it all the same."""
    if newer == gate.newer:
        return
    now = ports.clock.now()
    told = announcement(gate.release, f"gate-newer-{gate.id}-{now.isoformat()}", now)
    ports.effects.add([told])
    ports.gates.note_newer(gate.id, newer)
    ports.bells.ring(told)


def _remind(gate: Gate, policy: Policy, ports: ClosingPorts) -> None:
    """Have the thread mention those who are asked, once for each time that has come."""
    waited = ports.clock.now() - gate.opened_at
    due = sum(waited >= after for after in policy.remind_after)
    keys = [f"remind-{gate.id}-{due}"] if due else []
    if policy.escalation and waited >= policy.escalation.after:
        keys.append(f"escalate-{gate.id}")
    for key in keys:
        tell_once(announcement(gate.release, key, ports.clock.now()), ports)


def _weigh_again(gate: Gate, policy: Policy, ports: ClosingPorts) -> None:
    """A gate waits for a check to pass, or shows what holds no longer: have it weighed."""
    now, shown = ports.clock.now(), shown_now(gate, policy)
    waits_for_checks = policy.auto_approve or (bool(gate.standing) and bool(gate.votes))
    if shown != gate.shown_digest or waits_for_checks:
        turn = int(now.timestamp() / WEIGHED_EVERY.total_seconds())
        tell_once(decision(gate, f"weigh-{gate.round}-{shown[:12]}-{turn}", now), ports)


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


def _passed(moment: datetime, now: datetime) -> bool:
    return now - moment > SETTLED_WITHIN
