"""Why an action failed, with what was found of it in time."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.gates import TestResult


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTest:
    """One failing test case; ``message`` is the first line of what it said."""

    name: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFailure:
    """What CodeBuild tells of a failed build. A part that it would not tell is empty.

    ``why`` is one line. ``failing`` are the first of the failing tests; ``tests`` counts all.
    ``log`` is the end of the log, oldest line first. ``report`` is the ARN of the first test
    report that has a failure, ``log_url`` the address that the API gives for the log.
    """

    why: str = ""
    tests: TestResult | None = None
    failing: tuple[FailedTest, ...] = ()
    log: tuple[str, ...] = ()
    log_url: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed run of an action: ``attempt`` counts its runs in the release, from 1.

    ``url`` is where the action's provider shows it, ``error_code`` CodePipeline's word for it.
    The rest is as in ``BuildFailure``.
    """

    stage: str
    action: str
    attempt: int = 1
    why: str = ""
    failing: tuple[FailedTest, ...] = ()
    log: tuple[str, ...] = ()
    log_url: str = ""
    report: str = ""
    url: str = ""
    error_code: str = ""

    @property
    def line(self) -> str:
        """Where and why, in one line."""
        return f"{self.stage}/{self.action}: {self.why}"

    @property
    def key(self) -> str:
        """What tells it apart within its release."""
        return f"failure-{self.stage}-{self.action}-{self.attempt}"
