"""Turns votes into a verdict."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields

from signalbox.domain.gates import Choice, Dossier, Verdict, Vote
from signalbox.domain.policy import Policy
from signalbox.policies import RELEASE_CHECKS, VOTE_CHECKS
from signalbox.policies.enough_approvals import enough_approvals
from signalbox.policies.outcome import Case, Finding, Outcome, RefusedVote


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the votes amount to. ``verdict`` is None while the gate stays open."""

    verdict: Verdict | None
    reason: str
    counted: tuple[Vote, ...]
    refused: tuple[RefusedVote, ...]
    findings: tuple[Finding, ...]

    @property
    def deciding(self) -> tuple[Vote, ...]:
        """The votes that made the verdict; none where no vote did."""
        if self.verdict is Verdict.APPROVED:
            return tuple(vote for vote in self.counted if vote.choice is Choice.APPROVE)
        rejections = (vote for vote in self.counted if vote.choice is Choice.REJECT)
        return tuple(rejections)[:1] if self.verdict is Verdict.REJECTED else ()


def judge(case: Case) -> Judgement:
    """Weigh the votes in the order they were given: the first rejection that counts decides.

    Votes given under a policy that has changed since decide nothing: the gate is rejected, and
    retrying its stage asks again under the new policy.
    """
    refused, counted = [], []
    for vote in sorted(case.gate.votes, key=lambda vote: (vote.at, vote.principal)):
        why = next(filter(None, (check(case, vote) for check in VOTE_CHECKS)), "")
        if why:
            refused.append(RefusedVote(vote=vote, why=why))
        else:
            counted.append(vote)
    findings = (enough_approvals(case, counted), *(check(case) for check in RELEASE_CHECKS))
    verdict, reason = _verdict(case, counted, findings)
    return Judgement(
        verdict=verdict,
        reason=reason,
        counted=tuple(counted),
        refused=tuple(refused),
        findings=findings,
    )


def _verdict(
    case: Case, counted: list[Vote], findings: tuple[Finding, ...]
) -> tuple[Verdict | None, str]:
    rejection = next((vote for vote in counted if vote.choice is Choice.REJECT), None)
    if rejection:
        return Verdict.REJECTED, rejection.reason
    failed = [finding.why for finding in findings if finding.outcome is Outcome.FAIL]
    if failed:
        return None, "; ".join(failed)
    shown = digest_of(case.gate.release.execution, case.gate.dossier, case.policy)
    if shown != case.gate.shown_digest:
        return Verdict.REJECTED, "the policy has changed since; retry the stage to be asked again"
    return Verdict.APPROVED, ""


def digest_of(execution: str, dossier: Dossier, policy: Policy) -> str:
    """The digest of what an approver is shown: execution, revision, artifact and policy.

    Fields of the policy at their default are left out, so that a later Signalbox with one more
    field still recognises the gates that this one opened.
    """
    rules = asdict(policy)
    unusual = {f.name: rules[f.name] for f in fields(policy) if rules[f.name] != f.default}
    shown = [execution, dossier.revision, dossier.artifact_digest, unusual]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
