"""Weighs a gate's votes and, where they suffice, hands the verdict to the waiting machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from signalbox.domain.effects import Effect
from signalbox.domain.errors import NotYetError
from signalbox.domain.facts import Commit
from signalbox.domain.gates import Gate, GateStatus, Verdict
from signalbox.notifications.approval_summary import decision_text
from signalbox.policies.judge import Judgement, judge
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasClock,
    HasEffects,
    HasGates,
    HasPeople,
    HasPolicies,
    HasReleases,
    HasWorkflows,
)
from signalbox.usecases.view_release import case_of


class DecidingPorts(
    HasReleases,
    HasGates,
    HasEffects,
    HasPolicies,
    HasPeople,
    HasWorkflows,
    HasBells,
    HasAudit,
    HasClock,
    Protocol,
):
    """What deciding a gate asks of the world."""


def decide_gate(gate_id: str, ports: DecidingPorts) -> None:
    """Decide the gate if its votes suffice; twice is harmless.

    Raises NotYetError where the machine does not wait for the verdict yet: ring again later.
    """
    gate = ports.gates.gate(gate_id)
    if gate is None or gate.status is GateStatus.SETTLED:
        return
    verdict = gate.verdict
    if verdict is None:
        verdict = _weigh(gate, ports)
    if verdict is not None:
        _hand_over(gate, verdict, ports)


def _weigh(gate: Gate, ports: DecidingPorts) -> Verdict | None:
    commit = ports.releases.notes(gate.release).commit or Commit(id=gate.dossier.revision)
    policy = ports.policies.policy_for(gate.release.pipeline)
    judgement = judge(case_of(gate, policy, commit, ports.people))
    if judgement.verdict is None and not judgement.refused:
        _tell(gate, ports)
        return None
    what = "gate decided" if judgement.verdict else "vote refused"
    ports.audit.append(f"release#{gate.release.key}", what, _for_audit(gate, judgement))
    if judgement.verdict is None:
        _tell(gate, ports)
        return None
    now, reason = ports.clock.now(), decision_text(judgement)
    told = _news_of_votes(gate, judgement.verdict, now)
    holds = ports.gates.decide(gate.id, judgement.verdict, reason, now, [told])
    ports.bells.ring(told)
    return holds


def _tell(gate: Gate, ports: DecidingPorts) -> None:
    told = _news_of_votes(gate, None, ports.clock.now())
    ports.effects.add([told])
    ports.bells.ring(told)


def _news_of_votes(gate: Gate, verdict: Verdict | None, at: datetime) -> Effect:
    change = f"votes-{gate.id}-{len(gate.votes)}-{verdict or 'open'}"
    return announcement(gate.release, change, at)


def _hand_over(gate: Gate, verdict: Verdict, ports: DecidingPorts) -> None:
    if not gate.task_token:
        raise NotYetError(f"the machine of gate {gate.id} has not left its task token yet")
    if ports.workflows.complete(gate.task_token, {"verdict": verdict.value}):
        return
    now = ports.gates.gate(gate.id)
    if now is not None and now.status is not GateStatus.SETTLED:
        raise NotYetError(f"the machine of gate {gate.id} no longer waits and has not settled")


def _for_audit(gate: Gate, judgement: Judgement) -> Mapping[str, Any]:
    return {
        "gate": gate.id,
        "verdict": judgement.verdict.value if judgement.verdict else None,
        "reason": decision_text(judgement),
        "shownDigest": gate.shown_digest,
        "counted": [
            {"principal": vote.principal, "choice": vote.choice.value, "at": vote.at.isoformat()}
            for vote in judgement.counted
        ],
        "refused": [
            {"principal": refused.vote.principal, "why": refused.why}
            for refused in judgement.refused
        ],
    }
