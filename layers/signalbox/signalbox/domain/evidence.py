"""What was read of the world before a release is judged: the truth that checks look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signalbox.domain.gates import TestResult
from signalbox.domain.holds import Hold

UNKNOWN_TESTS = TestResult(known=False)


class FindingSeverity(StrEnum):
    """ECR's and Inspector's severities, the gravest first."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    INFORMATIONAL = "INFORMATIONAL"
    UNDEFINED = "UNDEFINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinding:
    """One vulnerability: ``id`` as CVE-2026-1234."""

    id: str
    severity: FindingSeverity


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageScan:
    """What the scan of the image that would ship has found."""

    repository: str
    digest: str
    findings: tuple[ScanFinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A finding that a team lives with until a day; ``repository`` is a name or empty for all."""

    finding: str
    until: datetime
    reason: str
    by: str = ""
    repository: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The truth about one release at the moment ``at``.

    ``unknown_alarms`` are registered and were not found, or may not be read. ``coverage`` is line
    coverage in per cent, ``scan`` None where the release ships no image or
    nobody scanned it (``ships_image`` tells which). ``staged_at`` is when it was deployed to the
    environment before the gate and ``staged_digest`` the SHA-256 of the artifact then; both empty
    where there is no such environment (``has_staging``). ``windows`` says of each window of a check
    (by its position) until when it is open, absent where it is closed. ``holds`` are those in
    force on what the gate lets it into. Only the gate can hold it where ``held_here`` (they hold
    the gate's own stage, which it has entered) or ``parallel`` (executions run side by side).
    """

    at: datetime
    tests: TestResult = UNKNOWN_TESTS
    coverage: float | None = None
    ships_image: bool = False
    scan: ImageScan | None = None
    waivers: tuple[Waiver, ...] = ()
    firing_alarms: tuple[str, ...] = ()
    unknown_alarms: tuple[str, ...] = ()
    holds: tuple[Hold, ...] = ()
    held_here: bool = False
    parallel: bool = False
    artifact_digest: str = ""
    has_staging: bool = False
    staged_digest: str = ""
    staged_at: datetime | None = None
    windows: Mapping[int, datetime | None] = field(default_factory=dict)
