"""CodeBuild, through the operator role of each service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline import ServiceClients
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.gates import TestResult
from signalbox.domain.services import Service

NAMED = 20
"""So many failing tests are named; nobody reads more in a message."""
LAST_LINES = 30
LINE_LIMIT = 400
FAILING = ("FAILED", "ERROR")


class CodeBuildBuilds:
    """``Builds`` on CodeBuild's API. A build's id is ``project:uuid``."""

    def __init__(self, clients: ServiceClients) -> None:
        self._clients = clients

    def tests(self, service: Service, build_id: str) -> TestResult:
        """What the build's test reports say; not known where it has made none."""
        reports = self._reports(service, self._build(service, build_id))
        if not reports:
            return TestResult(known=False)
        counts = [report.get("testSummary", {}).get("statusCounts", {}) for report in reports]
        failing = [
            name
            for report, of in zip(reports, counts, strict=True)
            for status in FAILING
            if of.get(status, 0)
            for name in self._cases(service, report["arn"], status)
        ]
        return TestResult(
            passed=_total(counts, "SUCCEEDED"),
            failed=_total(counts, *FAILING),
            skipped=_total(counts, "SKIPPED"),
            failing=tuple(failing[:NAMED]),
        )

    def why_failed(self, service: Service, build_id: str) -> str:
        """One line: failing tests, else the phase's error, else the last line of the log."""
        build = self._build(service, build_id)
        try:
            tests = self.tests(service, build_id)
        except AwsRefusedError:  # reports may be out of reach where the log is not
            tests = TestResult(known=False)
        if tests.failed:
            return _one_line(_of_tests(tests))
        return _one_line(_of_phases(build) or self._last_line(service, build))

    def _build(self, service: Service, build_id: str) -> Mapping[str, Any]:
        with aws_call(f"read build {build_id}"):
            answer = self._client(service).batch_get_builds(ids=[build_id])
        found: Sequence[Mapping[str, Any]] = answer.get("builds", ())
        return found[0] if found else {}

    def _reports(self, service: Service, build: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        arns = build.get("reportArns", ())
        if not arns:
            return []
        with aws_call(f"read the test reports of {build.get('id', 'a build')}"):
            answer = self._client(service).batch_get_reports(reportArns=list(arns)[:100])
        return [one for one in answer.get("reports", ()) if one.get("type", "TEST") == "TEST"]

    def _cases(self, service: Service, report: str, status: str) -> list[str]:
        with aws_call(f"read the {status} test cases of {report}"):
            answer = self._client(service).describe_test_cases(
                reportArn=report, filter={"status": status}, maxResults=NAMED
            )
        return [str(case["name"]) for case in answer.get("testCases", ()) if case.get("name")]

    def _last_line(self, service: Service, build: Mapping[str, Any]) -> str:
        logs = build.get("logs", {})
        if not (logs.get("groupName") and logs.get("streamName")):
            return ""
        with aws_call(f"read the log of {build.get('id', 'a build')}"):
            answer = self._clients.for_service(service, "logs").get_log_events(
                logGroupName=logs["groupName"],
                logStreamName=logs["streamName"],
                limit=LAST_LINES,
                startFromHead=False,
            )
        lines = [str(event.get("message", "")).strip() for event in answer.get("events", ())]
        return next((line for line in reversed(lines) if line), "")

    def _client(self, service: Service) -> Any:
        return self._clients.for_service(service, "codebuild")


def _total(counts: Sequence[Mapping[str, int]], *statuses: str) -> int:
    return sum(of.get(status, 0) for of in counts for status in statuses)


def _of_tests(tests: TestResult) -> str:
    ran = tests.passed + tests.failed
    more = ", …" if tests.failed > len(tests.failing) else ""
    return f"{tests.failed} of {ran} tests failed: {', '.join(tests.failing)}{more}"


def _of_phases(build: Mapping[str, Any]) -> str:
    """The first phase's error. In events this is missing; the API has it in ``contexts``."""
    for phase in build.get("phases", ()):
        if phase.get("phaseStatus") in {None, "SUCCEEDED", "IN_PROGRESS", "QUEUED"}:
            continue
        messages = [str(one.get("message", "")) for one in phase.get("contexts", ())]
        said = "; ".join(message for message in messages if message.strip())
        if said:
            return f"{phase.get('phaseType', 'phase')}: {said}"
    return ""


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE_LIMIT else line[: LINE_LIMIT - 1] + "…"
