"""What a slash command means, and what is said where it means nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.gates import Choice
from signalbox.events.slack_words import (
    LONGEST_HOLD,
    HelpWish,
    HoldWish,
    HotfixWish,
    ReleaseWish,
    StatusWish,
    VoteWish,
    WhyWish,
    Wish,
    parse_words,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", HelpWish()),
        ("help", HelpWish()),
        ("  STATUS ", StatusWish()),
        ("why hello", WhyWish(name="hello")),
        ("why hello@4f1c2d3", WhyWish(name="hello@4f1c2d3")),
        ("approve hello", VoteWish(choice=Choice.APPROVE, name="hello")),
        ("Reject 4f1c2d3", VoteWish(choice=Choice.REJECT, name="4f1c2d3")),
        ("break-glass hello", VoteWish(choice=Choice.BREAK_GLASS, name="hello")),
        ("release everything", ReleaseWish(scope="everything")),
        (
            "release env:production it is over",
            ReleaseWish(scope="env:production", reason="it is over"),
        ),
        (
            "release shop@4f1c2d3 hotfix payments are down",
            HotfixWish(name="shop", which="4f1c2d3", reason="payments are down"),
        ),
        (
            "release shop 4f1c2d3 hotfix payments are down",
            HotfixWish(name="shop", which="4f1c2d3", reason="payments are down"),
        ),
        ("release shop hotfix down", HotfixWish(name="shop", which="", reason="down")),
    ],
)
def test_words_are_wishes(text: str, wish: Wish) -> None:
    assert parse_words(text, NOW) == wish


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        ("45m", NOW + timedelta(minutes=45)),
        ("2h", NOW + timedelta(hours=2)),
        ("3D", NOW + timedelta(days=3)),
        ("1h30m", NOW + timedelta(minutes=90)),
        ("until 2026-12-31", at("2027-01-01T00:00+00:00")),
        ("until 2026-12-31T18:00+01:00", at("2026-12-31T17:00+00:00")),
        ("UNTIL 2026-12-31T18:00", at("2026-12-31T18:00+00:00")),
        ("until 2026-12-31T18:00:00Z", at("2026-12-31T18:00+00:00")),
        ("", None),
    ],
)
def test_a_hold_says_until_when_in_words_or_lasts_until_it_is_released(
    typed: str, until: datetime | None
) -> None:
    wish = parse_words(f"hold env:production {typed} load test", NOW)
    assert wish == HoldWish(scope="env:production", until=until, reason="load test")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dance", "do not know “dance”"),
        ("why", "what about"),
        ("why a b", "what about"),
        ("approve", "what to approve"),
        ("approve hello now", "what to approve"),
        ("hold", "what to hold"),
        ("hold everything", "Say why"),
        ("hold everything 2h", "Say why"),
        ("hold everything until 2026-12-31", "Say why"),
        ("hold everything until", "cannot read until when"),
        ("hold everything until fixed", "cannot read until when"),
        ("hold everything until 2026-13-31 holidays", "cannot read until when"),
        ("hold everything until 0001-01-01T00:00+23:59 x", "cannot read until when"),
        ("hold everything until 2026-11-21 yesterday", "over already"),
        ("hold everything 0h nothing", "over already"),
        ("hold everything 9999w long", "more than a year"),
        ("hold everything " + "9999w" * 60 + " no calendar reaches so far", "cannot read"),
        ("hold everything " + "9999w" * 9000 + " no span is so long", "cannot read"),
        ("hold everything until 9999-12-31 forever", "more than a year"),
        ("release", "what to release"),
        ("release shop hotfix", "why it cannot wait"),
    ],
)
def test_what_was_not_understood_is_said(text: str, complaint: str) -> None:
    wish = parse_words(text, NOW)
    assert isinstance(wish, HelpWish)
    assert complaint in wish.complaint


def test_slacks_markup_and_escapes_are_what_was_typed() -> None:
    text = "hold <http://shop.io|shop.io> 2h <@U0ADA|ada> &amp; <#C01|ops>: a &lt; b <https://x.io>"
    wish = parse_words(text, NOW)
    assert isinstance(wish, HoldWish)
    assert wish.scope == "shop.io"
    assert wish.reason == "ada & ops: a < b https://x.io"


SPANS = st.lists(
    st.tuples(st.integers(0, 9999), st.sampled_from("mhdwMHDW")).map(
        lambda part: f"{part[0]}{part[1]}"
    ),
    min_size=1,
    max_size=60,
).map("".join)
OFFSETS = st.sampled_from(["", "Z", "+14:00", "-23:59", "+23:59:59.999999"])
MOMENTS = st.builds(
    lambda at, offset: at.isoformat() + offset, st.datetimes(), OFFSETS
) | st.dates().map(str)

NOWS = st.datetimes(
    at("2020-01-01").replace(tzinfo=None),
    at("2100-01-01").replace(tzinfo=None),
    timezones=st.just(UTC),
)


@settings(max_examples=500, deadline=None)
@given(
    verb=st.sampled_from(["hold", "release", "why", "approve", "break-glass", "status", ""]),
    words=st.lists(
        st.sampled_from(["hotfix", "until", "2h", "everything", "env:", "@", "9" * 40, "<|>"])
        | st.text(max_size=30),
        max_size=6,
    ),
)
def test_whatever_is_typed_is_a_wish_or_a_complaint(verb: str, words: list[str]) -> None:
    assert isinstance(parse_words(" ".join([verb, *words]), NOW), Wish)


@settings(max_examples=500, deadline=None)
@given(until=SPANS | MOMENTS.map("until ".__add__), now=NOWS)
def test_a_hold_ends_within_a_year_or_nobody_can_read_until_when(until: str, now: datetime) -> None:
    wish = parse_words(f"hold everything {until} because", now)
    if isinstance(wish, HoldWish):
        assert wish.until is not None
        assert timedelta() < wish.until - now <= LONGEST_HOLD
    else:
        assert isinstance(wish, HelpWish)
        assert "until when" in wish.complaint or "more than a year" in wish.complaint


def test_a_year_ahead_is_the_furthest_whatever_the_year() -> None:
    assert isinstance(parse_words("hold everything 366d because", NOW), HoldWish)
    assert isinstance(parse_words("hold everything 366d1m because", NOW), HelpWish)
