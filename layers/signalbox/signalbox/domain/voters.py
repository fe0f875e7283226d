"""Who votes, and on what they were looking at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card that somebody acted on: its gate, the digest of what it showed, its message."""

    gate: str
    digest: str
    channel: str
    ts: str


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
