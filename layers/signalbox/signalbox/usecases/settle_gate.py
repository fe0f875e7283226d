"""Hands a verdict to CodePipeline, once, and only for what was shown."""

from __future__ import annotations

from typing import Any, Protocol

from signalbox.domain.errors import AwsRefusedError, PermanentError, SettingMissingError
from signalbox.domain.gates import Gate, GateStatus, Settlement, Verdict
from signalbox.domain.services import Service
from signalbox.domain.truth import PendingApproval
from signalbox.notifications.approval_summary import approval_summary
from signalbox.usecases.answer_seen import AnswerSeen, answer_seen
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.needs import (
    HasArtifacts,
    HasAudit,
    HasBells,
    HasClock,
    HasEffects,
    HasGates,
    HasPipelines,
    HasReleases,
    HasServices,
)

ANSWERED_ALREADY = {"InvalidApprovalTokenException", "ApprovalAlreadyCompletedException"}
"""Refusals of PutApprovalResult that are normal outcomes: somebody was faster, or time is up."""


class SettlingPorts(
    HasReleases,
    HasGates,
    HasEffects,
    HasServices,
    HasPipelines,
    HasArtifacts,
    HasBells,
    HasAudit,
    HasClock,
    Protocol,
):
    """What settling a gate asks of the world."""


def settle_gate(gate_id: str, verdict: str, ports: SettlingPorts) -> dict[str, Any]:
    """Settle the gate; run twice, the second run finds what the first did and says the same.

    ``verdict`` is the machine's word and only ``EXPIRED`` is taken from it: everything else must
    stand in the ledger, or the gate was not decided by votes. Raises AwsRefusedError where AWS does
    not let us answer (the card says that a human is needed), PermanentError for an unknown gate.
    """
    gate = ports.gates.gate(gate_id)
    if gate is None:
        raise PermanentError(f"there is no gate {gate_id}")
    if gate.status is GateStatus.SETTLED:
        return _output(gate, gate.settlement)
    if gate.verdict is None:
        gate = _expire(gate, verdict, ports)
    service = ports.services.of_pipeline(gate.release.pipeline)
    if service is None:
        raise SettingMissingError(f"no service has the pipeline {gate.release.pipeline.key}")
    try:
        came = _answer(gate, service, ports)
    except AwsRefusedError as refused:
        _call_a_human(gate, refused, ports)
        raise
    _close(gate, came, ports)
    return _output(gate, came.settlement.value)


def _expire(gate: Gate, verdict: str, ports: SettlingPorts) -> Gate:
    if verdict != Verdict.EXPIRED:
        raise PermanentError(f"gate {gate.id}: the ledger knows nothing of the verdict {verdict}")
    now = ports.clock.now()
    ports.gates.decide(gate.id, Verdict.EXPIRED, "nobody answered in time", now)
    decided = ports.gates.gate(gate.id)
    if decided is None or decided.verdict is None:
        raise PermanentError(f"gate {gate.id} cannot be decided")
    return decided


def _answer(gate: Gate, service: Service, ports: SettlingPorts) -> AnswerSeen:
    pending = ports.pipelines.pending_approval(service, gate.release, gate.action_execution_id)
    if pending is None:
        return answer_seen(gate, service, ports.pipelines)
    if gate.verdict is Verdict.DECIDED_ELSEWHERE:
        # Its policy enforces nothing any more: whatever waits is answered in CodePipeline.
        return AnswerSeen(settlement=Settlement.OBSERVED, words="left to CodePipeline")
    approved = gate.verdict is Verdict.APPROVED
    why_not = _what_changed(gate, pending, service, ports) if approved else ""
    verdict = Verdict.REJECTED if why_not else gate.verdict or Verdict.REJECTED
    approve = verdict is Verdict.APPROVED
    summary = approval_summary(gate, verdict, why_not or gate.reason)
    ports.audit.append(
        f"release#{gate.release.key}",
        "approval answered",
        {"gate": gate.id, "approve": approve, "summary": summary},
    )
    try:
        ports.pipelines.answer_approval(service, pending, approve=approve, summary=summary)
    except AwsRefusedError as refused:
        if refused.code in ANSWERED_ALREADY:
            return answer_seen(gate, service, ports.pipelines)
        raise
    if why_not:
        return AnswerSeen(settlement=Settlement.CHANGED, words=why_not)
    ours = Settlement.APPROVED if approve else Settlement.REJECTED
    return AnswerSeen(settlement=ours, words="answered")


def _close(gate: Gate, came: AnswerSeen, ports: SettlingPorts) -> None:
    if ports.releases.notes(gate.release).failure:
        ports.releases.write_notes(gate.release, failure="")
    now = ports.clock.now()
    effect = announcement(gate.release, f"gate-settled-{gate.id}", now)
    by = came.by if came.settlement is Settlement.ANSWERED_ELSEWHERE else ""
    if ports.gates.settle(gate.id, came.settlement.value, now, [effect], decided_by=by):
        ports.bells.ring(effect)


def _what_changed(
    gate: Gate,
    pending: PendingApproval,
    service: Service,
    ports: SettlingPorts,
) -> str:
    """Compare what would ship now with what was shown; "" where it is the same."""
    if pending.action_execution_id != gate.action_execution_id:
        return "another approval waits than the one that was shown"
    digest = ports.artifacts.listing(service, gate.release).digest
    if digest != gate.dossier.artifact_digest:
        return "the artifact is not the one that was shown"
    truth = ports.pipelines.execution(service, gate.release)
    revision = truth.commit.id if truth and truth.commit else gate.dossier.revision
    return "" if revision == gate.dossier.revision else "the revision is not the one that was shown"


def _call_a_human(gate: Gate, refused: AwsRefusedError, ports: SettlingPorts) -> None:
    failure = f"AWS does not let Signalbox answer the approval at {gate.stage} ({refused.code})"
    ports.releases.write_notes(gate.release, failure=failure)
    effect = announcement(gate.release, f"gate-stuck-{gate.id}", ports.clock.now())
    ports.effects.add([effect])
    ports.bells.ring(effect)


def _output(gate: Gate, settlement: str) -> dict[str, Any]:
    verdict = gate.verdict or Verdict.REJECTED
    return {"gateId": gate.id, "verdict": verdict.value, "settlement": settlement}
