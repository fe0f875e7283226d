"""Who votes, and on what they were looking at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card that somebody acted on: its gate, the digest of what it showed, its message.

    ``channel`` and ``ts`` say where that message stands, ``thread`` the ``ts`` of the message that
    it replies to, if it is a reply.
    """

    gate: str
    digest: str
    channel: str
    ts: str
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """Who acted: Slack's ids, which never change, and a name for reading."""

    team: str
    user: str
    name: str

    @property
    def principal(self) -> str:
        """The id under which votes are counted."""
        return f"slack:{self.team}:{self.user}"

    @property
    def called(self) -> str:
        """The name for reading."""
        return self.name or self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """For whom Slack's requests must be: our app (``A…``), and the workspaces and organisations
    (``T…``, ``E…``) that it serves. What is empty is not looked at.
    """

    teams: frozenset[str] = frozenset()
    app: str = ""
