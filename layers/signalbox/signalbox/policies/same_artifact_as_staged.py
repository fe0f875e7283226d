"""What would ship is what the environment before has been given."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.policy import CheckSettings
from signalbox.policies.outcome import Case, Check, Outcome


@dataclass(frozen=True, kw_only=True)
class SameArtifactAsStaged(CheckSettings):
    """The same artifact, by its SHA-256."""


def same_artifact_as_staged(case: Case, _: SameArtifactAsStaged) -> tuple[Outcome, str]:
    """Fail where it is another one, warn where nobody can tell."""
    evidence = case.evidence
    if not evidence.has_staging:
        return Outcome.PASS, "there is no environment before it"
    if not evidence.staged_digest or not evidence.artifact_digest:
        return Outcome.WARN, "which artifact staging was given is unknown"
    if evidence.staged_digest != evidence.artifact_digest:
        return Outcome.FAIL, "another artifact would ship than staging was given"
    return Outcome.PASS, "the artifact is the one that was staged"


CHECK = Check(
    name="sameArtifactAsStaged",
    settings=SameArtifactAsStaged,
    look=same_artifact_as_staged,
    unasked=SameArtifactAsStaged(),
)
