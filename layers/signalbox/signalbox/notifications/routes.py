"""What sorts of news there are, and where each goes by the team's routes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from signalbox.domain.routes import DEFAULT_TOPIC, RouteTable, When


class Moment(StrEnum):
    """What there is to say about a release or a sweep."""

    PROGRESS = "progress"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    NEEDS_A_HUMAN = "needs-a-human"
    SLACK_IS_SILENT = "slack-is-silent"
    SWEPT = "swept"


class Kind(StrEnum):
    """What sort of news it is; a route may pick by it."""

    PROGRESS = "progress"
    FAILURE = "failure"
    APPROVAL = "approval"
    ROLLBACK = "rollback"
    RELEASED = "released"
    CLEANUP = "cleanup"
    OPERATIONS = "operations"


class Severity(StrEnum):
    """How much it matters; a route may pick by it."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to tell. ``environment`` is empty where it concerns none in particular."""

    pipeline: str
    kind: Kind
    severity: Severity
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """Where news goes: channels by name or id, topics by ARN or ``default``; each once."""

    channels: tuple[str, ...]
    topics: tuple[str, ...]


def matches(when: When, news: News) -> bool:
    """Whether a rule is about this news: every part that it names must fit."""
    return (
        _fits(when.pipelines, news.pipeline)
        and _fits(when.environments, news.environment)
        and (not when.severities or news.severity in when.severities)
        and (not when.kinds or news.kind in when.kinds)
    )


def destinations(news: News, table: RouteTable, *, own_channel: str = "") -> Destinations:
    """Where this news goes: to all that the rules about it name.

    Where none of them says a word of channels, it goes to ``own_channel``, the service's, or else
    to the table's. Where none speaks of topics, errors go to the stack's topic: silence is a thing
    that one must ask for, with an empty list.
    """
    rules = [rule.to for rule in table.rules if matches(rule.when, news)]
    channels = [to.channels for to in rules if to.channels is not None]
    topics = [to.topics for to in rules if to.topics is not None]
    default = own_channel or table.channel
    mailed = (DEFAULT_TOPIC,) if is_mailed(news) else ()
    return Destinations(
        channels=_each_once(channels if channels else [(default,) if default else ()]),
        topics=_each_once(topics if topics else [mailed]),
    )


def is_mailed(news: News) -> bool:
    """Whether news is worth an e-mail where no rule says so."""
    return news.severity is Severity.ERROR


def _fits(patterns: Iterable[str], name: str) -> bool:
    listed = tuple(patterns)
    return not listed or any(fnmatchcase(name, pattern) for pattern in listed)


def _each_once(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))
