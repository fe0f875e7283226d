"""Reads the truth about a release from the APIs, once, and keeps it in the ledger as notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, DocumentInvalidError
from signalbox.domain.failures import BuildFailure, Failure
from signalbox.domain.releases import Action, Release, Stage
from signalbox.domain.services import Service
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.truth import ExecutionTruth, ReleaseNotes
from signalbox.notifications.text import plain_line, plain_lines
from signalbox.ports import Artifacts, Builds, Pipelines, ReleaseLedger

BUILDING = {"Build", "Test"}
KEPT_FAILURES = 5
KEPT_LINES = 15
NEWER = 20
"""So many of the newest executions are looked through for the one that took a release's place."""


def describe_release(
    release: Release,
    service: Service,
    *,
    releases: ReleaseLedger,
    pipelines: Pipelines,
    builds: Builds,
    artifacts: Artifacts | None = None,
    patient: bool = False,
) -> ReleaseNotes:
    """Fill in what the notes still lack: commit, kind, starter, tests, and why it failed; with
    ``artifacts`` also the digest of what an environment before the last one was given.

    Events carry neither an execution's type nor a pipeline's error (see ``ExecutionTruth``), so
    they are read here. Each is read until it is known and never again; a retry that fails is read
    anew. A part that AWS refuses to tell stays empty: a message without test results is better
    than none. So does a part that AWS has no time for, unless the caller is ``patient``: then
    AwsUnavailableError is raised and nothing is written, so that all of it is read when it is
    read.
    """
    notes = releases.notes(release.id)
    changes: dict[str, Any] = {}
    if not notes.kind or not notes.commit:
        changes |= _truth(release, service, pipelines, notes)
    if release.state is ExecutionState.FAILED:
        changes |= _failures(release, service, builds, notes, patient)
    build = last_build(release)
    if build and "tests" not in changes and notes.tests_of != build.external_id:
        changes |= _tests(build, service, builds, notes, patient)
    if artifacts is not None and not notes.staged_digest and _is_staged(release, service):
        changes |= _staged(release, service, artifacts, patient)
    if release.state is ExecutionState.SUPERSEDED and not notes.superseded_by:
        changes |= _successor(release, service, releases, pipelines, patient)
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
    changes = _said_by(truth)
    commit = truth.commit or release.commit
    if commit and not notes.commit:
        changes["commit"] = commit
    return {name: value for name, value in changes.items() if getattr(notes, name) != value}


def _said_by(truth: ExecutionTruth) -> dict[str, Any]:
    return {
        "kind": truth.kind or "STANDARD",
        "started_by": truth.started_by,
        "rollback_target": truth.rollback_target,
    }


def last_build(release: Release) -> Action | None:
    """The build or test action that ended last, if any has."""
    ended = [
        action
        for stage in release.stages
        for action in stage.actions
        if action.category in BUILDING
        and action.external_id
        and action.state in {ActionState.SUCCEEDED, ActionState.FAILED}
    ]
    return ended[-1] if ended else None


def _tests(
    build: Action, service: Service, builds: Builds, notes: ReleaseNotes, patient: bool
) -> dict[str, Any]:
    """The last build's tests; those of a build before a retry are none of its own."""
    try:
        tests = builds.tests(service, build.external_id)
    except (AwsRefusedError, AwsUnavailableError) as error:
        _raise_if_worth_it(error, patient)
        return {}
    if tests.known:
        return {"tests": tests, "tests_of": build.external_id}
    return {"tests": tests} if notes.tests is not None and notes.tests.known else {}


def _failures(
    release: Release, service: Service, builds: Builds, notes: ReleaseNotes, patient: bool
) -> dict[str, Any]:
    """What is found of the failed actions of the last failed stage, each read once."""
    stage = next((one for one in reversed(release.stages) if _failed_actions(one)), None)
    if stage is None:
        return {}
    known = {failure.key for failure in notes.failures}
    found: list[Failure] = []
    tests: dict[str, Any] = {}
    for action in _failed_actions(stage):
        unread = Failure(stage=stage.name, action=action.name, attempt=action.attempt)
        if unread.key in known:
            continue
        told = _of_build(action, service, builds, patient)
        failure = _failure(stage, action, told)
        found += [failure] if failure.why else []
        if told.tests and not tests:
            tests = {"tests": told.tests, "tests_of": action.external_id}
    if not found:
        return {}
    changes: dict[str, Any] = {
        "failures": (*notes.failures, *found)[-KEPT_FAILURES:],
        "failure": found[0].line,
    }
    return changes | tests


def _failed_actions(stage: Stage) -> Sequence[Action]:
    return [action for action in stage.actions if action.state is ActionState.FAILED][:3]


def _of_build(action: Action, service: Service, builds: Builds, patient: bool) -> BuildFailure:
    if action.category in BUILDING and action.external_id:
        return builds.failure(service, action.external_id, patient=patient)
    return BuildFailure()


def _failure(stage: Stage, action: Action, told: BuildFailure) -> Failure:
    """CodeBuild's own words first; of every other provider, and failing those, CodePipeline's."""
    return Failure(
        stage=stage.name,
        action=action.name,
        attempt=action.attempt,
        why=plain_line(told.why or action.summary or action.error_code, 500),
        failing=told.failing,
        log=tuple(plain_lines(told.log, KEPT_LINES)),
        log_url=told.log_url,
        report=told.report,
        url=action.external_url,
        error_code=action.error_code,
    )


def _is_staged(release: Release, service: Service) -> bool:
    before_last = {one.stage for one in service.environments[:-1]}
    return any(
        stage.name in before_last and stage.state is ExecutionState.SUCCEEDED
        for stage in release.stages
    )


def _staged(
    release: Release, service: Service, artifacts: Artifacts, patient: bool
) -> dict[str, Any]:
    try:
        digest = artifacts.listing(service, release.id).digest
    except (AwsRefusedError, AwsUnavailableError, DocumentInvalidError) as error:
        _raise_if_worth_it(error, patient)
        return {}
    return {"staged_digest": digest} if digest else {}


def _successor(
    release: Release,
    service: Service,
    releases: ReleaseLedger,
    pipelines: Pipelines,
    patient: bool,
) -> dict[str, Any]:
    """The first newer execution that got through every stage which this one got through.

    CodePipeline does not say by which execution another was superseded (botocore has no such
    field); it is the next one that arrives at the same stage.
    """
    try:
        newest = [one.execution for one in pipelines.newest(service, NEWER)]
    except (AwsRefusedError, AwsUnavailableError) as error:
        _raise_if_worth_it(error, patient)
        return {}
    if release.id.execution not in newest:
        return {}
    passed = _passed(release)
    for newer in reversed(newest[: newest.index(release.id.execution)]):
        other = releases.release(replace(release.id, execution=newer))
        if other and passed <= _passed(other):
            return {"superseded_by": newer}
    return {}


def _passed(release: Release) -> set[str]:
    return {one.name for one in release.stages if one.state is ExecutionState.SUCCEEDED}


def _raise_if_worth_it(error: Exception, patient: bool) -> None:
    if patient and isinstance(error, AwsUnavailableError):
        raise error
