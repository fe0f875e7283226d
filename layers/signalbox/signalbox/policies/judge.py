"""Turns votes and findings into a verdict."""

from __future__ import annotations

import hashlib
import json

from signalbox.domain.gates import Dossier, Gate, GateKind, Verdict
from signalbox.domain.policy import CheckSettings, Meaning, Policy
from signalbox.policies import CHECKS
from signalbox.policies.outcome import Case, Check, Finding, Judgement, Outcome, Weighed
from signalbox.policies.votes import weigh

__all__ = ["asked_checks", "digest_of", "findings_of", "is_outdated", "judge", "weigh"]

CHANGED = "something of what was shown has changed; people are asked anew"


def judge(case: Case) -> Judgement:
    """Weigh votes and checks: the first rejection that counts decides, then a broken glass, then
    enough approvals with no check that blocks.

    While the gate shows something else than would ship now, no verdict is reached.
    """
    weighed, findings = weigh(case.gate, case.policy, case.directory), findings_of(case)
    verdict, reason, waits = _verdict(case, weighed, findings)
    return Judgement(
        verdict=verdict,
        reason=reason,
        weighed=weighed,
        findings=findings,
        waits=waits,
        broken_glass=verdict is Verdict.APPROVED and weighed.emergency is not None,
    )


def findings_of(case: Case) -> tuple[Finding, ...]:
    """What each check that the policy asks for has found, and what the policy takes it for."""
    return tuple(_finding(check, settings, case) for check, settings in asked_checks(case.policy))


def asked_checks(policy: Policy) -> list[tuple[Check, CheckSettings]]:
    """Every check with the settings under which the policy asks for it, where it does."""
    named = {type(settings): settings for settings in policy.checks}
    asked = [(check, named.get(check.settings, check.unasked)) for check in CHECKS]
    return [(check, settings) for check, settings in asked if settings is not None]


def digest_of(
    execution: str,
    dossier: Dossier,
    policy: Policy,
    kind: GateKind = GateKind.APPROVAL,
    asked: int = 1,
) -> str:
    """The digest of what an approver is shown: execution, revision, artifact, policy, and the how
    manieth time it is that people are ``asked``: an earlier vote counts for nothing later.
    """
    shown = [execution, dossier.revision, dossier.artifact_digest, policy.digest, kind.value, asked]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def shown_now(gate: Gate, policy: Policy) -> str:
    """The digest that the gate's card ought to have under the policy in force."""
    return digest_of(gate.release.execution, gate.dossier, policy, gate.kind, gate.round)


def _finding(check: Check, settings: CheckSettings, case: Case) -> Finding:
    outcome, why = check.look(case, settings)
    meanings = {Outcome.FAIL: settings.on_fail, Outcome.WARN: settings.on_warn}
    return Finding(check=check.name, outcome=outcome, why=why, meaning=meanings.get(outcome))


def _verdict(
    case: Case, weighed: Weighed, findings: tuple[Finding, ...]
) -> tuple[Verdict | None, str, tuple[str, ...]]:
    if is_outdated(case):
        return None, "", (CHANGED,)
    if weighed.rejection:
        return Verdict.REJECTED, weighed.rejection.vote.reason, ()
    if weighed.emergency:
        vote = weighed.emergency.vote
        return Verdict.APPROVED, f"glass broken ({vote.ticket}): {vote.reason}", ()
    blocked = tuple(finding.why for finding in findings if finding.blocks)
    unknown = tuple(f"no approval counts while nobody knows {who}" for who in weighed.unknown)
    waits = blocked if weighed.enough else (weighed.told, *unknown, *blocked)
    if not waits:
        return Verdict.APPROVED, _reasons(weighed), ()
    if case.policy.auto_approve and case.gate.kind is not GateKind.HOTFIX and _all_well(findings):
        return Verdict.APPROVED, "all checks passed", ()
    return None, "", waits


def is_outdated(case: Case) -> bool:
    """Whether something of what was shown has changed: the artifact that would ship, the policy."""
    artifact = case.evidence.artifact_digest
    moved = bool(artifact) and artifact != case.gate.dossier.artifact_digest
    return moved or shown_now(case.gate, case.policy) != case.gate.shown_digest


def _all_well(findings: tuple[Finding, ...]) -> bool:
    return all(
        finding.outcome is Outcome.PASS or finding.meaning is Meaning.IGNORE for finding in findings
    )


def _reasons(weighed: Weighed) -> str:
    said = (one.vote.reason.strip() for one in weighed.counted)
    return "; ".join(filter(None, said))
