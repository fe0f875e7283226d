"""Reads the truth about a release that its judges look at."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, DocumentInvalidError
from signalbox.domain.evidence import UNKNOWN_TESTS, Evidence, ImageScan
from signalbox.domain.gates import Settlement, TestResult
from signalbox.domain.holds import Hold, HoldSource, Scope
from signalbox.domain.identity import ReleaseId
from signalbox.domain.listing import Listing
from signalbox.domain.policy import Policy
from signalbox.domain.releases import Release, Stage
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import AlarmState, ExecutionState
from signalbox.domain.windows import HoldWindow, Span
from signalbox.policies.change_window import ChangeWindow
from signalbox.policies.coverage import Coverage
from signalbox.policies.image_scan import ScanBelow
from signalbox.usecases.describe_release import last_build
from signalbox.usecases.needs import (
    HasAlarms,
    HasArtifacts,
    HasBuilds,
    HasClock,
    HasHolds,
    HasPipelines,
    HasReleases,
    HasScans,
    HasSchedules,
    HasWaivers,
)

LOG = logging.getLogger(__name__)
PARALLEL = "PARALLEL"
UNREADABLE = (AwsRefusedError, AwsUnavailableError, DocumentInvalidError)
"""What keeps a window from being read: it is held then, or closed."""


class GatheringPorts(
    HasReleases,
    HasPipelines,
    HasBuilds,
    HasArtifacts,
    HasAlarms,
    HasScans,
    HasWaivers,
    HasHolds,
    HasSchedules,
    HasClock,
    Protocol,
):
    """What gathering evidence asks of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The evidence, and the listing that some of it came from."""

    evidence: Evidence
    listing: Listing


def gather_evidence(
    release_id: ReleaseId,
    service: Service,
    policy: Policy,
    stage: str,
    ports: GatheringPorts,
    *,
    for_a_card: bool = False,
) -> Gathered:
    """Read what the policy's checks need to know of a release at the gate in ``stage``.

    What a policy does not ask for is not read where reading costs a call of its own, but for what a
    card shows in any case.
    """
    now = ports.clock.now()
    release = ports.releases.release(release_id) or Release(id=release_id)
    notes = ports.releases.notes(release_id)
    listing = ports.artifacts.listing(service, release_id)
    passed = _passed(service, release, stage)
    behind = frozenset(one.stage for one in service.environments if one not in passed) | {stage}
    holds = tuple(holds_on(service, behind, policy, now, ports))
    staged = release.stage(passed[-1].stage) if passed else None
    firing, unknown = _alarms(service, ports)
    evidence = Evidence(
        at=now,
        tests=notes.tests or _tests(service, release, ports),
        coverage=_coverage(service, policy, release, listing, ports),
        ships_image=bool(listing.image),
        scan=_scan(service, listing, ports) if for_a_card or _asks(policy, ScanBelow) else None,
        waivers=tuple(ports.waivers.all()) if _asks(policy, ScanBelow) else (),
        firing_alarms=firing,
        unknown_alarms=unknown,
        holds=holds,
        held_here=_is_held_here(release_id, service, stage, holds, ports),
        parallel=_in_parallel(service, release_id, ports),
        artifact_digest=listing.digest,
        has_staging=bool(passed),
        staged_digest=notes.staged_digest,
        staged_at=_succeeded_at(staged),
        windows=_open_windows(policy, now, ports),
    )
    return Gathered(evidence=evidence, listing=listing)


def _is_held_here(
    release_id: ReleaseId,
    service: Service,
    stage: str,
    holds: tuple[Hold, ...],
    ports: GatheringPorts,
) -> bool:
    """Whether a hold is on the gate's own stage, which the release has entered, and is none of
    those that it was let through as a hotfix.
    """
    here = [hold for hold in holds if stage in hold.scope.stages_of(service)]
    if not here:
        return False
    passed = {
        hold
        for gate in ports.releases.gates_of(release_id)
        if gate.stage == stage and gate.settlement == Settlement.LET_THROUGH
        for hold in gate.held
    }
    return any(hold.id not in passed for hold in here)


class HoldingPorts(HasHolds, HasSchedules, Protocol):
    """What finding the holds in force asks of the world."""


def holds_on(
    service: Service, stages: frozenset[str], policy: Policy, now: datetime, ports: HoldingPorts
) -> Iterator[Hold]:
    """The holds in force on any of these stages: those in the ledger and the policy's windows.

    A window that cannot be read counts as in force: unknown means held, and the reason says so.
    """
    for hold in ports.holds.standing_holds():
        if hold.is_active(now) and hold.scope.stages_of(service) & stages:
            yield hold
    for window in policy.holds:
        covered = stages_of_window(window, service) & stages
        held = _in_force(window, now, ports) if covered else None
        if held is not None:
            scopes = (Scope.of_stage(service.pipeline, stage) for stage in sorted(covered))
            yield from (_hold_of(window, held, scope, now) for scope in scopes)


def stages_of_window(window: HoldWindow, service: Service) -> frozenset[str]:
    """The stages that a window of the policy holds; all environments where it names nothing."""
    if not window.environments and not window.stages:
        return frozenset(one.stage for one in service.environments)
    named = {one.stage for one in service.environments if one.name in window.environments}
    return frozenset(named) | frozenset(window.stages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A window in force, and what is wrong with it if it cannot be read."""

    span: Span
    fault: str = ""


