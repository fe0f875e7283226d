"""Compiles what an approver sees before deciding."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.domain.facts import Commit
from signalbox.domain.gates import Change, Dossier
from signalbox.domain.holding import operator_sessions
from signalbox.domain.releases import Release
from signalbox.domain.services import Service
from signalbox.domain.truth import ExecutionTruth, ReleaseNotes
from signalbox.ports import Pipelines, ReleaseLedger
from signalbox.usecases.gather_evidence import Gathered

LISTED = 100
"""A DynamoDB item holds 400 kB; a hundred commits are more than anybody reads."""
NO_WAY_BACK = "none: no earlier release succeeded in the last stage"


def compile_dossier(
    release: Release,
    notes: ReleaseNotes,
    service: Service,
    gathered: Gathered,
    *,
    pipelines: Pipelines,
    releases: ReleaseLedger,
) -> Dossier:
    """What would ship, what has changed since the last good release, and how things stand.

    The last good release is the newest other execution that succeeded in the stage of the
    service's last environment, in the pipeline's present version. Whether it can be rolled back to
    is unknown: nobody has asked the way back yet. What Signalbox started itself nobody started.
    """
    last_good = _last_good(release, service, pipelines)
    last_revision = last_good.commit.id if last_good and last_good.commit else ""
    known = releases.release(last_good.release) if last_good else None
    changes = gathered.listing.changes
    commit = notes.commit or release.commit
    pushed, ours = release.commit or commit, operator_sessions(service)
    return Dossier(
        revision=(commit.id if commit else "") or (changes[0].id if changes else ""),
        artifact_digest=gathered.evidence.artifact_digest,
        tests=gathered.evidence.tests,
        changes=_named(_since(changes, last_revision), changes, commit),
        last_good_revision=last_revision,
        last_good_at=known.ended_at if known else None,
        firing_alarms=gathered.evidence.firing_alarms,
        rollback_readiness="unknown" if last_good else NO_WAY_BACK,
        started_by="" if notes.started_by.startswith(ours) else notes.started_by,
        provider_identity=pushed.provider_identity if pushed else "",
    )


def _last_good(release: Release, service: Service, pipelines: Pipelines) -> ExecutionTruth | None:
    if not service.environments:
        return None
    succeeded = pipelines.succeeded_in_stage(service, service.environments[-1].stage)
    return next((truth for truth in succeeded if truth.release != release.id), None)


def _since(changes: Sequence[Change], last_revision: str) -> tuple[Change, ...]:
    """The commits after the last good one. Of what is too much to keep, one of each author stays:
    whoever had a hand in it must not approve it.
    """
    ids = [change.id for change in changes]
    since = changes[: ids.index(last_revision)] if last_revision in ids else changes
    rest = {_hands(change): change for change in reversed(since[LISTED:])}
    known = {_hands(change) for change in since[:LISTED]}
    more = [change for hands, change in reversed(rest.items()) if hands not in known]
    return (*since[:LISTED], *more)


def _hands(change: Change) -> tuple[str, ...]:
    return (change.author_email, change.committer_email, *change.co_authors)


def _named(
    since: tuple[Change, ...], listed: Sequence[Change], commit: Commit | None
) -> tuple[Change, ...]:
    """The released commit is among the changes, even where it is the last good one once more."""
    if commit is None or any(change.id == commit.id for change in since):
        return since
    unlisted = Change(
        id=commit.id,
        author_name=commit.author_name,
        author_email=commit.author_email,
        subject=commit.message.partition("\n")[0],
    )
    return (next((change for change in listed if change.id == commit.id), unlisted), *since)
