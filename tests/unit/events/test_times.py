from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signalbox.events.times import moment


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2020-01-24T22:03:07Z", utc(2020, 1, 24, 22, 3, 7)),
        ("2023-10-26T13:49:39.208Z", utc(2023, 10, 26, 13, 49, 39, 208000)),
        ("2019-10-02T17:04:40.985+0000", utc(2019, 10, 2, 17, 4, 40, 985000)),
        ("2019-10-02T17:04:40+02:00", utc(2019, 10, 2, 15, 4, 40)),
        ("2019-10-02T17:04:40-0330", utc(2019, 10, 2, 20, 34, 40)),
        ("2021-06-30T12:52:44.832Z[UTC]", utc(2021, 6, 30, 12, 52, 44, 832000)),
        ("2016-07-07T20:22Z", utc(2016, 7, 7, 20, 22)),
        ("2017-04-22T3:31:47Z", utc(2017, 4, 22, 3, 31, 47)),
        ("2023-08-04T12: 36: 15.490+0000", utc(2023, 8, 4, 12, 36, 15, 490000)),
        ("2026-01-02 03:04:05.123456789", utc(2026, 1, 2, 3, 4, 5, 123456)),
        ("Sep 1, 2017 4:12:29 PM", utc(2017, 9, 1, 16, 12, 29)),
        ("Sep 1, 2017, 4:12:29\u202fAM", utc(2017, 9, 1, 4, 12, 29)),
        ("Nov 6, 2017 12:33:58 AM", utc(2017, 11, 6, 0, 33, 58)),
        ("Nov 6, 2017 12:33:58 PM", utc(2017, 11, 6, 12, 33, 58)),
        ("Sun, 05 Jun 2016 05:01:10 GMT", utc(2016, 6, 5, 5, 1, 10)),
        ("1446744188.595", utc(2015, 11, 5, 17, 23, 8, 595000)),
        (1446744188, utc(2015, 11, 5, 17, 23, 8)),
        (1551225271984, utc(2019, 2, 26, 23, 54, 31, 984000)),
        ("1523232000000", utc(2018, 4, 9)),
    ],
)
def test_every_way_in_which_aws_writes_a_moment_reads(written: object, meant: datetime) -> None:
    assert moment(written) == meant


@pytest.mark.parametrize(
    "odd",
    [
        None,
        True,
        "",
        "soon",
        "2020-13-01T00:00:00Z",
        "date",
        [],
        {},
        float("nan"),
        10**40,
        -(10**40),
    ],
)
def test_what_is_no_moment_is_none(odd: object) -> None:
    assert moment(odd) is None


@given(st.text() | st.integers() | st.floats() | st.from_regex(r"\d{1,4}-\d\d-\d\dT\d\d:\d\d"))
def test_nothing_makes_it_fail(value: object) -> None:
    read = moment(value)
    assert read is None or read.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_survives_being_written(at: datetime) -> None:
    assert moment(at.isoformat()) == at


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(datetime(2015, 1, 2), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)


@given(MOMENTS, ZONES, st.booleans(), st.sampled_from(["T", " "]))
def test_a_moment_reads_alike_in_every_zone(
    at: datetime, zone: timezone, colon: bool, between: str
) -> None:
    written = at.astimezone(zone).strftime(f"%Y-%m-%d{between}%H:%M:%S.%f%z")
    if colon:
        written = f"{written[:-2]}:{written[-2:]}"
    assert moment(written) == at


@given(MOMENTS, st.sampled_from(["Z", "", "UTC", "+0000", "+00:00", "Z[UTC]"]))
def test_no_zone_is_utc_and_zeros_may_be_missing(at: datetime, zone: str) -> None:
    at = at.replace(microsecond=0)
    written = f"{at.year}-{at.month}-{at.day}T{at.hour}:{at.minute:02}:{at.second:02}{zone}"
    assert moment(written) == at


@given(MOMENTS)
def test_the_form_of_codebuild_reads_back(at: datetime) -> None:
    at = at.replace(microsecond=0)
    hour = at.hour % 12 or 12
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
        at.month - 1
    ]
    half = "PM" if at.hour >= 12 else "AM"
    written = f"{month} {at.day}, {at.year} {hour}:{at.minute:02}:{at.second:02} {half}"
    assert moment(written) == at


@given(MOMENTS, st.booleans())
def test_an_epoch_reads_alike_in_seconds_and_milliseconds_as_number_and_text(
    at: datetime, as_text: bool
) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    milliseconds = round(at.timestamp() * 1000)
    assert moment(str(milliseconds) if as_text else milliseconds) == at
    seconds = milliseconds // 1000
    assert moment(str(seconds) if as_text else float(seconds)) == at.replace(microsecond=0)


@given(MOMENTS)
def test_the_form_of_e_mail_reads_back(at: datetime) -> None:
    at = at.replace(microsecond=0)
    assert moment(format_datetime(at, usegmt=True)) == at
