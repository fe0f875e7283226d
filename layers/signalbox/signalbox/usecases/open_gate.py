"""Opens the gate of a manual approval that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from signalbox.domain.errors import DocumentInvalidError, NotYetError
from signalbox.domain.facts import ActionChanged
from signalbox.domain.gates import Gate, GateKind, GateStatus, Verdict
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.services import Service
from signalbox.usecases.answer_seen import OVER
from signalbox.usecases.compile_gate import Compiled, CompilingPorts, compile_gate
from signalbox.usecases.effects_of_gates import announcement, decision
from signalbox.usecases.find_newer_release import find_newer_release
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasEffects,
    HasGates,
    HasIds,
    HasPolicies,
    HasServices,
)

CONTRACT = 1

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """The approval that an event said is waiting."""

    release: ReleaseId
    stage: str
    action: str
    action_execution_id: str

    @classmethod
    def from_input(cls, given: Mapping[str, Any]) -> GateRequest:
        """Read the approval machine's input. Raises DocumentInvalidError where it is not one."""
        try:
            if given["contract"] != CONTRACT:
                raise DocumentInvalidError(f"contract {given['contract']!r} is not {CONTRACT}")
            at = given["release"]
            pipeline = PipelineId(account=at["account"], region=at["region"], name=at["pipeline"])
            return cls(
                release=ReleaseId(pipeline=pipeline, execution=at["execution"]),
                stage=given["stage"],
                action=given["action"],
                action_execution_id=given["actionExecutionId"],
            )
        except (KeyError, TypeError) as missing:
            raise DocumentInvalidError(f"approval input lacks {missing}") from missing


