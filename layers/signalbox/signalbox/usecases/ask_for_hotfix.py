"""Asks people to let one release through a hold."""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol

from signalbox.domain.commands import Answered, Command
from signalbox.domain.gates import Gate, GateKind, GateStatus
from signalbox.domain.holding import operator_sessions
from signalbox.domain.holds import REASON_MARK, Transition
from signalbox.domain.identity import ReleaseId
from signalbox.domain.services import Service
from signalbox.domain.truth import PendingApproval
from signalbox.usecases.compile_gate import CompilingPorts, compile_gate
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.gather_evidence import PARALLEL
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasEffects,
    HasGates,
    HasIds,
    HasPolicies,
    HasServices,
)


class AskingPorts(
    CompilingPorts,
    HasGates,
    HasEffects,
    HasServices,
    HasPolicies,
    HasIds,
    HasBells,
    HasAudit,
    Protocol,
):
    """What asking for a hotfix asks of the world."""


def ask_for_hotfix(command: Command, ports: AskingPorts) -> Answered:
    """Open the gate of a hotfix for a release that waits alone in front of a stage we have closed;
    returns what to tell whoever asked. Once, however often this runs.
    """
    try:
        release = ReleaseId.from_key(command.release)
    except ValueError:
        return _no("There is no release of that name.")
    service = ports.services.of_pipeline(release.pipeline)
    if service is None:
        return _no(f"Signalbox knows no pipeline {release.pipeline.name}.")
    truth = ports.pipelines.execution(service, release)
    if truth is not None and truth.mode == PARALLEL:
        return _no(
            f"{service.name} runs its releases in parallel and holds them at their gate: what has "
            "the hotfix quorum there passes."
        )
    ways = ports.pipelines.transitions(service)
    way = next((one for one in ways if release.execution in one.waiting), None)
    refusal = why_not_now(release, way, service)
    if way is None or refusal:
        return _no(refusal)
    return _open(release, way, service, command, ports)


def why_not_now(release: ReleaseId, way: Transition | None, service: Service) -> str:
    """Why a release cannot be let in alone at that way, in words; "" where it can."""
    short = release.execution[:8]
    if way is None or release.execution not in way.waiting:
        return f"{short} of {service.name} does not wait in front of a stage."
    if not way.closed:
        return (
            f"Nothing holds {way.stage} of {service.name}: {short} goes in when the stage is free."
        )
    by_us = way.changed_by.startswith(operator_sessions(service))
    if not (by_us and way.reason.startswith(REASON_MARK)):
        return f"{way.stage} was closed by {way.changed_by or 'somebody'}, who must open it."
    if way.waiting != (release.execution,):
        return f"Others wait in front of {way.stage} as well, and the wrong one could slip in."
    return ""


def _open(
    release: ReleaseId, way: Transition, service: Service, command: Command, ports: AskingPorts
) -> Answered:
    for attempt in count(1):
        name = f"hotfix/{way.stage}" + (f"/{attempt}" if attempt > 1 else "")
        claimed = ports.gates.claim_gate(release, name, ports.ids.new())
        known = ports.gates.gate(claimed)
        if known is None or known.status is not GateStatus.SETTLED:
            break
    if known is None:
        _write(claimed, name, release, way, service, command, ports)
    text = f"People are asked to let {release.execution[:8]} of {service.name} into {way.stage}."
    return Answered(text=text)


def _no(why: str) -> Answered:
    return Answered(text=why, denied=True)


def _write(
    gate_id: str,
    name: str,
    release: ReleaseId,
    way: Transition,
    service: Service,
    command: Command,
    ports: AskingPorts,
) -> None:
    waits = PendingApproval(
        release=release, stage=way.stage, action="", action_execution_id=name, token=""
    )
    policy = ports.policies.policy_for(release.pipeline, way.stage)
    gate = compile_gate(gate_id, waits, service, policy, ports, kind=GateKind.HOTFIX).gate
    ports.audit.append(f"release#{release.key}", "hotfix asked for", _details(gate, command))
    told = announcement(release, f"gate-opened-{gate.id}", gate.opened_at)
    if ports.gates.open_gate(gate, [told]):
        ports.bells.ring(told)


def _details(gate: Gate, command: Command) -> dict[str, Any]:
    return {
        "gate": gate.id,
        "stage": gate.stage,
        "command": command.id,
        "principal": command.principal,
        "reason": command.reason,
        "revision": gate.dossier.revision,
        "artifactDigest": gate.dossier.artifact_digest,
        "shownDigest": gate.shown_digest,
        "expiresAt": gate.expires_at.isoformat(),
    }
