"""Spans of time that come by themselves: by cron, by date, or by an SSM Change Calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When something holds. Exactly one way of saying so is used.

    ``cron`` (five fields, in ``time_zone``) begins a span that lasts ``lasts``; ``since`` and
    ``until`` (aware) bound a span of dates; ``calendar`` is the name or ARN of an SSM Change
    Calendar, whose CLOSED is our window.
    """

    cron: str = ""
    lasts: timedelta = timedelta()
    time_zone: str = "UTC"
    since: datetime | None = None
    until: datetime | None = None
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldWindow:
    """A hold that comes by itself: ``owner`` and ``reason`` are told to whoever waits.

    ``environments`` and ``stages`` name what is held; without any, all environments are.
    """

    window: Window
    owner: str
    reason: str
    environments: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A window that is in force: since when and, where known, until when (both UTC)."""

    since: datetime | None = None
    until: datetime | None = None
