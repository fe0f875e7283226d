"""The build's tests have passed."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.policy import CheckSettings
from signalbox.policies.outcome import Case, Check, Outcome


@dataclass(frozen=True, kw_only=True)
class TestsPassed(CheckSettings):
    """No test has failed."""

    __test__ = False  # not a test class, whatever pytest thinks of its name


def tests_passed(case: Case, _: TestsPassed) -> tuple[Outcome, str]:
    """Fail where a test failed, warn where nobody can tell (no report, or an empty one)."""
    tests = case.evidence.tests
    if tests.failed or tests.failing:
        count = max(tests.failed, len(tests.failing))
        return Outcome.FAIL, f"{count} failing test{'s' * (count > 1)}"
    if not tests.known or not tests.passed:
        return Outcome.WARN, "the build reported no tests"
    return Outcome.PASS, f"{tests.passed} tests passed"


CHECK = Check(name="testsPassed", settings=TestsPassed, look=tests_passed, unasked=TestsPassed())
