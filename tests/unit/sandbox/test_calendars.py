"""Change calendars: when they are open, when that changes, and who may know."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.calendars import ical
from sandbox.calendars.documents import CalendarDocuments
from sandbox.emulator import ACCOUNT, document_arn
from sandbox.engine.refusals import Refusal
from sandbox.process import Box
from tests.unit.sandbox.live import client_as, make_role

CHRISTMAS = "DTSTART:20261224T000000Z\r\nDTEND:20261227T000000Z"
BERLIN = "DTSTART;TZID=Europe/Berlin:20270701T090000\r\nDTEND;TZID=Europe/Berlin:20270701T170000"
NOW = datetime(2026, 11, 23, 12, 0, 30, 500_000, tzinfo=UTC)


def calendar(*events: str, kind: str = "DEFAULT_OPEN") -> str:
    inside = [f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT" for n, event in enumerate(events)]
    lines = [
        *("BEGIN:VCALENDAR", "PRODID:-//AWS//Change Calendar 1.0//EN", "VERSION:2.0"),
        *(f"X-CALENDAR-TYPE:{kind}", *inside, "END:VCALENDAR"),
    ]
    return "\r\n".join(lines) + "\r\n"


@pytest.fixture
def documents() -> CalendarDocuments:
    return CalendarDocuments(now=lambda: NOW, arn_prefix=document_arn(""), owner=ACCOUNT)


def create(documents: CalendarDocuments, name: str, text: str, **more: str) -> dict[str, Any]:
    request = {
        "Name": name,
        "Content": text,
        "DocumentType": "ChangeCalendar",
        "DocumentFormat": "TEXT",
        **more,
    }
    return documents.answer("CreateDocument", request)[1]


def state(documents: CalendarDocuments, *names: str, at: str | None = None) -> dict[str, Any]:
    request = {"CalendarNames": list(names), **({"AtTime": at} if at else {})}
    return documents.answer("GetCalendarState", request)[1]


@pytest.mark.parametrize(
    ("at", "told", "turns"),
    [
        ("2026-12-23T23:59:59Z", "OPEN", "2026-12-24T00:00:00Z"),
        ("2026-12-24T00:00:00Z", "CLOSED", "2026-12-27T00:00:00Z"),
        ("2026-12-26T23:59:59Z", "CLOSED", "2026-12-27T00:00:00Z"),
        ("2026-12-27T00:00:00Z", "OPEN", "2027-07-01T07:00:00Z"),
        ("2027-07-01T10:00:00+02:00", "CLOSED", "2027-07-01T15:00:00Z"),
        ("2027-07-01T15:00:00Z", "OPEN", None),
    ],
)
def test_an_open_calendar_closes_during_its_events(
    documents: CalendarDocuments, at: str, told: str, turns: str | None
) -> None:
    create(documents, "freeze", calendar(CHRISTMAS, BERLIN))
    answer = state(documents, "freeze", at=at)
    assert (answer["State"], answer["AtTime"]) == (told, at)
    assert answer.get("NextTransitionTime") == turns


def test_a_closed_calendar_opens_during_its_events(documents: CalendarDocuments) -> None:
    create(documents, "windows", calendar(CHRISTMAS, kind="DEFAULT_CLOSED"))
    assert state(documents, "windows", at="2026-12-25T12:00:00Z")["State"] == "OPEN"
    now = state(documents, "windows")
    assert now == {
        "State": "CLOSED",
        "AtTime": "2026-11-23T12:00:30Z",
        "NextTransitionTime": "2026-12-24T00:00:00Z",
    }


def test_several_calendars_are_open_only_together(documents: CalendarDocuments) -> None:
    create(documents, "freeze", calendar(CHRISTMAS))
    create(documents, "windows", calendar(CHRISTMAS, BERLIN, kind="DEFAULT_CLOSED"))
    both = ("freeze", document_arn("windows"))
    during = state(documents, *both, at="2026-12-25T12:00:00Z")
    assert (during["State"], during["NextTransitionTime"]) == ("CLOSED", "2027-07-01T07:00:00Z")
    assert state(documents, *both, at="2027-07-01T08:00:00Z")["State"] == "OPEN"


def test_events_that_touch_are_one_closure(documents: CalendarDocuments) -> None:
    after = "DTSTART:20261227T000000Z\r\nDTEND:20261228T000000Z"
    create(documents, "freeze", calendar(CHRISTMAS, after))
    answer = state(documents, "freeze", at="2026-12-25T00:00:00Z")
    assert answer["NextTransitionTime"] == "2026-12-28T00:00:00Z"


def test_a_folded_line_is_one_line() -> None:
    folded = calendar("DTSTART;TZID=Europe/\r\n Berlin:20270701T090000\r\nDTEND:20270702T000000Z")
    (event,) = ical.read(folded).events
    assert event.starts == datetime(2027, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "event",
    [
        f"{CHRISTMAS}\r\nRRULE:FREQ=YEARLY",
        "DTSTART:20261224T000000Z\r\nDURATION:P3D",
        "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227",
        "DTSTART:20261224T000000\r\nDTEND:20261227T000000",
        "DTSTART:20261224T000000Z",
        "DTSTART:20261227T000000Z\r\nDTEND:20261224T000000Z",
        "DTSTART:20261399T000000Z\r\nDTEND:20261227T000000Z",
        "DTSTART;TZID=Europe/Atlantis:20261224T000000\r\nDTEND:20261227T000000Z",
        "DTSTART;TZID=Europe/Berlin:20261224T000000Z\r\nDTEND:20261227T000000Z",
    ],
)
def test_what_this_sandbox_cannot_reckon_with_is_refused(
    documents: CalendarDocuments, event: str
) -> None:
    create(documents, "odd", calendar(event))
    assert state(documents, "odd")["__type"] == "UnsupportedCalendarException"


@pytest.mark.parametrize(
    "text", ["", "BEGIN:VCALENDAR\nEND:VCALENDAR", calendar(kind="OPEN"), "{}", calendar()[:-20]]
)
def test_what_is_no_change_calendar_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="InvalidDocumentContent"):
        ical.kind_of(text)


def test_a_calendar_is_kept_as_it_came(documents: CalendarDocuments) -> None:
    text = calendar(CHRISTMAS)
    described = create(documents, "freeze", text)["DocumentDescription"]
    assert (described["Name"], described["Status"], described["DocumentType"]) == (
        *("freeze", "Active", "ChangeCalendar"),
    )
    assert documents.answer("GetDocument", {"Name": "freeze"})[1]["Content"] == text
    assert create(documents, "freeze", text)["__type"] == "DocumentAlreadyExists"
    assert documents.answer("DeleteDocument", {"Name": "freeze"}) == (200, {})
    assert state(documents, "freeze")["__type"] == "InvalidDocument"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda d: state(d, "nowhere"), "InvalidDocument"),
        (lambda d: d.answer("GetDocument", {"Name": "nowhere"})[1], "InvalidDocument"),
        (lambda d: d.answer("DeleteDocument", {"Name": "nowhere"})[1], "InvalidDocument"),
        (lambda d: d.answer("GetCalendarState", {})[1], "ValidationException"),
        (lambda d: create(d, "abc", calendar(), DocumentType="Command"), "ValidationException"),
        (lambda d: create(d, "abc", calendar(), DocumentFormat="JSON"), "InvalidDocumentContent"),
        (lambda d: create(d, "freeze", "no calendar"), "InvalidDocumentContent"),
    ],
)
def test_a_request_is_refused_in_awss_words(
    documents: CalendarDocuments, ask: Callable[[CalendarDocuments], dict[str, Any]], code: str
) -> None:
    assert ask(documents)["__type"] == code


@pytest.mark.parametrize("at", ["yesterday", "2026-12-24T00:00:00"])
def test_an_instant_without_a_zone_is_refused(documents: CalendarDocuments, at: str) -> None:
    create(documents, "freeze", calendar())
    assert state(documents, "freeze", at=at)["__type"] == "ValidationException"


@pytest.mark.sandbox
def test_a_session_sees_only_the_calendars_that_it_may(box: Box) -> None:
    root = box.client("ssm")
    for name in ("live-freeze", "live-windows"):
        root.create_document(
            Name=name,
            Content=calendar(CHRISTMAS),
            DocumentType="ChangeCalendar",
            DocumentFormat="TEXT",
        )
    keys = make_role(box, "reader", ssm__GetCalendarState=document_arn("live-freeze"))
    reader = client_as(box, "ssm", keys)
    asked = {"AtTime": "2026-12-25T00:00:00Z"}
    answer = reader.get_calendar_state(CalendarNames=["live-freeze"], **asked)
    assert (answer["State"], answer["NextTransitionTime"]) == ("CLOSED", "2026-12-27T00:00:00Z")
    for names in (["live-windows"], ["live-freeze", "live-windows"]):
        with pytest.raises(ClientError, match="AccessDenied"):
            reader.get_calendar_state(CalendarNames=names)
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.get_document(Name="live-freeze")
    assert root.get_document(Name="live-freeze")["DocumentType"] == "ChangeCalendar"
    with pytest.raises(root.exceptions.InvalidDocument):
        root.get_calendar_state(CalendarNames=["nowhere"])


@pytest.mark.sandbox
def test_parameters_are_still_asked_for_as_parameters(box: Box) -> None:
    root = box.client("ssm")
    root.put_parameter(Name="/live/one", Value="1", Type="String")
    allowed = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/live/*"
    reader = client_as(box, "ssm", make_role(box, "parameters", ssm__GetParameter=allowed))
    assert reader.get_parameter(Name="/live/one")["Parameter"]["Value"] == "1"
