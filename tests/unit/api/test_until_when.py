"""Until when a hold lasts that comes by the API: a moment that exists, within a year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.events.slack_words import LONGEST_HOLD

from tests.fakes import NOW
from tests.unit.api.api_world import ApiWorld


def put_hold(until: str) -> tuple[ApiWorld, int, dict[str, Any]]:
    world = ApiWorld()
    body = {"scope": "everything", "reason": "holidays", "until": until}
    return (world, *world.ask("POST /holds", body))


@pytest.mark.parametrize(
    ("until", "word"),
    [
        ("0001-01-01T00:00:00+14:00", "a moment with its offset"),
        ("9999-12-31T23:59:59-14:00", "a moment with its offset"),
        ("2026-12-24T18:00:00", "a moment with its offset"),
        ("2026-12-24", "a moment with its offset"),
        ("0001-01-01T00:00:00-14:00", "over already"),
        ("9999-12-31T23:59:59+14:00", "more than a year"),
        (NOW.isoformat(), "over already"),
        ((NOW - timedelta(seconds=1)).isoformat(), "over already"),
        ((NOW + LONGEST_HOLD + timedelta(seconds=1)).isoformat(), "more than a year"),
    ],
)
def test_a_moment_that_makes_no_sense_is_refused_in_a_sentence(until: str, word: str) -> None:
    world, status, said = put_hold(until)
    assert (status, word in said["message"]) == (400, True), said
    assert world.ledger.commands == {}


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), LONGEST_HOLD])
def test_a_hold_of_a_second_and_one_of_a_year_are_taken(ahead: timedelta) -> None:
    world, status, _ = put_hold((NOW + ahead).isoformat())
    (command,) = world.ledger.commands.values()
    assert (status, command.until) == (202, NOW + ahead)


def test_without_an_end_it_lasts_until_somebody_releases_it() -> None:
    world, status, _ = put_hold("")
    (command,) = world.ledger.commands.values()
    assert (status, command.until) == (202, None)


@settings(max_examples=300, deadline=None)
@given(
    at=st.datetimes() | st.sampled_from([datetime.min, datetime.max]),  # noqa: DTZ901
    offset=st.sampled_from(["", "Z", "+00:00", "+14:00", "-14:00", "+23:59:59.999999", "x"]),
)
def test_every_moment_is_taken_in_its_time_or_refused(at: datetime, offset: str) -> None:
    world, status, said = put_hold(at.isoformat() + offset)
    assert status in {202, 400}, said
    for command in world.ledger.commands.values():
        assert command.until is not None
        assert NOW < command.until.astimezone(UTC) <= NOW + LONGEST_HOLD
