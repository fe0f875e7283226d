"""Compiles what an approver sees before deciding."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.domain.gates import Change, Dossier, TestResult
from signalbox.domain.identity import ReleaseId
from signalbox.domain.services import Service
from signalbox.domain.states import AlarmState
from signalbox.domain.truth import ExecutionTruth, ReleaseNotes
from signalbox.ports import Alarms, Artifacts, Pipelines

LISTED = 100
"""A DynamoDB item holds 400 kB; a hundred commits are more than anybody reads."""


def compile_dossier(
    release: ReleaseId,
    notes: ReleaseNotes,
    service: Service,
    *,
    pipelines: Pipelines,
    artifacts: Artifacts,
    alarms: Alarms,
) -> Dossier:
    """Read what would ship, what has changed since the last good release, and how things stand.

    The last good release is the newest other execution that succeeded in the stage of the
    service's last environment, in the pipeline's present version.
    """
    changes, digest = artifacts.changes(service, release)
    last_good = _last_good(release, service, pipelines)
    last_revision = last_good.commit.id if last_good and last_good.commit else ""
    names = [name for environment in service.environments for name in environment.alarms]
    states = alarms.state(service, names) if names else {}
    revision = notes.commit.id if notes.commit else ""
    return Dossier(
        revision=revision or (changes[0].id if changes else ""),
        artifact_digest=digest,
        tests=notes.tests or TestResult(known=False),
        changes=_since(changes, last_revision),
        last_good_revision=last_revision,
        firing_alarms=tuple(sorted(n for n, state in states.items() if state is AlarmState.ALARM)),
        rollback_readiness=_readiness(last_good),
    )


def _last_good(release: ReleaseId, service: Service, pipelines: Pipelines) -> ExecutionTruth | None:
    if not service.environments:
        return None
    succeeded = pipelines.succeeded_in_stage(service, service.environments[-1].stage)
    return next((truth for truth in succeeded if truth.release != release), None)


def _since(changes: Sequence[Change], last_revision: str) -> tuple[Change, ...]:
    ids = [change.id for change in changes]
    end = ids.index(last_revision) if last_revision in ids else len(ids)
    return tuple(changes[: min(end, LISTED)])


def _readiness(last_good: ExecutionTruth | None) -> str:
    if last_good is None:
        return "none: no earlier release succeeded in the last stage"
    commit = last_good.commit.id[:7] if last_good.commit else last_good.release.execution[:8]
    return f"stage rollback to {commit}"
