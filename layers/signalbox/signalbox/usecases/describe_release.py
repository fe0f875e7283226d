"""Reads the truth about a release from the APIs, once, and keeps it in the ledger as notes."""

from __future__ import annotations

from typing import Any

from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.releases import Action, Release
from signalbox.domain.services import Service
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.ports import Builds, Pipelines, ReleaseLedger, ReleaseNotes

BUILDING = {"Build", "Test"}


def describe_release(
    release: Release,
    service: Service,
    *,
    releases: ReleaseLedger,
    pipelines: Pipelines,
    builds: Builds,
) -> ReleaseNotes:
    """Fill in what the notes still lack: commit, kind, starter, tests, and why it failed.

    Events carry neither an execution's type nor a pipeline's error (see ``ExecutionTruth``), so
    they are read here. Each is read until it is known and never again. A part that AWS refuses to
    tell stays empty: a message without test results is better than none.
    """
    notes = releases.notes(release.id)
    changes: dict[str, Any] = {}
    if not notes.kind or not notes.commit:
        changes |= _truth(release, service, pipelines, notes)
    build = _last_build(release)
    if build and (notes.tests is None or not notes.tests.known):
        changes |= _tests(build, service, builds)
    if not notes.failure and release.state is ExecutionState.FAILED:
        changes |= _failure(release, service, builds)
    if not changes:
        return notes
    releases.write_notes(release.id, **changes)
    return releases.notes(release.id)


def _truth(
    release: Release, service: Service, pipelines: Pipelines, notes: ReleaseNotes
) -> dict[str, Any]:
    try:
        truth = pipelines.execution(service, release.id)
    except AwsRefusedError:
        truth = None
    if truth is None:
        return {"commit": release.commit} if release.commit and not notes.commit else {}
    changes: dict[str, Any] = {"kind": truth.kind or "STANDARD", "started_by": truth.started_by}
    commit = truth.commit or release.commit
    if commit and not notes.commit:
        changes["commit"] = commit
    known = {"kind": notes.kind, "started_by": notes.started_by}
    return {name: value for name, value in changes.items() if known.get(name) != value}


def _last_build(release: Release) -> Action | None:
    ended = [
        action
        for stage in release.stages
        for action in stage.actions
        if action.category in BUILDING
        and action.external_id
        and action.state in {ActionState.SUCCEEDED, ActionState.FAILED}
    ]
    return ended[-1] if ended else None


def _tests(build: Action, service: Service, builds: Builds) -> dict[str, Any]:
    try:
        tests = builds.tests(service, build.external_id)
    except AwsRefusedError:
        return {}
    return {"tests": tests} if tests.known else {}


def _failure(release: Release, service: Service, builds: Builds) -> dict[str, Any]:
    failed = next(
        (
            (stage, action)
            for stage in reversed(release.stages)
            for action in stage.actions
            if action.state is ActionState.FAILED
        ),
        None,
    )
    if failed is None:
        return {}
    stage, action = failed
    why = ""
    if action.category in BUILDING and action.external_id:
        try:
            why = builds.why_failed(service, action.external_id)
        except AwsRefusedError:
            why = ""
    why = why or action.summary or action.error_code
    if not why:
        return {}
    return {"failure": f"{stage.name}/{action.name}: {why}"}
