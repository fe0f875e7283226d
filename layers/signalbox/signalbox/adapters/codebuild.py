"""CodeBuild, through the operator role of each service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline import ServiceClients
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.failures import BuildFailure, FailedTest
from signalbox.domain.gates import TestResult
from signalbox.domain.services import Service
from signalbox.notifications.text import plain_line

T = TypeVar("T")
LOG = logging.getLogger(__name__)

NAMED = 20
"""So many failing tests are named; nobody reads more in a message."""
LAST_LINES = 60
LINE_LIMIT = 400
MESSAGE_LIMIT = 200
FAILING = ("FAILED", "ERROR")
OWN_LINES = "[Container]"
"""How CodeBuild's agent begins its own lines in a build's log; the build's words are the others."""


class CodeBuildBuilds:
    """``Builds`` on CodeBuild's API. A build's id is ``project:uuid``."""

    def __init__(self, clients: ServiceClients) -> None:
        self._clients = clients

    def tests(self, service: Service, build_id: str) -> TestResult:
        """What the build's test reports say; not known where it has made none."""
        reports = self._reports(service, self._build(service, build_id))
        return _result(reports, [one.name for one in self._failing(service, reports)])

    def coverage(self, service: Service, build_id: str) -> float | None:
        """Line coverage in per cent as the build's coverage reports say, or None without any.

        Of several reports the least counts.
        """
        build = self._build(service, build_id)
        reports = self._reports(service, build, kind="CODE_COVERAGE")
        said = [one.get("codeCoverageSummary", {}).get("lineCoveragePercentage") for one in reports]
        return min((float(one) for one in said if one is not None), default=None)

    def failure(self, service: Service, build_id: str, *, patient: bool = False) -> BuildFailure:
        """Why a build failed: its failing tests, else the phase's error with the log's last line.

        A part that AWS refuses is missing. So is one that AWS has no time for, unless ``patient``:
        then AwsUnavailableError is raised, and the caller comes again.
        """
        build = _part(lambda: self._build(service, build_id), patient) or {}
        reports = _part(lambda: self._reports(service, build), patient) or []
        failing = _part(lambda: self._failing(service, reports), patient) or []
        log = _part(lambda: self._log(service, build), patient) or []
        tests = _result(reports, [one.name for one in failing])
        why = _of_tests(tests) if tests.failed else _of_phases_and_log(build, log)
        return BuildFailure(
            why=plain_line(why, LINE_LIMIT),
            tests=tests if tests.known else None,
            failing=tuple(failing),
            log=tuple(log),
            log_url=str(build.get("logs", {}).get("deepLink", "")),
            report=next((str(one["arn"]) for one in reports if _failed(one)), ""),
        )

    def _build(self, service: Service, build_id: str) -> Mapping[str, Any]:
        with aws_call(f"read build {build_id}"):
            answer = self._client(service).batch_get_builds(ids=[build_id])
        found: Sequence[Mapping[str, Any]] = answer.get("builds", ())
        return found[0] if found else {}

    def _reports(
        self, service: Service, build: Mapping[str, Any], kind: str = "TEST"
    ) -> list[Mapping[str, Any]]:
        arns = build.get("reportArns", ())
        if not arns:
            return []
        with aws_call(f"read the test reports of {build.get('id', 'a build')}"):
            answer = self._client(service).batch_get_reports(reportArns=list(arns)[:100])
        return [one for one in answer.get("reports", ()) if one.get("type", "TEST") == kind]

    def _failing(self, service: Service, reports: Sequence[Mapping[str, Any]]) -> list[FailedTest]:
        failing: list[FailedTest] = []
        for report in reports:
            for status in FAILING:
                if _counts(report).get(status, 0) and len(failing) < NAMED:
                    failing += self._cases(service, str(report["arn"]), status)
        return failing[:NAMED]

    def _cases(self, service: Service, report: str, status: str) -> list[FailedTest]:
        with aws_call(f"read the {status} test cases of {report}"):
            answer = self._client(service).describe_test_cases(
                reportArn=report, filter={"status": status}, maxResults=NAMED
            )
        return [
            FailedTest(
                name=plain_line(str(case["name"])),
                message=_first_line(str(case.get("message", ""))),
            )
            for case in answer.get("testCases", ())
            if case.get("name")
        ]

    def _log(self, service: Service, build: Mapping[str, Any]) -> list[str]:
        """The end of the build's log, without empty lines."""
        logs = build.get("logs", {})
        if not (logs.get("groupName") and logs.get("streamName")):
            return []
        with aws_call(f"read the log of {build.get('id', 'a build')}"):
            answer = self._clients.for_service(service, "logs").get_log_events(
                logGroupName=logs["groupName"],
                logStreamName=logs["streamName"],
                limit=LAST_LINES,
                startFromHead=False,
            )
        lines = [str(event.get("message", "")).rstrip() for event in answer.get("events", ())]
        return [line for line in lines if line.strip()]

    def _client(self, service: Service) -> Any:
        return self._clients.for_service(service, "codebuild")


def _part(read: Callable[[], T], patient: bool) -> T | None:
    """What ``read`` gives, or None where AWS refuses or has no time for it."""
    try:
        return read()
    except (AwsRefusedError, AwsUnavailableError) as error:
        if patient and isinstance(error, AwsUnavailableError):
            raise
        LOG.warning("a part of why a build failed is missing: %s", error)
        return None


def _counts(report: Mapping[str, Any]) -> Mapping[str, int]:
    counts: Mapping[str, int] = report.get("testSummary", {}).get("statusCounts", {})
    return counts


def _failed(report: Mapping[str, Any]) -> bool:
    return _total([report], *FAILING) > 0


def _total(reports: Sequence[Mapping[str, Any]], *statuses: str) -> int:
    return sum(_counts(report).get(status, 0) for report in reports for status in statuses)


def _result(reports: Sequence[Mapping[str, Any]], failing: Sequence[str]) -> TestResult:
    if not reports:
        return TestResult(known=False)
    return TestResult(
        passed=_total(reports, "SUCCEEDED"),
        failed=_total(reports, *FAILING),
        skipped=_total(reports, "SKIPPED"),
        failing=tuple(failing),
    )


def _of_tests(tests: TestResult) -> str:
    ran = tests.passed + tests.failed
    more = ", …" if tests.failed > len(tests.failing) else ""
    names = f": {', '.join(tests.failing)}{more}" if tests.failing else ""
    return f"{tests.failed} of {ran} tests failed{names}"


def _of_phases_and_log(build: Mapping[str, Any], log: Sequence[str]) -> str:
    phase, words = _of_phases(build), [line for line in log if not line.startswith(OWN_LINES)]
    last = next(reversed(words or list(log)), "")
    return f"{phase}, after: {last.strip()}" if phase and last else phase or last


def _of_phases(build: Mapping[str, Any]) -> str:
    """The first phase's error. In events this is missing; the API has it in ``contexts``."""
    for phase in build.get("phases", ()):
        if phase.get("phaseStatus") in {None, "SUCCEEDED", "IN_PROGRESS", "QUEUED"}:
            continue
        messages = [str(one.get("message", "")) for one in phase.get("contexts", ())]
        said = "; ".join(message for message in messages if message.strip())
        if said:
            return f"{phase.get('phaseType', 'phase')}: {plain_line(said, MESSAGE_LIMIT)}"
    return ""


def _first_line(text: str) -> str:
    return plain_line(next((line for line in text.splitlines() if line.strip()), ""), MESSAGE_LIMIT)
