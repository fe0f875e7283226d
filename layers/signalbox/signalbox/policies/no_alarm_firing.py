"""No alarm of the service is firing."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.policy import CheckSettings, Meaning
from signalbox.policies.outcome import Case, Check, Outcome


@dataclass(frozen=True, kw_only=True)
class NoAlarmFiring(CheckSettings):
    """Quiet alarms. Unasked a firing one only warns: the release may be the remedy."""


def no_alarm_firing(case: Case, _: NoAlarmFiring) -> tuple[Outcome, str]:
    """Fail while an alarm fires, warn where nobody can tell: an alarm that was renamed or deleted,
    or that Signalbox may not read, cannot be seen firing.
    """
    firing = case.evidence.firing_alarms
    if firing:
        return Outcome.FAIL, "firing: " + ", ".join(firing)
    unknown = case.evidence.unknown_alarms
    if unknown:
        return Outcome.WARN, "not found, or not to be read: " + ", ".join(unknown)
    return Outcome.PASS, "no alarm is firing"


CHECK = Check(
    name="noAlarmFiring",
    settings=NoAlarmFiring,
    look=no_alarm_firing,
    unasked=NoAlarmFiring(on_fail=Meaning.WARN),
)
