"""The build's tests have passed."""

from __future__ import annotations

from signalbox.policies.outcome import Case, Finding, Outcome


def tests_passed(case: Case) -> Finding:
    """Fail where a test failed, warn where nobody can tell (no report, or an empty one)."""
    tests = case.gate.dossier.tests
    if tests.failed or tests.failing:
        count = max(tests.failed, len(tests.failing))
        return Finding(outcome=Outcome.FAIL, why=f"{count} failing test{'s' * (count > 1)}")
    if not tests.known or not tests.passed:
        return Finding(outcome=Outcome.WARN, why="the build reported no tests")
    return Finding(outcome=Outcome.PASS, why=f"{tests.passed} tests passed")
