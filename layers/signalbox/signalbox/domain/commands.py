"""What people ask of Signalbox in words: by a slash command, or from a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signalbox.domain.holds import Scope


class CommandKind(StrEnum):
    """What is asked for. ``HOTFIX`` asks to let one release through a hold, ``REVIEW`` says that a
    broken glass has been reviewed.
    """

    HOLD = "hold"
    RELEASE = "release"
    HOTFIX = "hotfix"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request, written before it is carried out.

    ``id`` is unguessable or a digest of the signed request, so that a replay is the same command.
    ``principal`` is ``slack:TEAM:USER`` or ``aws:ARN``; ``name`` is for reading. ``scope`` is what
    HOLD and RELEASE speak of, ``gate`` what REVIEW and ``release`` (a ``ReleaseId.key``) what
    HOTFIX speaks of. ``channel`` and ``user`` are Slack's, and empty for a terminal. ``answer`` is
    what came of it, for whoever asked; empty while nothing has. ``denied``: nothing was done.
    """

    id: str
    kind: CommandKind
    principal: str
    name: str
    at: datetime
    scope: Scope | None = None
    gate: str = ""
    release: str = ""
    reason: str = ""
    until: datetime | None = None
    channel: str = ""
    user: str = ""
    answer: str = ""
    denied: bool = False

    @property
    def subject(self) -> str:
        """The ledger's partition of this command."""
        return f"command#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a command, in words for whoever gave it; ``denied``: nothing was done."""

    text: str
    denied: bool = False
