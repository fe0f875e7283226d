"""Weighs a gate's votes and, where they suffice, hands the verdict to the waiting machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import NotYetError, SettingMissingError
from signalbox.domain.gates import Gate, GateKind, GateStatus, Verdict
from signalbox.domain.people import Directory
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.services import Service
from signalbox.domain.truth import PendingApproval
from signalbox.notifications.approval_summary import decision_text
from signalbox.notifications.text import plain_line
from signalbox.policies.judge import is_outdated, judge
from signalbox.policies.outcome import Case, Judgement, RefusedVote
from signalbox.usecases.compile_gate import CompilingPorts, asked_at, compile_gate
from signalbox.usecases.effects_of_gates import announcement, decision, settling, whisper_to_voter
from signalbox.usecases.find_newer_release import find_newer_release, superseded_by
from signalbox.usecases.gather_evidence import gather_evidence
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasEffects,
    HasGates,
    HasPolicies,
    HasServices,
    HasWorkflows,
)


class DecidingPorts(
    CompilingPorts,
    HasGates,
    HasEffects,
    HasServices,
    HasPolicies,
    HasWorkflows,
    HasBells,
    HasAudit,
    Protocol,
):
    """What deciding a gate asks of the world."""


def decide_gate(gate_id: str, ports: DecidingPorts) -> None:
    """Decide the gate if its votes suffice and no check stands against it; twice is harmless.

    Where something of what was shown has changed, people are asked anew instead. Raises NotYetError
    where the machine does not wait for the verdict yet: ring again later.
    """
    gate = ports.gates.gate(gate_id)
    if gate is None or gate.status is GateStatus.SETTLED or gate.kind is GateKind.OBSERVED:
        return
    verdict = gate.verdict
    if verdict is None:
        verdict = _weigh(gate, ports)
    if verdict is not None:
        _hand_over(gate, verdict, ports)


def _weigh(gate: Gate, ports: DecidingPorts) -> Verdict | None:
    service = ports.services.of_pipeline(gate.release.pipeline)
    if service is None:
        raise SettingMissingError(f"no service has the pipeline {gate.release.pipeline.key}")
    policy = ports.policies.policy_for(gate.release.pipeline, gate.stage)
    if policy.mode is not Mode.ENFORCE and gate.kind is GateKind.APPROVAL:
        return None  # its reconciler lets it go: what is only observed is answered by nobody here
    directory = ports.directory.in_force().directory
    gathered = gather_evidence(gate.release, service, policy, gate.stage, ports)
    case = Case(gate=gate, policy=policy, directory=directory, evidence=gathered.evidence)
    if is_outdated(case):
        _ask_anew(gate, service, policy, ports)
        return None
    judgement = judge(case)
    _deny(gate, judgement, ports)
    if judgement.verdict is None:
        _note(gate, judgement, policy, directory, ports)
        return None
    if judgement.verdict is Verdict.APPROVED and not judgement.broken_glass:
        newer = "" if policy.keep_stale else find_newer_release(gate, service, ports.pipelines)
        if newer:
            return _supersede(gate, newer, ports)
    return _decide(gate, judgement, directory, ports)


def _supersede(gate: Gate, newer: str, ports: DecidingPorts) -> Verdict | None:
    """What people have agreed to is stale: the newer release is to be let in and asked about."""
    reason, now = superseded_by(newer), ports.clock.now()
    details = {"gate": gate.id, "verdict": Verdict.SUPERSEDED.value, "reason": reason}
    ports.audit.append(f"release#{gate.release.key}", "gate closed", details)
    told = announcement(gate.release, f"gate-decided-{gate.id}", now)
    holds = ports.gates.decide(gate.id, Verdict.SUPERSEDED, reason, now, [told])
    ports.bells.ring(told)
    return holds


def _decide(
    gate: Gate, judgement: Judgement, directory: Directory, ports: DecidingPorts
) -> Verdict | None:
    verdict, now = judgement.verdict, ports.clock.now()
    reason = decision_text(judgement, directory)
    if verdict is None:
        return None
    details = _for_audit(gate, judgement, reason)
    what = "glass broken" if judgement.broken_glass else "gate decided"
    ports.audit.append(f"release#{gate.release.key}", what, details)
    told = announcement(gate.release, f"gate-decided-{gate.id}", now)
    holds = ports.gates.decide(
        gate.id,
        verdict,
        reason,
        now,
        [told],
        seen_digest=gate.shown_digest,
        broken_by=judgement.deciding[0].person if judgement.broken_glass else "",
    )
    if holds is None:
        raise NotYetError(f"gate {gate.id} shows something else by now")
    ports.bells.ring(told)
    return holds


def _ask_anew(gate: Gate, service: Service, policy: Policy, ports: DecidingPorts) -> None:
    """Show what holds now. The wait goes on: its end was promised to the machine."""
    waits = PendingApproval(
        release=gate.release,
        stage=gate.stage,
        action=gate.action,
        action_execution_id=gate.action_execution_id,
        token="",
    )
    fresh = compile_gate(
        gate.id, waits, service, policy, ports, kind=gate.kind, asked=gate.round + 1
    )
    anew = replace(fresh.gate, expires_at=gate.expires_at)
    details = {
        "gate": gate.id,
        "round": anew.round,
        "before": gate.shown_digest,
        "shownDigest": anew.shown_digest,
    }
    ports.audit.append(f"release#{gate.release.key}", "asked anew", details)
    now = ports.clock.now()
    effects = [announcement(gate.release, f"gate-anew-{gate.id}-{anew.round}", now)]
    if fresh.judgement.verdict is not None:  # the policy approves by itself
        effects.append(decision(gate, f"anew-{anew.round}", now))
    if ports.gates.ask_anew(anew, gate.shown_digest, effects):
        for effect in effects:
            ports.bells.ring(effect)


def _deny(gate: Gate, judgement: Judgement, ports: DecidingPorts) -> None:
    """Tell each whose vote does not count, once; the effect remembers that it was told."""
    for refused in judgement.weighed.refused:
        if refused.vote.shown_digest != gate.shown_digest:
            continue  # it was given before people were asked anew: the card says so
        told = whisper_to_voter(gate, refused.vote, ports.clock.now())
        if ports.effects.effect(told.subject, told.key, kind=told.kind) is not None:
            continue
        ports.audit.append(f"release#{gate.release.key}", "vote denied", _denied(gate, refused))
        ports.effects.add([told])
        ports.bells.ring(told)


def _note(
    gate: Gate, judgement: Judgement, policy: Policy, directory: Directory, ports: DecidingPorts
) -> None:
    """Keep what it waits for and which votes do not count, and have the card say so.

    The effect comes first: a change that was noted and not told would be no change any more.
    """
    now = ports.clock.now()
    asked, denied = asked_at(gate, policy, directory), _denials(gate, judgement)
    changed = (asked, judgement.waits, denied) != (gate.asked, gate.standing, gate.denied)
    said = hashlib.sha256("\n".join(judgement.waits).encode()).hexdigest()[:12]
    change = f"votes-{gate.id}-{gate.round}-{len(gate.votes)}-{said}"
    told = announcement(gate.release, change, now)
    known = ports.effects.effect(told.subject, told.key, kind=EffectKind.ANNOUNCE)
    if known and changed:  # it is once more what it was before, as with an alarm that flaps
        told = announcement(gate.release, f"{change}-{now.isoformat()}", now)
    if known is None or changed:
        ports.effects.add([told])
        if changed:
            ports.gates.note_standing(gate.id, asked, judgement.waits, denied)
        ports.bells.ring(told)


def _hand_over(gate: Gate, verdict: Verdict, ports: DecidingPorts) -> None:
    if gate.kind is GateKind.HOTFIX:
        _ring_to_settle(settling(gate, ports.clock.now()), ports)
        return
    if not gate.task_token:
        raise NotYetError(f"the machine of gate {gate.id} has not left its task token yet")
    if ports.workflows.complete(gate.task_token, {"verdict": verdict.value}):
        return
    now = ports.gates.gate(gate.id)
    if now is not None and now.status is not GateStatus.SETTLED:
        raise NotYetError(f"the machine of gate {gate.id} no longer waits and has not settled")


def _ring_to_settle(effect: Effect, ports: DecidingPorts) -> None:
    ports.effects.add([effect])
    ports.bells.ring(effect)


def _denials(gate: Gate, judgement: Judgement) -> tuple[str, ...]:
    """A line for each vote on what is shown now that does not count: a terminal and `why` say them,
    for neither weighs votes.
    """
    return tuple(
        plain_line(f"{refused.vote.name}'s vote does not count: {refused.why}", 300)
        for refused in judgement.weighed.refused
        if refused.vote.shown_digest == gate.shown_digest
    )


def _denied(gate: Gate, refused: RefusedVote) -> Mapping[str, Any]:
    return {
        "gate": gate.id,
        "principal": refused.vote.principal,
        "choice": refused.vote.choice.value,
        "why": plain_line(refused.why),
    }


def _for_audit(gate: Gate, judgement: Judgement, reason: str) -> Mapping[str, Any]:
    return {
        "gate": gate.id,
        "verdict": judgement.verdict.value if judgement.verdict else None,
        "reason": reason,
        "shownDigest": gate.shown_digest,
        "counted": [
            {
                "principal": one.vote.principal,
                "person": one.person,
                "choice": one.vote.choice.value,
                "at": one.vote.at.isoformat(),
            }
            for one in judgement.weighed.counted
        ],
        "refused": [
            {"principal": refused.vote.principal, "why": plain_line(refused.why)}
            for refused in judgement.weighed.refused
        ],
        "findings": [
            plain_line(f"{one.check}: {one.outcome.value}: {one.why}", 500)
            for one in judgement.findings
        ],
    }
