"""Compiles what an approver sees before deciding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from signalbox.domain.evidence import Evidence, FindingSeverity
from signalbox.domain.facts import Commit
from signalbox.domain.gates import Change, Dossier
from signalbox.domain.holding import operator_sessions
from signalbox.domain.releases import Release
from signalbox.domain.services import Service
from signalbox.domain.truth import ExecutionTruth, ReleaseNotes
from signalbox.ports import Pipelines, ReleaseLedger
from signalbox.usecases.gather_evidence import Gathered

LISTED = 100
"""A hundred commits are more than anybody reads."""
ROOM = 200_000
"""Bytes for commits: a DynamoDB item holds 400 kB, and there is more in a gate."""
SUBJECT, NAME, ADDRESS = 200, 100, 320
"""Characters kept of each. No address that mail can reach is longer."""
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
    Where the build's list of commits may leave one out, the last of ``changes`` says so.
    """
    last_good = _last_good(release, service, pipelines)
    last_revision = last_good.commit.id if last_good and last_good.commit else ""
    known = releases.release(last_good.release) if last_good else None
    changes = gathered.listing.changes
    commit = notes.commit or release.commit
    pushed, ours = release.commit or commit, operator_sessions(service)
    revision = (commit.id if commit else "") or (changes[0].id if changes else "")
    since, whole = gathered.listing.since(last_revision, revision)
    return Dossier(
        revision=revision,
        artifact_digest=gathered.evidence.artifact_digest,
        tests=gathered.evidence.tests,
        changes=_kept(_named(since, changes, commit), whole=whole),
        last_good_revision=last_revision,
        last_good_at=known.ended_at if known else None,
        firing_alarms=gathered.evidence.firing_alarms,
        rollback_readiness="unknown" if last_good else NO_WAY_BACK,
        scan=_scan_told(gathered.evidence),
        started_by="" if notes.started_by.startswith(ours) else notes.started_by,
        provider_identity=pushed.provider_identity if pushed else "",
    )


def _scan_told(evidence: Evidence) -> str:
    """How many findings of each severity, the gravest first."""
    if not evidence.ships_image:
        return ""
    if evidence.scan is None:
        return "not scanned, as far as anybody knows"
    found = Counter(one.severity for one in evidence.scan.findings)
    told = [f"{found[severity]} {severity}" for severity in FindingSeverity if found[severity]]
    return ", ".join(told) or "no findings"


def _last_good(release: Release, service: Service, pipelines: Pipelines) -> ExecutionTruth | None:
    if not service.environments:
        return None
    succeeded = pipelines.succeeded_in_stage(service, service.environments[-1].stage)
    return next((truth for truth in succeeded if truth.release != release.id), None)


def _kept(changes: Sequence[Change], *, whole: bool) -> tuple[Change, ...]:
    """The newest commits; of the rest those of somebody else, who must not approve them either.
    Where there is no room for one of these, the list breaks off.
    """
    kept: list[Change] = []
    known: set[tuple[str, str]] = set()
    room = ROOM
    for change in map(_clipped, changes):
        hands = _hands(change)
        if len(kept) >= LISTED and hands <= known:
            continue
        room -= _weight(change)
        if room < 0:
            whole = False
            break
        known |= hands
        kept.append(change)
    if kept and not whole:
        kept[-1] = replace(kept[-1], breaks_off=True)
    return tuple(kept)


def _hands(change: Change) -> set[tuple[str, str]]:
    """Who had which part in it: a policy may leave out authors, committers, or both."""
    author, committer = change.author_email, change.committer_email
    authors = {("author", email) for email in (author, *change.co_authors)}
    return {*authors, ("committer", author if committer is None else committer)}


def _clipped(change: Change) -> Change:
    committer = change.committer_email
    return replace(
        change,
        author_name=change.author_name[:NAME],
        author_email=change.author_email[:ADDRESS],
        subject=change.subject[:SUBJECT],
        committer_email=committer if committer is None else committer[:ADDRESS],
        co_authors=tuple(email[:ADDRESS] for email in change.co_authors),
    )


def _weight(change: Change) -> int:
    """Bytes that it takes up in an item: the names of its fields are about a hundred."""
    said = (change.id, change.author_name, change.author_email, change.subject)
    everything = (*said, change.committer_email or "", *change.co_authors)
    return 100 + sum(len(one.encode(errors="surrogatepass")) + 3 for one in everything)


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
