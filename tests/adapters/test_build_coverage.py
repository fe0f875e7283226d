"""How much of the code a build's tests have covered."""

from __future__ import annotations

from typing import Any

import pytest
from signalbox.adapters.codebuild import CodeBuildBuilds

from tests.adapters.stubbed import StubbedClients
from tests.fakes import a_service


@pytest.fixture
def clients() -> StubbedClients:
    return StubbedClients()


def report(percentage: float | None, kind: str = "CODE_COVERAGE") -> dict[str, Any]:
    summary = {} if percentage is None else {"lineCoveragePercentage": percentage}
    return {"arn": "r", "type": kind, "codeCoverageSummary": summary}


def coverage(clients: StubbedClients, *reports: dict[str, Any]) -> float | None:
    answers = clients.answers("codebuild")
    arns = {"reportArns": ["arn:aws:codebuild:report"]} if reports else {}
    answers.add_response("batch_get_builds", {"builds": [{"id": "hello:1", **arns}]})
    if reports:
        answers.add_response("batch_get_reports", {"reports": list(reports)})
    return CodeBuildBuilds(clients).coverage(a_service(), "hello:1")


def test_it_is_the_reports_line_coverage_and_of_several_the_least(clients: StubbedClients) -> None:
    assert coverage(clients, report(81.5)) == 81.5
    assert coverage(clients, report(81.5), report(70.0), report(None)) == 70.0


def test_nothing_at_all_covered_is_no_missing_report(clients: StubbedClients) -> None:
    assert coverage(clients, report(0.0)) == 0.0


def test_without_a_coverage_report_it_is_unknown(clients: StubbedClients) -> None:
    assert coverage(clients) is None
    assert coverage(clients, report(None)) is None
    assert coverage(clients, report(99.0, kind="TEST")) is None
