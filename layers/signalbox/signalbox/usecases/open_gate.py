"""Opens the gate of a manual approval that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from signalbox.domain.errors import DocumentInvalidError, NotYetError
from signalbox.domain.facts import ActionChanged
from signalbox.domain.gates import Gate, GateStatus
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.releases import Release
from signalbox.domain.services import Service
from signalbox.domain.states import ActionState
from signalbox.domain.truth import PendingApproval
from signalbox.policies.judge import digest_of
from signalbox.usecases.compile_dossier import compile_dossier
from signalbox.usecases.describe_release import describe_release
from signalbox.usecases.effects_of_gates import announcement, decision
from signalbox.usecases.needs import (
    HasAlarms,
    HasArtifacts,
    HasAudit,
    HasBells,
    HasBuilds,
    HasClock,
    HasEffects,
    HasGates,
    HasIds,
    HasPipelines,
    HasPolicies,
    HasReleases,
    HasServices,
)

CONTRACT = 1
DELAY_SECONDS = 3

ENDED = {
    ActionState.SUCCEEDED,
    ActionState.FAILED,
    ActionState.ABANDONED,
    ActionState.CANCELED,
}
"""States of an approval that nobody can answer any more."""


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
    HasReleases,
    HasGates,
    HasEffects,
    HasServices,
    HasPolicies,
    HasPipelines,
    HasBuilds,
    HasArtifacts,
    HasAlarms,
    HasIds,
    HasBells,
    HasAudit,
    HasClock,
    Protocol,
):
    """What opening a gate asks of the world."""


def open_gate(request: GateRequest, ports: OpeningPorts) -> dict[str, Any]:
    """Open the gate once, however often this runs, and say whether to wait for people.

    ``NONE`` means that nothing waits (answered or stopped meanwhile), that the gate is settled, or
    that the approval is none of ours: no service has the pipeline, or its policy leaves approvals
    to others. Raises NotYetError while CodePipeline does not show the approval that its own event
    has told of: events run ahead of the API.
    """
    service = ports.services.of_pipeline(request.release.pipeline)
    if service is None:
        return _nothing_to_decide("")
    policy = ports.policies.policy_for(request.release.pipeline)
    if policy.mode is not Mode.ENFORCE:
        return _nothing_to_decide("")
    pending = ports.pipelines.pending_approval(
        service, request.release, request.action_execution_id
    )
    if pending is None:
        if _has_ended(request, service, ports):
            return _nothing_to_decide("")
        raise NotYetError(f"CodePipeline does not show the approval at {request.stage} yet")
    claimed = ports.gates.claim_gate(request.release, pending.action_execution_id, ports.ids.new())
    known = ports.gates.gate(claimed)
    if known is not None:
        return _ask_again(known, ports)
    gate = _compile(claimed, pending, service, policy, ports)
    ports.audit.append(f"release#{request.release.key}", "gate opened", _for_audit(gate))
    effect = announcement(request.release, f"gate-opened-{claimed}", gate.opened_at)
    if ports.gates.open_gate(gate, [effect]):
        ports.bells.ring(effect)
    return _ask(gate, gate.opened_at)


def _has_ended(request: GateRequest, service: Service, ports: OpeningPorts) -> bool:
    """Whether the API says so. Events from before 2024 name no action execution."""
    return any(
        isinstance(fact, ActionChanged)
        and (fact.stage, fact.action) == (request.stage, request.action)
        and request.action_execution_id in {"", fact.action_execution_id}
        and fact.state in ENDED
        for fact in ports.pipelines.facts(service, request.release)
    )


def _compile(
    gate_id: str,
    pending: PendingApproval,
    service: Service,
    policy: Policy,
    ports: OpeningPorts,
) -> Gate:
    release = ports.releases.release(pending.release) or Release(id=pending.release)
    notes = describe_release(
        release,
        service,
        releases=ports.releases,
        pipelines=ports.pipelines,
        builds=ports.builds,
    )
    dossier = compile_dossier(
        pending.release,
        notes,
        service,
        pipelines=ports.pipelines,
        artifacts=ports.artifacts,
        alarms=ports.alarms,
    )
    ports.releases.write_notes(pending.release, artifact_digest=dossier.artifact_digest)
    now = ports.clock.now()
    return Gate(
        id=gate_id,
        release=pending.release,
        stage=pending.stage,
        action=pending.action,
        action_execution_id=pending.action_execution_id,
        status=GateStatus.OPEN,
        opened_at=now,
        expires_at=now + timedelta(minutes=policy.expires_after_minutes),
        dossier=dossier,
        shown_digest=digest_of(pending.release.execution, dossier, policy),
        approval_token=pending.token,
    )


def _ask_again(gate: Gate, ports: OpeningPorts) -> dict[str, Any]:
    """A second run of the machine: what was voted or decided meanwhile must reach its new wait.

    Its new task token is in the ledger a moment from now, hence the delay.
    """
    if gate.status is GateStatus.SETTLED:
        return _nothing_to_decide(gate.id)
    now = ports.clock.now()
    if gate.votes or gate.verdict:
        effect = decision(gate, f"again-{now.isoformat()}", now)
        ports.effects.add([effect])
        ports.bells.ring(effect, delay_seconds=DELAY_SECONDS)
    return _ask(gate, now)


def _ask(gate: Gate, now: datetime) -> dict[str, Any]:
    left = int((gate.expires_at - now).total_seconds())
    return {"gateId": gate.id, "decision": "ASK", "expiresInSeconds": max(1, left)}


def _nothing_to_decide(gate_id: str) -> dict[str, Any]:
    return {"gateId": gate_id, "decision": "NONE", "expiresInSeconds": 0}


def _for_audit(gate: Gate) -> dict[str, Any]:
    return {
        "gate": gate.id,
        "stage": gate.stage,
        "action": gate.action,
        "actionExecutionId": gate.action_execution_id,
        "revision": gate.dossier.revision,
        "artifactDigest": gate.dossier.artifact_digest,
        "shownDigest": gate.shown_digest,
        "expiresAt": gate.expires_at.isoformat(),
    }
