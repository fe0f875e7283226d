"""Puts together what people are shown at a gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from signalbox.domain.gates import Gate, GateKind, GateStatus
from signalbox.domain.people import Directory
from signalbox.domain.policy import Policy, ReasonRequired
from signalbox.domain.releases import Release
from signalbox.domain.services import Service
from signalbox.domain.truth import PendingApproval
from signalbox.notifications.text import plain_line
from signalbox.policies.authors import authors_of
from signalbox.policies.judge import digest_of, judge
from signalbox.policies.outcome import Case, Finding, Judgement
from signalbox.policies.quorum import may_approve
from signalbox.policies.recording import recorded_of
from signalbox.policies.votes import quorum_of
from signalbox.usecases.compile_dossier import compile_dossier
from signalbox.usecases.describe_release import describe_release
from signalbox.usecases.gather_evidence import GatheringPorts, gather_evidence
from signalbox.usecases.needs import HasDirectory


class CompilingPorts(GatheringPorts, HasDirectory, Protocol):
    """What compiling a gate asks of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A gate as it would be shown now, and what is to be said of it."""

    gate: Gate
    judgement: Judgement


def compile_gate(
    gate_id: str,
    pending: PendingApproval,
    service: Service,
    policy: Policy,
    ports: CompilingPorts,
    *,
    kind: GateKind = GateKind.APPROVAL,
    asked: int = 1,
) -> Compiled:
    """Read the truth about what waits and judge it, before anybody has voted. ``asked`` counts how
    often people have been asked with this time.
    """
    now = ports.clock.now()
    release = ports.releases.release(pending.release) or Release(id=pending.release)
    notes = describe_release(
        release,
        service,
        releases=ports.releases,
        pipelines=ports.pipelines,
        builds=ports.builds,
        artifacts=ports.artifacts,
    )
    gathered = gather_evidence(
        pending.release, service, policy, pending.stage, ports, for_a_card=True
    )
    dossier = compile_dossier(
        release,
        notes,
        service,
        gathered,
        pipelines=ports.pipelines,
        releases=ports.releases,
    )
    gate = Gate(
        id=gate_id,
        release=pending.release,
        stage=pending.stage,
        action=pending.action,
        action_execution_id=pending.action_execution_id,
        status=GateStatus.OPEN,
        opened_at=now,
        expires_at=now + max(policy.expires_after, timedelta(seconds=1)),
        dossier=dossier,
        shown_digest=digest_of(pending.release.execution, dossier, policy, kind, asked),
        round=asked,
        approval_token=pending.token,
        kind=kind,
        needs_reason=policy.reason_required is ReasonRequired.ALWAYS,
        held=tuple(sorted({hold.id for hold in gathered.evidence.holds})),
    )
    directory = ports.directory.in_force().directory
    case = Case(gate=gate, policy=policy, directory=directory, evidence=gathered.evidence)
    judgement = judge(case)
    shown = replace(
        gate,
        dossier=replace(
            dossier,
            checks=lines_of(judgement.findings),
            recorded=recorded_of(gathered.evidence, policy, service, release, pending.stage),
        ),
        asked=asked_at(gate, policy, directory),
        standing=judgement.waits,
    )
    return Compiled(gate=shown, judgement=judgement)


def asked_at(gate: Gate, policy: Policy, directory: Directory) -> tuple[str, ...]:
    """The Slack ids of those whose approval would count; nobody where an author is unknown."""
    authors = authors_of(gate.dossier, policy, directory)
    if authors.unknown:
        return ()
    able = may_approve(policy, directory, quorum_of(gate, policy)) - authors.people
    return tuple(sorted(directory.slack_ids(able)))


def lines_of(findings: Sequence[Finding]) -> tuple[str, ...]:
    """What the checks found, a line each: what the policy takes it for, then why."""
    return tuple(
        plain_line(f"{finding.meaning.value if finding.meaning else 'pass'} {finding.why}", 500)
        for finding in findings
    )
