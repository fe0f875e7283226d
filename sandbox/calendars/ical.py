"""The iCalendar text of a change calendar: when it is open, and when that changes.

Only what such a calendar needs here: events with DTSTART and DTEND in UTC or with a TZID. Whatever
else says when an event is (recurrence, durations, whole days, floating times) is refused, where
AWS takes part of it. Source: Systems Manager user guide, "Change Calendar"; RFC 5545.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.engine.refusals import Refusal

DEFAULT_OPEN, DEFAULT_CLOSED = "DEFAULT_OPEN", "DEFAULT_CLOSED"
_NOT_HERE: Final = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "DURATION"})
_INSTANT: Final = re.compile(r"\d{8}T\d{6}Z?")
_LINE: Final = re.compile(r"(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:;[^:]*)?):(?P<value>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """From when until when the calendar is not as it is by default; the end does not count."""

    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One change calendar."""

    open_by_default: bool
    events: Sequence[Event]

    def is_open(self, at: datetime) -> bool:
        """Whether changes are allowed at that instant."""
        during = any(event.starts <= at < event.ends for event in self.events)
        return self.open_by_default is not during

    def turns(self) -> list[datetime]:
        """The instants at which its state may change."""
        return [moment for event in self.events for moment in (event.starts, event.ends)]


def are_open(calendars: Sequence[Calendar], at: datetime) -> bool:
    """Several calendars are open only while all of them are (API reference, GetCalendarState)."""
    return all(calendar.is_open(at) for calendar in calendars)


def next_turn(calendars: Sequence[Calendar], at: datetime) -> datetime | None:
    """When the common state changes next, if it ever does."""
    moments = sorted({each for calendar in calendars for each in calendar.turns() if each > at})
    for before, moment in pairwise([at, *moments]):
        if are_open(calendars, before) is not are_open(calendars, moment):
            return moment
    return None


def kind_of(text: str) -> str:
    """The calendar's type; raises Refusal (InvalidDocumentContent) for what is no calendar."""
    lines = list(_lines(text))
    kinds = [value for name, _, value in lines if name == "X-CALENDAR-TYPE"]
    framed = lines[:1] == [("BEGIN", "", "VCALENDAR")] and lines[-1:] == [("END", "", "VCALENDAR")]
    if not framed or len(kinds) != 1 or kinds[0] not in (DEFAULT_OPEN, DEFAULT_CLOSED):
        raise Refusal(
            "InvalidDocumentContent",
            "A change calendar is one VCALENDAR with X-CALENDAR-TYPE DEFAULT_OPEN or "
            "DEFAULT_CLOSED",
        )
    return kinds[0]


def read(text: str) -> Calendar:
    """Read a calendar; raises Refusal for what this sandbox does not take."""
    events: list[Event] = []
    inside: dict[str, datetime] | None = None
    for name, parameters, value in _lines(text):
        if (name, value) == ("BEGIN", "VEVENT"):
            inside = {}
        elif (name, value) == ("END", "VEVENT"):
            events.append(_event(inside or {}))
            inside = None
        elif inside is not None and name in _NOT_HERE:
            raise _unsupported(f"{name} is not in this sandbox")
        elif inside is not None and name in ("DTSTART", "DTEND"):
            inside[name] = _instant(parameters, value)
    return Calendar(open_by_default=kind_of(text) == DEFAULT_OPEN, events=tuple(events))


def _event(times: dict[str, datetime]) -> Event:
    if times.keys() != {"DTSTART", "DTEND"} or times["DTEND"] <= times["DTSTART"]:
        raise _unsupported("an event needs a DTSTART and a later DTEND")
    return Event(starts=times["DTSTART"], ends=times["DTEND"])


def _instant(parameters: str, value: str) -> datetime:
    zone = re.fullmatch(r";TZID=\"?([A-Za-z0-9_+/-]+)\"?", parameters)
    utc = value.endswith("Z")
    if not _INSTANT.fullmatch(value) or utc is (zone is not None) or (parameters and not zone):
        raise _unsupported(f"{parameters}:{value} is neither UTC nor a time with TZID")
    try:
        moment = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        return moment.replace(tzinfo=ZoneInfo(zone[1]) if zone else UTC).astimezone(UTC)
    except (ValueError, LookupError) as error:
        raise _unsupported(str(error)) from None


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, parameters and value of each line; a folded line begins with a space or a tab."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for line in unfolded.splitlines():
        if found := _LINE.fullmatch(line.strip()):
            yield found["name"].upper(), found["parameters"], found["value"]


def _unsupported(why: str) -> Refusal:
    return Refusal("UnsupportedCalendarException", f"The calendar entry isn't supported: {why}")
