"""Moments as AWS writes them, which is in many ways."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# 2016-07-07T20:22Z, 2017-04-22T3:31:47Z, 2019-10-02T17:04:40.985+0000,
# 2021-06-30T12:52:44.832Z[UTC], 2023-08-04T12: 36: 15.490+0000
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T ]\s*(?P<hour>\d{1,2}):\s*(?P<minute>\d{2})(?::\s*(?P<second>\d{2}))?"
    r"(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<zone>Z|UTC|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?)?"
    r"(?:\[[\w/+-]+\])?",
    re.ASCII | re.IGNORECASE,
)
# Sep 1, 2017 4:12:29 PM: CodeBuild's, in UTC, though it does not say so.
_CODEBUILD = re.compile(
    r"(?P<month>[A-Z][a-z]{2})[a-z]* (?P<day>\d{1,2}), (?P<year>\d{4}),? "
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2}) ?(?P<half>[AP]M)",
    re.ASCII,
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MILLISECONDS_FROM = 100_000_000_000
"""A number from here on is milliseconds: as seconds it would lie beyond the year 5000."""


def moment(value: object) -> datetime | None:
    """Read a moment in any form that AWS is known to use; the result is aware, in UTC.

    ``value`` is ISO 8601 text (seconds, fraction, colon of the offset and offset may be missing),
    CodeBuild's ``Sep 1, 2017 4:12:29 PM``, RFC 1123, or an epoch in seconds or milliseconds as a
    number or text. None where it is none of these.
    """
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            return _from_epoch(float(value))
        if isinstance(value, str):
            return _from_text(" ".join(value.split()))
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return None


def _from_text(text: str) -> datetime | None:
    if match := _ISO.fullmatch(text):
        return _from_iso(match)
    if match := _CODEBUILD.fullmatch(text):
        return _from_codebuild(match)
    if re.fullmatch(r"\d{9,}(\.\d+)?", text, re.ASCII):
        return _from_epoch(float(text))
    parsed = parsedate_to_datetime(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def _from_epoch(number: float) -> datetime | None:
    if not math.isfinite(number):
        return None
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC)


def _from_iso(match: re.Match[str]) -> datetime:
    def number(name: str) -> int:
        return int(match[name] or 0)

    offset = timedelta(hours=number("hours"), minutes=number("minutes"))
    return datetime(
        number("year"),
        number("month"),
        number("day"),
        number("hour"),
        number("minute"),
        number("second"),
        int((match["fraction"] or "").ljust(6, "0")[:6]),
        tzinfo=timezone(-offset if match["sign"] == "-" else offset),
    ).astimezone(UTC)


def _from_codebuild(match: re.Match[str]) -> datetime:
    hour = int(match["hour"]) % 12 + (12 if match["half"] == "PM" else 0)
    return datetime(
        int(match["year"]),
        _MONTHS.index(match["month"]) + 1,
        int(match["day"]),
        hour,
        int(match["minute"]),
        int(match["second"]),
        tzinfo=UTC,
    )
