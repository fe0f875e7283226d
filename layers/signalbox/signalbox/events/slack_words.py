"""What somebody typed behind ``/signalbox``, as a wish of ours. Pure: nothing is looked up here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from signalbox.domain.gates import Choice

LONGEST_NAME = 300
LONGEST_HOLD = timedelta(days=366)
"""From now: a hold that is to last longer lasts until somebody releases it."""

_MARKUP = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_SPAN = re.compile(r"(?:[0-9]{1,4}[mhdw])+", re.ASCII)
_PART = re.compile(r"([0-9]{1,4})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_HOW_LONG = "Say how long as 45m, 2h, 3d, or `until 2026-12-31`."


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWish:
    """What waits, and for whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyWish:
    """Why something waits; ``name`` is a pipeline, a commit, an execution or a gate."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldWish:
    """Keep releases out of ``scope`` (as typed); without ``until`` until somebody releases it."""

    scope: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWish:
    """End the holds on ``scope`` (as typed)."""

    scope: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixWish:
    """Let one release through a hold: ``name`` is a pipeline, ``which`` a commit or execution."""

    name: str
    which: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteWish:
    """Answer a gate, by way of a modal that shows it."""

    choice: Choice
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpWish:
    """How to go about it; ``complaint`` says what was not understood."""

    complaint: str = ""


Wish = StatusWish | WhyWish | HoldWish | ReleaseWish | HotfixWish | VoteWish | HelpWish
VOTES = {
    "approve": Choice.APPROVE,
    "reject": Choice.REJECT,
    "break-glass": Choice.BREAK_GLASS,
}


def parse_words(text: str, now: datetime) -> Wish:
    """Read a command. What cannot be understood asks for help, with a complaint."""
    words = plain_words(text)
    verb, rest = (words[0].lower(), words[1:]) if words else ("help", [])
    if verb in VOTES:
        return _vote(verb, rest)
    match verb:
        case "help":
            return HelpWish()
        case "status":
            return StatusWish()
        case "why":
            return _why(rest)
        case "hold":
            return _hold(rest, now)
        case "release":
            return _release(rest)
    return HelpWish(complaint=f"I do not know “{verb[:40]}”.")


def plain_words(text: str) -> list[str]:
    """The words as they were typed: Slack turns names, channels and links into markup, and escapes
    three characters (docs.slack.dev "Slash commands", Escaping).
    """
    typed = _MARKUP.sub(lambda found: found[2] or found[1], text)
    for escaped, meant in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        typed = typed.replace(escaped, meant)
    return typed.split()


def _vote(verb: str, rest: list[str]) -> Wish:
    if len(rest) != 1:
        return HelpWish(complaint=f"Say what to {verb}, as in `{verb} hello` or `{verb} 4f1c2d3`.")
    return VoteWish(choice=VOTES[verb], name=rest[0][:LONGEST_NAME])


def _why(rest: list[str]) -> Wish:
    if len(rest) != 1:
        return HelpWish(complaint="Say what about, as in `why hello` or `why 4f1c2d3`.")
    return WhyWish(name=rest[0][:LONGEST_NAME])


def _hold(rest: list[str], now: datetime) -> Wish:
    if not rest:
        return HelpWish(complaint="Say what to hold, as in `hold env:production 2h load test`.")
    scope, words = rest[0][:LONGEST_NAME], rest[1:]
    until: datetime | None = None
    try:
        if words and words[0].lower() == "until":
            until, words = _moment(words[1] if len(words) > 1 else ""), words[2:]
        elif words and _SPAN.fullmatch(words[0].lower()):
            until, words = now + _span(words[0].lower()), words[1:]
    except (ValueError, OverflowError):  # no calendar reaches that far
        return HelpWish(complaint=f"I cannot read until when. {_HOW_LONG}")
    if until is not None and not now < until <= now + LONGEST_HOLD:
        return HelpWish(complaint=f"That is over already, or more than a year ahead. {_HOW_LONG}")
    if not words:
        return HelpWish(complaint="Say why, in the end: whoever waits reads it.")
    return HoldWish(scope=scope, until=until, reason=" ".join(words))


def _span(word: str) -> timedelta:
    parts = _PART.findall(word)
    return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in parts), timedelta())


def _moment(word: str) -> datetime:
    """A moment in ISO 8601, in UTC unless it says otherwise; a day is meant with all its hours.

    Raises ValueError where it is neither.
    """
    if len(word) <= 10:
        ends = date.fromisoformat(word) + timedelta(days=1) if word[:4] != "9999" else date.max
        return datetime.combine(ends, time(), UTC)
    moment = datetime.fromisoformat(word)
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError("no such moment") from wrong


def _release(rest: list[str]) -> Wish:
    if not rest:
        return HelpWish(complaint="Say what to release, as in `release env:production`.")
    at = next((n for n, word in enumerate(rest[:3]) if word.lower() == "hotfix"), 0)
    if at:
        return _hotfix(rest[:at], rest[at + 1 :])
    return ReleaseWish(scope=rest[0][:LONGEST_NAME], reason=" ".join(rest[1:]))


def _hotfix(named: list[str], reason: list[str]) -> Wish:
    if not reason:
        return HelpWish(complaint="Say why it cannot wait, after `hotfix`.")
    name, _, which = named[0].rpartition("@") if "@" in named[0] else (named[0], "", "")
    name, which = (name, which) if len(named) == 1 else (named[0], named[1])
    return HotfixWish(name=name[:LONGEST_NAME], which=which[:LONGEST_NAME], reason=" ".join(reason))
