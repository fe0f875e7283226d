"""Test reports: JUnit XML read into report groups, reports and test cases."""

import threading
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.engine.naming import codebuild_arn, new_id

_KEPT_DAYS = 30
_VERDICTS = {"failure": "FAILED", "error": "ERROR", "skipped": "SKIPPED"}


class ReportUnreadable(Exception):  # noqa: N818 - a fact that the phase context reports
    """A report file is not what its format says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """One test's outcome."""

    path: str
    prefix: str
    name: str
    status: str
    nanoseconds: int
    message: str


@dataclass(slots=True, kw_only=True)
class Report:
    """One build's report in a group."""

    arn: str
    group_arn: str
    group: str
    build_arn: str
    created: datetime
    cases: list[TestCase]

    @property
    def status(self) -> str:
        """FAILED when a test failed or broke."""
        bad = any(case.status in ("FAILED", "ERROR") for case in self.cases)
        return "FAILED" if bad else "SUCCEEDED"

    @property
    def expired(self) -> float:
        """When AWS would delete it."""
        return (self.created + timedelta(days=_KEPT_DAYS)).timestamp()

    def view(self) -> dict[str, Any]:
        """The API's form."""
        counts = dict.fromkeys(("ERROR", "FAILED", "SKIPPED", "SUCCEEDED", "UNKNOWN"), 0)
        for case in self.cases:
            counts[case.status] += 1
        return {
            "arn": self.arn,
            "type": "TEST",
            "name": self.arn.rsplit(":", 1)[-1],
            "reportGroupArn": self.group_arn,
            "executionId": self.build_arn,
            "status": self.status,
            "created": self.created.timestamp(),
            "expired": self.expired,
            "exportConfig": {"exportConfigType": "NO_EXPORT"},
            "truncated": False,
            "testSummary": {
                "total": len(self.cases),
                "statusCounts": counts,
                "durationInNanoSeconds": sum(case.nanoseconds for case in self.cases),
            },
        }

    def case_views(self) -> list[dict[str, Any]]:
        """The test cases in the API's form."""
        return [
            {
                "reportArn": self.arn,
                "testRawDataPath": case.path,
                "prefix": case.prefix,
                "name": case.name,
                "status": case.status,
                "durationInNanoSeconds": case.nanoseconds,
                "message": case.message,
                "expired": self.expired,
            }
            for case in self.cases
        ]


@dataclass(slots=True)
class ReportStore:
    """All report groups and reports."""

    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ensure_group(self, name: str, at: datetime) -> str:
        """The ARN of the group of that name, made when missing."""
        arn = codebuild_arn("report-group", name)
        with self.lock:
            self.groups.setdefault(
                arn,
                {
                    "arn": arn,
                    "name": name,
                    "type": "TEST",
                    "exportConfig": {"exportConfigType": "NO_EXPORT"},
                    "created": at.timestamp(),
                    "lastModified": at.timestamp(),
                    "tags": [],
                    "status": "ACTIVE",
                },
            )
        return arn

    def add(self, group: str, build_arn: str, cases: list[TestCase], at: datetime) -> Report:
        """Keep a build's report."""
        report = Report(
            arn=codebuild_arn("report", f"{group}:{new_id()}"),
            group_arn=self.ensure_group(group, at),
            group=group,
            build_arn=build_arn,
            created=at,
            cases=cases,
        )
        with self.lock:
            self.reports[report.arn] = report
        return report

    def of_group(self, group_arn: str) -> list[Report]:
        """A group's reports, the newest first."""
        with self.lock:
            return [r for r in reversed(self.reports.values()) if r.group_arn == group_arn]


def read_junit(path: Path, shown_as: str) -> list[TestCase]:
    """The test cases of a JUnit XML file; raises ReportUnreadable."""
    try:
        root = ElementTree.parse(path).getroot()  # noqa: S314 - the build's own file
        return [_case(each, shown_as) for each in root.iter("testcase")]
    except (ElementTree.ParseError, ValueError) as error:
        raise ReportUnreadable(f"Error parsing test report {shown_as}: {error}") from error


def _case(element: ElementTree.Element, shown_as: str) -> TestCase:
    status, message = "SUCCEEDED", ""
    for tag, verdict in _VERDICTS.items():
        found = element.find(tag)
        if found is not None:
            status = verdict
            message = found.get("message", "") or (found.text or "")
            break
    return TestCase(
        path=shown_as,
        prefix=element.get("classname", ""),
        name=element.get("name", ""),
        status=status,
        nanoseconds=int(float(element.get("time", "0") or 0) * 1e9),
        message=message,
    )
