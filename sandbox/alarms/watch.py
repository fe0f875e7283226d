"""The watch: looks at every alarm again and again, and tells when a state has changed."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import clock, emulator
from sandbox.alarms import events
from sandbox.alarms.definition import Alarm, read
from sandbox.alarms.evaluation import ALARM, judge
from sandbox.alarms.lambda_metrics import publish
from sandbox.alarms.series import watched_series
from sandbox.emulator import Invocation

SECONDS_BETWEEN_LOOKS = 0.2

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Known:
    """What was last told of an alarm, and until when a state set by hand stands (epoch seconds)."""

    told: Mapping[str, Any]
    forced_until: float = 0.0


class AlarmWatch:
    """Evaluates all alarms on one thread, and takes states set by hand from any other."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._known: dict[str, _Known] = {}
        self._complained: set[str] = set()

    def start(self) -> None:
        """Begin to watch; a daemon thread ends with the process."""
        emulator.on_invocation(self._count)
        threading.Thread(target=self._run, name="alarm-watch", daemon=True).start()

    def look(self) -> None:
        """Look once at every alarm."""
        for record in emulator.alarms():
            try:
                with self._lock:
                    self._look_at(record)
            except (KeyError, ValueError) as error:
                if record["AlarmName"] not in self._complained:
                    self._complained.add(record["AlarmName"])
                    _log.warning("alarm %s cannot be evaluated: %s", record["AlarmName"], error)

    def force(self, name: str, value: str, reason: str) -> None:
        """Set a state by hand; it stands for one period, then evaluation goes on as on AWS.

        ALARM stands for a period of AWS's time: whoever is to look at it works in real seconds.

        Raises `KeyError` for an unknown alarm.
        """
        record = next((each for each in emulator.alarms() if each["AlarmName"] == name), None)
        if record is None:
            raise KeyError(name)
        with self._lock:
            self._look_at(record)
            record.update(StateValue=value, StateReason=reason)
            record.pop("StateReasonData", None)
            self._look_at(record)

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception:
                _log.exception("the alarm watch stumbled")
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _count(self, invocation: Invocation) -> None:
        with self._lock:
            publish(invocation)

    def _look_at(self, record: dict[str, Any]) -> None:
        alarm, now = read(record), clock.now()
        known = self._known.setdefault(alarm.name, _Known(told=_state_of(record)))
        period = _real_seconds(alarm)
        if record["StateValue"] != known.told["value"]:
            stands = alarm.period if record["StateValue"] == ALARM else period
            known.forced_until = now.timestamp() + stands
            self._tell(alarm, record, known, now)
        if now.timestamp() >= known.forced_until and _has_listened(alarm, record, now):
            self._evaluate(alarm, record, known, now, period)

    def _evaluate(
        self,
        alarm: Alarm,
        record: dict[str, Any],
        known: _Known,
        now: datetime,
        period: float,
    ) -> None:
        series = watched_series(alarm, now.timestamp(), period)
        finding = judge(alarm, series, record["StateValue"])
        if finding.state == record["StateValue"]:
            return
        start = datetime.fromtimestamp(now.timestamp() - period * alarm.evaluation_periods, tz=UTC)
        record.update(
            StateValue=finding.state,
            StateReason=finding.reason,
            StateReasonData=events.reason_data(alarm, finding, start, now),
        )
        self._tell(alarm, record, known, now)

    def _tell(self, alarm: Alarm, record: dict[str, Any], known: _Known, now: datetime) -> None:
        record["StateUpdatedTimestamp"] = int(now.timestamp())
        previous, present = known.told, _state_of(record, now)
        known.told = present
        emulator.emit_event(
            source="aws.cloudwatch",
            detail_type=events.DETAIL_TYPE,
            detail=events.detail(alarm, record, previous, present),
            resources=[record["AlarmArn"]],
            time=now,
        )
        emulator.tell_of_alarm(record, previous["value"])


def _real_seconds(alarm: Alarm) -> float:
    """How long a period is here: schedules keep AWS's time, and so does what watches them."""
    return alarm.period if alarm.listens_for_silence else clock.scaled(alarm.period)


def _has_listened(alarm: Alarm, record: Mapping[str, Any], now: datetime) -> bool:
    """Silence says nothing about the time before the alarm was there."""
    if not alarm.listens_for_silence:
        return True
    needed = alarm.period * alarm.evaluation_periods
    return now.timestamp() - float(record["AlarmConfigurationUpdatedTimestamp"]) >= needed


def _state_of(record: Mapping[str, Any], moment: datetime | None = None) -> dict[str, Any]:
    return events.state(
        record["StateValue"],
        record.get("StateReason", ""),
        record.get("StateReasonData"),
        moment or datetime.fromtimestamp(record["StateUpdatedTimestamp"], tz=UTC),
    )
