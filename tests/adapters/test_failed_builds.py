"""Why a build failed, as CodeBuild and its log tell it; what they refuse is missing, no more."""

from __future__ import annotations

from typing import Any

import pytest
from signalbox.adapters.codebuild import CodeBuildBuilds
from signalbox.domain.failures import BuildFailure, FailedTest

from tests.adapters.stubbed import StubbedClients
from tests.fakes import a_service

REPORT = "arn:aws:codebuild:us-east-1:123456789012:report/hello:1"
PHASE = {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "exit 1"}]}
LOGS = {"groupName": "g", "streamName": "s", "deepLink": "https://console.aws.amazon.com/x"}
LINES = [{"message": "boom\n"}, {"message": "[Container] 2026/11/23 Phase complete: BUILD\n"}]


def failure(clients: StubbedClients) -> BuildFailure:
    return CodeBuildBuilds(clients).failure(a_service(), "hello:1")


def a_build(clients: StubbedClients, **build: Any) -> None:
    known = {"id": "hello:1", "phases": [PHASE], "logs": LOGS, "reportArns": [REPORT]}
    answer = {"builds": [known | build]}
    clients.answers("codebuild").add_response("batch_get_builds", answer)


def a_report(clients: StubbedClients, **counts: int) -> None:
    summary = {"total": 3, "statusCounts": counts, "durationInNanoSeconds": 1}
    reports = [{"arn": REPORT, "type": "TEST", "testSummary": summary}]
    clients.answers("codebuild").add_response("batch_get_reports", {"reports": reports})


def test_failing_tests_come_with_their_first_line_and_the_log_with_its_end() -> None:
    clients = StubbedClients()
    a_build(clients)
    a_report(clients, SUCCEEDED=1, FAILED=1, ERROR=1)
    for name in ("test_fails", "test_breaks"):
        case = {"name": name, "message": "\nassert 1 == 2\nat line 3"}
        clients.answers("codebuild").add_response("describe_test_cases", {"testCases": [case]})
    clients.answers("logs").add_response("get_log_events", {"events": LINES})
    told = failure(clients)
    assert told.why == "2 of 3 tests failed: test_fails, test_breaks"
    assert told.failing[0] == FailedTest(name="test_fails", message="assert 1 == 2")
    assert told.log[0] == "boom"
    assert (told.report, told.log_url) == (REPORT, LOGS["deepLink"])


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_part_that_aws_does_not_give_is_missing_and_the_rest_is_told(code: str) -> None:
    clients = StubbedClients()
    a_build(clients)
    clients.answers("codebuild").add_client_error("batch_get_reports", code)
    clients.answers("logs").add_response("get_log_events", {"events": LINES})
    assert failure(clients).why == "BUILD: exit 1, after: boom"
    a_build(clients)
    a_report(clients, FAILED=2)
    clients.answers("codebuild").add_client_error("describe_test_cases", code)
    clients.answers("logs").add_client_error("get_log_events", code)
    assert failure(clients).why == "2 of 2 tests failed"
    clients.answers("codebuild").add_client_error("batch_get_builds", code)
    assert failure(clients) == BuildFailure()
