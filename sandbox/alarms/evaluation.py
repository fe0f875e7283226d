"""Whether an alarm sounds, from its series of datapoints: M out of N, and what is missing.

Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data".
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.alarms.definition import Alarm

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

_COMPARISONS: Final[Mapping[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The state an alarm ought to have, why, and the datapoints behind it, newest first."""

    state: str
    reason: str
    datapoints: Sequence[float]


def judge(alarm: Alarm, series: Sequence[float | None], present: str) -> Finding:
    """Judge the newest `evaluation_periods` datapoints (newest first; `None` is missing).

    `present` is the state that the alarm has now, which `ignore` keeps.
    Raises `ValueError` for a comparison that needs anomaly detection.
    """
    if alarm.comparison not in _COMPARISONS:
        raise ValueError(f"the comparison {alarm.comparison} is not known here")
    compare, words = _COMPARISONS[alarm.comparison]
    window = list(series[: alarm.evaluation_periods])
    known = [value for value in window if value is not None]
    missing = len(window) - len(known)
    if not known and alarm.missing in ("missing", "ignore"):
        state = present if alarm.missing == "ignore" else INSUFFICIENT_DATA
        return Finding(state=state, reason=_unknown(missing), datapoints=())
    breaching = sum(compare(value, alarm.threshold) for value in known)
    counted = breaching + (missing if alarm.missing == "breaching" else 0)
    sounds = counted >= alarm.datapoints_to_alarm
    if not known:
        return Finding(
            state=ALARM if sounds else OK,
            reason=f"Threshold Crossed: no datapoints were received for {missing} "
            f"period{'s' * (missing > 1)} and {missing} missing datapoint{'s' * (missing > 1)} "
            f"{'were' if missing > 1 else 'was'} treated as "
            f"[{'Breaching' if sounds else 'NonBreaching'}].",
            datapoints=(),
        )
    shown = ", ".join(f"{value}" for value in known)
    told = breaching if sounds else len(known) - breaching
    reason = (
        f"Threshold Crossed: {told} out of the last {len(window)} datapoints [{shown}] "
        f"{'was' if told == 1 else 'were'} {'' if sounds else 'not '}{words} the threshold "
        f"({alarm.threshold}) (minimum {alarm.datapoints_to_alarm} "
        f"datapoint{'s' * (alarm.datapoints_to_alarm > 1)} for "
        f"{'OK -> ALARM' if sounds else 'ALARM -> OK'} transition)."
    )
    return Finding(state=ALARM if sounds else OK, reason=reason, datapoints=known)


def _unknown(missing: int) -> str:
    return f"Insufficient Data: {missing} datapoint{'s were' if missing > 1 else ' was'} unknown."
