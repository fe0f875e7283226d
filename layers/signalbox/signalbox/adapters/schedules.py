"""Windows in time: by cron, by date, and by SSM Change Calendar."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS
from signalbox.domain.windows import Span, Window

CLOSED = "CLOSED"


class CronSchedules:
    """``Schedules``. A change calendar is asked at most once a minute."""

    def __init__(
        self, ssm: Callable[[], Any], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._ssm = ssm
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Span | None]] = {}

    def span(self, window: Window, at: datetime) -> Span | None:
        """The span of the window that is in force at that moment, or None.

        Raises AwsRefusedError or AwsUnavailableError where a calendar cannot be read.
        """
        if window.calendar:
            return self._of_calendar(window.calendar)
        if window.cron:
            return _of_cron(window, at)
        began = window.since is None or window.since <= at
        over = window.until is not None and window.until <= at
        return Span(since=window.since, until=window.until) if began and not over else None

    def _of_calendar(self, name: str) -> Span | None:
        now = self._monotonic()
        kept = self._kept.get(name)
        if kept is None or now - kept[0] >= KEPT_FOR_SECONDS:
            kept = self._kept[name] = now, self._ask(name)
        return kept[1]

    def _ask(self, name: str) -> Span | None:
        with aws_call(f"read the change calendar {name}"):
            answer = self._ssm().get_calendar_state(CalendarNames=[name])
        if answer["State"] != CLOSED:
            return None
        said = answer.get("NextTransitionTime")
        until = datetime.fromisoformat(said.replace("Z", "+00:00")) if said else None
        return Span(until=until.astimezone(UTC) if until else None)


def _of_cron(window: Window, at: datetime) -> Span | None:
    """The last span that began by then, if it lasts still. cronsim knows summer time."""
    zone = ZoneInfo(window.time_zone)
    moment = at.astimezone(zone).replace(microsecond=0)
    backwards = CronSim(window.cron, moment + timedelta(seconds=1), reverse=True)
    began = next(backwards, None)
    if began is None:
        return None
    since = began.astimezone(UTC)
    until = since + window.lasts
    return Span(since=since, until=until) if since <= at < until else None
