"""No alarm of the service is firing."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.policy import CheckSettings, Meaning
from signalbox.policies.outcome import Case, Check, Outcome


@dataclass(frozen=True, kw_only=True)
class NoAlarmFiring(CheckSettings):
    """Quiet alarms. Unasked a firing one only warns: the release may be the remedy."""


def no_alarm_firing(case: Case, _: NoAlarmFiring) -> tuple[Outcome, str]:
    """Fail while an alarm fires."""
    firing = case.evidence.firing_alarms
    if firing:
        return Outcome.FAIL, "firing: " + ", ".join(firing)
    return Outcome.PASS, "no alarm is firing"


CHECK = Check(
    name="noAlarmFiring",
    settings=NoAlarmFiring,
    look=no_alarm_firing,
    unasked=NoAlarmFiring(on_fail=Meaning.WARN),
)
