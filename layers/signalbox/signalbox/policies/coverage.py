"""Enough of the code is covered by tests."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from signalbox.domain.policy import CheckSettings
from signalbox.policies.outcome import Case, Check, Outcome


@dataclass(frozen=True, kw_only=True)
class Coverage(CheckSettings):
    """Line coverage of ``at_least`` per cent."""

    at_least: float

    def __post_init__(self) -> None:
        if not 0 <= self.at_least <= 100:
            raise ValueError("atLeast is a percentage, from 0 to 100")


def coverage(case: Case, settings: Coverage) -> tuple[Outcome, str]:
    """Fail below the limit, and where the build reported none."""
    covered, least = case.evidence.coverage, f"{settings.at_least:g} %"
    if covered is None:
        return Outcome.FAIL, f"the build reported no coverage; at least {least} is asked for"
    told = f"coverage is {floor(covered * 10) / 10:g} %"  # 79.96 must not read as 80
    if covered < settings.at_least:
        return Outcome.FAIL, f"{told}, below {least}"
    return Outcome.PASS, told


CHECK = Check(name="coverage", settings=Coverage, look=coverage)
