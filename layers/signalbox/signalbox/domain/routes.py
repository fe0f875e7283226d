"""Where news goes, as a document says it; ``notifications/routes.py`` does the matching."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_TOPIC = "default"
"""The stack's own topic; every other one is named by its ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What a rule is about. An empty part stands for everything; pipelines and environments are
    patterns as a shell knows them (``web-*``).
    """

    pipelines: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class To:
    """Where a rule sends its news. None leaves it to the default, ``()`` is a refusal of it."""

    channels: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """News of that sort goes there."""

    when: When
    to: To


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """The whole document. ``channel`` is for all news that no rule sends to another."""

    channel: str = ""
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesInForce:
    """The last table that could be read, and what is wrong with the newest document, if any."""

    table: RouteTable
    fault: str = ""
