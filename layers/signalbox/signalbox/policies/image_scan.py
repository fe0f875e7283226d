"""The image that would ship has no grave vulnerability that nobody waived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from signalbox.domain.evidence import Evidence, FindingSeverity, ImageScan, ScanFinding
from signalbox.domain.policy import CheckSettings
from signalbox.policies.outcome import Case, Check, Outcome

SHOWN = 5
NEVER = datetime.min.replace(tzinfo=UTC)
GRAVITY = {severity: place for place, severity in enumerate(FindingSeverity)}
"""0 is the gravest."""


@dataclass(frozen=True, kw_only=True)
class ScanBelow(CheckSettings):
    """Every finding is less grave than ``below``, or waived."""

    below: FindingSeverity = FindingSeverity.HIGH


def image_scan(case: Case, settings: ScanBelow) -> tuple[Outcome, str]:
    """Fail on a finding as grave as ``below`` or graver without a waiver in force, and where the
    image was not scanned; a release that ships no image passes.
    """
    evidence = case.evidence
    if not evidence.ships_image:
        return Outcome.PASS, "it ships no image"
    scan = evidence.scan
    if scan is None:
        return Outcome.FAIL, "no complete scan of the image is known"
    grave = [one for one in scan.findings if GRAVITY[one.severity] <= GRAVITY[settings.below]]
    open_ones = [one for one in grave if _waived_until(one, scan, evidence) == NEVER]
    if open_ones:
        return Outcome.FAIL, f"the image has {_listed(open_ones)}"
    if not grave:
        return Outcome.PASS, f"no finding of {settings.below} or graver"
    ends = min(_waived_until(one, scan, evidence) for one in grave)
    return Outcome.PASS, f"{_listed(grave)}: waived, the first until {ends:%Y-%m-%d %H:%M} UTC"


def _waived_until(finding: ScanFinding, scan: ImageScan, evidence: Evidence) -> datetime:
    """When the last waiver of a finding ends; the beginning of time where none is in force."""
    return max(
        (
            waiver.until.astimezone(UTC)
            for waiver in evidence.waivers
            if waiver.finding == finding.id
            and waiver.repository in {"", scan.repository}
            and evidence.at < waiver.until
        ),
        default=NEVER,
    )


def _listed(findings: Sequence[ScanFinding]) -> str:
    """The gravest first, each with how grave it is."""
    ordered = sorted(findings, key=lambda one: (GRAVITY[one.severity], one.id))
    named = ", ".join(f"{one.id} ({one.severity})" for one in ordered[:SHOWN])
    more = len(ordered) - SHOWN
    return f"{named} and {more} more" if more > 0 else named


CHECK = Check(name="imageScan", settings=ScanBelow, look=image_scan)
