"""It has been in the environment before for long enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from signalbox.domain.policy import CheckSettings
from signalbox.policies.outcome import Case, Check, Outcome


@dataclass(frozen=True, kw_only=True)
class Soak(CheckSettings):
    """It has run there for ``lasts``."""

    lasts: timedelta

    def __post_init__(self) -> None:
        if self.lasts <= timedelta():
            raise ValueError("for is longer than nothing")


def soak(case: Case, settings: Soak) -> tuple[Outcome, str]:
    """Fail before the time is over, and where it never was there."""
    evidence = case.evidence
    if not evidence.has_staging:
        return Outcome.PASS, "there is no environment before it"
    if evidence.staged_at is None:
        return Outcome.FAIL, "it was not deployed to the environment before"
    left = settings.lasts - (evidence.at - evidence.staged_at)
    if left > timedelta():
        return Outcome.FAIL, f"{_words(left)} of {_words(settings.lasts)} of soak time are left"
    return Outcome.PASS, f"it has soaked for {_words(settings.lasts)}"


def _words(span: timedelta) -> str:
    seconds = max(1, int(span.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


CHECK = Check(name="soak", settings=Soak, look=soak)
