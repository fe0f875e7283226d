"""Slack, SNS, and what decides where and how fast they are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from signalbox.domain.routes import DEFAULT_TOPIC, RoutesInForce


class Messenger(Protocol):
    """Slack. ``message`` holds ``text`` and ``blocks``."""

    def post(self, channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
        """Post a message; returns its (channel id, ts)."""

    def update(self, channel: str, ts: str, message: Mapping[str, Any]) -> None:
        """Replace a message's content."""

    def reply(self, channel: str, ts: str, message: Mapping[str, Any], *, broadcast: bool) -> str:
        """Answer in a message's thread; returns the reply's ts."""

    def whisper(self, channel: str, user: str, message: Mapping[str, Any]) -> None:
        """Show a message to one person of a channel, and to nobody else."""


class People(Protocol):
    """Who is who in Slack."""

    def id_of_email(self, email: str) -> str | None:
        """The Slack user id that belongs to an e-mail, or None where Slack knows nobody by it."""


class Modals(Protocol):
    """Slack's dialogs."""

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Open a modal, within three seconds of the click that gave ``trigger_id``."""


class Routes(Protocol):
    """The document that says where messages go."""

    def in_force(self) -> RoutesInForce:
        """The last good routes, and what is wrong with the newest document, if anything is."""


class Pace(Protocol):
    """At most one message or edit per second and channel, whoever sends it."""

    def turn(self, channel: str, *, within: timedelta) -> bool:
        """Wait for the channel's next free second; False, without waiting, where it is further
        off than ``within``.
        """


class Counters(Protocol):
    """Metrics that alarms listen to."""

    def count(self, name: str) -> None:
        """Add one to the count of that name."""


class Publisher(Protocol):
    """SNS, for people who read e-mail."""

    def publish(self, subject: str, text: str, *, topic: str = DEFAULT_TOPIC) -> None:
        """Publish to a topic: the stack's own, or one by its ARN. ``subject`` is cut to SNS's 100
        ASCII characters. Raises AwsRefusedError where the right is missing or the topic is.
        """
