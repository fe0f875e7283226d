"""What is kept of the evidence at a gate, so that another policy can be tried on it later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from signalbox.domain.evidence import Evidence, ImageScan, ScanFinding
from signalbox.domain.holds import HoldSource
from signalbox.domain.policy import Policy
from signalbox.domain.recorded import (
    Recorded,
    RecordedCalendar,
    RecordedEnvironment,
    RecordedFinding,
    RecordedHold,
    RecordedScan,
)
from signalbox.domain.releases import Release
from signalbox.domain.services import Service
from signalbox.policies.change_window import ChangeWindow
from signalbox.policies.image_scan import GRAVITY
from signalbox.policies.judge import asked_checks

KEPT, NAME = 200, 100
"""Findings of one scan, and characters of each one's name: they stand in the ledger's item of the
gate, which holds 400 kB."""


def recorded_of(
    evidence: Evidence, policy: Policy, service: Service, release: Release, stage: str
) -> Recorded:
    """What was found at the gate in ``stage``, whatever the policy took it for.

    Holds by windows of the policy are left out: another policy has windows of its own.
    """
    return Recorded(
        at=evidence.at,
        asked=tuple(check.name for check, _ in asked_checks(policy)),
        unknown_alarms=evidence.unknown_alarms,
        coverage=evidence.coverage,
        ships_image=evidence.ships_image,
        scan=_scan(evidence.scan, evidence) if evidence.scan else None,
        has_staging=evidence.has_staging,
        staged_digest=evidence.staged_digest,
        staged_at=evidence.staged_at,
        holds=tuple(
            RecordedHold(
                owner=hold.owner,
                reason=hold.reason,
                until=hold.until,
                here=stage in hold.scope.stages_of(service),
            )
            for hold in evidence.holds
            if hold.source is not HoldSource.WINDOW
        ),
        held_here=evidence.held_here,
        parallel=evidence.parallel,
        calendars=tuple(_calendars(evidence, policy)),
        ahead=tuple(_ahead(service, release, stage)),
    )


def _scan(scan: ImageScan, evidence: Evidence) -> RecordedScan:
    ordered = sorted(scan.findings, key=lambda one: (GRAVITY[one.severity], one.id))
    return RecordedScan(
        findings=tuple(
            RecordedFinding(
                id=one.id[:NAME],
                severity=one.severity.value,
                waived_until=_waived_until(one, scan, evidence),
            )
            for one in ordered[:KEPT]
        ),
        more=max(0, len(ordered) - KEPT),
    )


def _waived_until(finding: ScanFinding, scan: ImageScan, evidence: Evidence) -> datetime | None:
    ends = (
        waiver.until
        for waiver in evidence.waivers
        if waiver.finding == finding.id and waiver.repository in {"", scan.repository}
    )
    return max(ends, default=None)


def _calendars(evidence: Evidence, policy: Policy) -> Iterator[RecordedCalendar]:
    """What the change calendars said; one that could not be read was taken for closed."""
    asked = next((one for one in policy.checks if isinstance(one, ChangeWindow)), None)
    for place, window in enumerate(asked.windows if asked else ()):
        if window.calendar:
            yield RecordedCalendar(name=window.calendar, is_open=place in evidence.windows)


def _ahead(service: Service, release: Release, stage: str) -> Iterator[RecordedEnvironment]:
    """The environments that the release has not come to, the gate's own stage among them."""
    for one in service.environments:
        if one.stage == stage or release.stage(one.stage) is None:
            yield RecordedEnvironment(name=one.name, stage=one.stage)