def _in_force(window: HoldWindow, now: datetime, ports: HoldingPorts) -> _Held | None:
    try:
        span = ports.schedules.span(window.window, now)
    except UNREADABLE as error:
        LOG.error("the window of %s cannot be read: %s", window.owner, error)
        return _Held(span=Span(), fault="its calendar cannot be read")
    return _Held(span=span) if span is not None else None


def _hold_of(window: HoldWindow, held: _Held, scope: Scope, now: datetime) -> Hold:
    return Hold(
        id=f"window-{sha256(repr(window).encode()).hexdigest()[:12]}",
        scope=scope,
        owner=window.owner,
        reason=f"{window.reason} ({held.fault})" if held.fault else window.reason,
        since=held.span.since or now,
        until=held.span.until,
        source=HoldSource.WINDOW,
    )


def _asks(policy: Policy, kind: type) -> bool:
    return any(isinstance(settings, kind) for settings in policy.checks)


def _passed(service: Service, release: Release, stage: str) -> tuple[Environment, ...]:
    """The environments that the release has been through before it came to the gate's stage.

    Those behind it are the others, be they a stage that it has not entered or the gate's own.
    """
    gate = release.stage(stage)
    came = gate.started_at if gate else None
    seen = {
        one.name
        for one in release.stages
        if one.name != stage and not (came and one.started_at and one.started_at > came)
    }
    return tuple(one for one in service.environments if one.stage in seen)


def _in_parallel(service: Service, release_id: ReleaseId, ports: GatheringPorts) -> bool:
    """Whether a closed stage holds nothing here. Unknown counts as that: the gate holds then."""
    try:
        truth = ports.pipelines.execution(service, release_id)
    except AwsRefusedError as refused:
        LOG.error("the mode of %s cannot be read: %s", release_id.key, refused)
        truth = None
    return truth is None or truth.mode == PARALLEL


def _succeeded_at(stage: Stage | None) -> datetime | None:
    return stage.ended_at if stage and stage.state is ExecutionState.SUCCEEDED else None


def _tests(service: Service, release: Release, ports: GatheringPorts) -> TestResult:
    """What the notes have not got yet. CodeBuild without time for it raises: unknown only warns."""
    build = last_build(release)
    if build is None:
        return UNKNOWN_TESTS
    try:
        return ports.builds.tests(service, build.external_id)
    except AwsRefusedError as refused:
        LOG.error("the tests of %s cannot be read: %s", build.external_id, refused)
        return UNKNOWN_TESTS


def _coverage(
    service: Service, policy: Policy, release: Release, listing: Listing, ports: GatheringPorts
) -> float | None:
    """What the build's reports say, else what the build itself says."""
    build = last_build(release)
    if build is None or not _asks(policy, Coverage):
        return listing.coverage
    try:
        reported = ports.builds.coverage(service, build.external_id)
    except AwsRefusedError as refused:
        LOG.error("the coverage of %s cannot be read: %s", build.external_id, refused)
        reported = None
    return listing.coverage if reported is None else reported


def _scan(service: Service, listing: Listing, ports: GatheringPorts) -> ImageScan | None:
    """The scan of the image, if there is one. One that may not be read is none."""
    if not listing.image:
        return None
    try:
        return ports.scans.of_image(service, listing.repository, listing.image)
    except AwsRefusedError as refused:
        LOG.error("the scan of %s cannot be read: %s", listing.image, refused)
        return None


def _alarms(service: Service, ports: GatheringPorts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The registered alarms that fire, and those of which nobody knows: renamed, deleted, or not to
    be read.
    """
    listed = (name for environment in service.environments for name in environment.alarms)
    names = sorted(set(listed))
    states = ports.alarms.state(service, names) if names else {}
    found = {name: states.get(name, AlarmState.UNKNOWN) for name in names}
    firing = tuple(name for name, state in found.items() if state is AlarmState.ALARM)
    return firing, tuple(name for name, state in found.items() if state is AlarmState.UNKNOWN)


def _open_windows(policy: Policy, now: datetime, ports: HoldingPorts) -> dict[int, datetime | None]:
    asked = next((one for one in policy.checks if isinstance(one, ChangeWindow)), None)
    found: dict[int, datetime | None] = {}
    for place, window in enumerate(asked.windows if asked else ()):
        try:
            span = ports.schedules.span(window, now)
        except UNREADABLE as error:
            LOG.error("change window %d cannot be read, so it is closed: %s", place, error)
            continue
        if window.calendar:
            # A change calendar's span is its CLOSED time; changes are made while it is OPEN.
            if span is None:
                found[place] = None
        elif span is not None:
            found[place] = span.until
    return found