class OpeningPorts(
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
    """What opening a gate asks of the world."""


def open_gate(request: GateRequest, ports: OpeningPorts) -> Answer:
    """Open the gate once, however often this runs, and say whether to wait for people.

    ``ASK``: people are asked. ``DECIDED``: there is a verdict already, of an earlier run or because
    the policy approves by itself. ``NONE`` means that nothing waits (answered or stopped
    meanwhile), that the gate is settled, or that the approval is none of ours: no service has the
    pipeline, or its policy only observes. Raises NotYetError while CodePipeline does not show the
    approval that its own event has told of: events run ahead of the API.
    """
    service = ports.services.of_pipeline(request.release.pipeline)
    if service is None:
        return _nothing_to_decide("")
    policy = ports.policies.policy_for(request.release.pipeline, request.stage)
    pending = (
        ports.pipelines.pending_approval(service, request.release, request.action_execution_id)
        if policy.mode is not Mode.OFF
        else None
    )
    if pending is None:
        if (left := _left_unsettled(request, ports)) is not None:
            return _ask_again(left, policy, ports)
        if policy.mode is Mode.OFF or _has_ended(request, service, ports):
            return _nothing_to_decide("")
        raise NotYetError(f"CodePipeline does not show the approval at {request.stage} yet")
    claimed = ports.gates.claim_gate(request.release, pending.action_execution_id, ports.ids.new())
    known = ports.gates.gate(claimed)
    if known is not None:
        return _ask_again(known, policy, ports)
    kind = GateKind.APPROVAL if policy.mode is Mode.ENFORCE else GateKind.OBSERVED
    compiled = compile_gate(claimed, pending, service, policy, ports, kind=kind)
    _write(compiled, ports)
    if kind is GateKind.OBSERVED:
        return _nothing_to_decide(claimed)
    if compiled.judgement.verdict is not Verdict.APPROVED:
        return _ask(compiled.gate, compiled.gate.opened_at)
    if not policy.keep_stale and find_newer_release(compiled.gate, service, ports.pipelines):
        return _ask_to_weigh(compiled.gate, ports)
    return _approve_by_itself(compiled, ports)


def _write(compiled: Compiled, ports: OpeningPorts) -> None:
    gate = compiled.gate
    digest = gate.dossier.artifact_digest
    ports.releases.write_notes(gate.release, artifact_digest=digest)
    ports.audit.append(f"release#{gate.release.key}", "gate opened", _for_audit(gate))
    effect = announcement(gate.release, f"gate-opened-{gate.id}", gate.opened_at)
    if ports.gates.open_gate(gate, [effect]):
        ports.bells.ring(effect)


def _approve_by_itself(compiled: Compiled, ports: OpeningPorts) -> Answer:
    """The policy asks nobody where every check passes. An earlier verdict holds all the same."""
    gate, reason, now = compiled.gate, compiled.judgement.reason, ports.clock.now()
    details = {"gate": gate.id, "verdict": Verdict.APPROVED.value, "reason": reason}
    ports.audit.append(f"release#{gate.release.key}", "gate decided", details)
    told = announcement(gate.release, f"gate-decided-{gate.id}", now)
    digest = gate.shown_digest
    holds = ports.gates.decide(gate.id, Verdict.APPROVED, reason, now, [told], seen_digest=digest)
    ports.bells.ring(told)
    return _decided(gate.id, holds) if holds else _ask(gate, now)


def _left_unsettled(request: GateRequest, ports: OpeningPorts) -> Gate | None:
    """The gate that an earlier run of the machine has left behind: it is settled all the same."""
    return next(
        (
            gate
            for gate in ports.releases.gates_of(request.release)
            if gate.action_execution_id == request.action_execution_id
            and gate.status is not GateStatus.SETTLED
        ),
        None,
    )


def _has_ended(request: GateRequest, service: Service, ports: OpeningPorts) -> bool:
    """Whether the API says so. Events from before 2024 name no action execution."""
    return any(
        isinstance(fact, ActionChanged)
        and (fact.stage, fact.action) == (request.stage, request.action)
        and request.action_execution_id in {"", fact.action_execution_id}
        and fact.state in OVER
        for fact in ports.pipelines.facts(service, request.release)
    )


def _ask_again(gate: Gate, policy: Policy, ports: OpeningPorts) -> Answer:
    """A second run of the machine: what was voted meanwhile must be weighed for its new wait, and
    what the policy approves by itself may not have been.
    """
    if gate.status is GateStatus.SETTLED or gate.kind is not GateKind.APPROVAL:
        return _nothing_to_decide(gate.id)
    if gate.verdict:
        return _decided(gate.id, gate.verdict)
    if gate.votes or policy.auto_approve:
        return _ask_to_weigh(gate, ports)
    return _ask(gate, ports.clock.now())


def _ask_to_weigh(gate: Gate, ports: OpeningPorts) -> Answer:
    """Wait, and have it weighed as soon as the machine does."""
    now = ports.clock.now()
    effect = decision(gate, f"again-{now.isoformat()}", now)
    ports.effects.add([effect])
    ports.bells.ring(effect, delay_seconds=DELAY_SECONDS)
    return _ask(gate, now)


DELAY_SECONDS = 3
"""The new task token is in the ledger a moment after the gate was opened again."""


def _ask(gate: Gate, now: datetime) -> Answer:
    left = int((gate.expires_at - now).total_seconds())
    return {"gateId": gate.id, "decision": "ASK", "expiresInSeconds": max(1, left)}


def _decided(gate_id: str, verdict: Verdict) -> Answer:
    return {
        "gateId": gate_id,
        "decision": "DECIDED",
        "expiresInSeconds": 0,
        "verdict": verdict.value,
    }


def _nothing_to_decide(gate_id: str) -> Answer:
    return {"gateId": gate_id, "decision": "NONE", "expiresInSeconds": 0}


def _for_audit(gate: Gate) -> dict[str, Any]:
    return {
        "gate": gate.id,
        "kind": gate.kind.value,
        "stage": gate.stage,
        "action": gate.action,
        "actionExecutionId": gate.action_execution_id,
        "revision": gate.dossier.revision,
        "artifactDigest": gate.dossier.artifact_digest,
        "shownDigest": gate.shown_digest,
        "checks": list(gate.dossier.checks),
        "expiresAt": gate.expires_at.isoformat(),
    }
