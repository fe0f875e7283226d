"""Sweeps: one cleanup, from inventory to plan. Unknown means in use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that could be deleted: a function version, an artifact object.

    ``kind`` is ``lambda-version`` or ``artifact``; ``id`` is its ARN or ``s3://`` address;
    ``in_use`` names every use that was found (an alias, a running execution). ``releases`` are
    the executions that made it or took it; none means that nobody knows what it is for.
    """

    kind: str
    id: str
    created_at: datetime | None = None
    in_use: tuple[str, ...] = ()
    revision: str = ""
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the sweep decided about one thing, and why."""

    thing: Thing
    delete: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One cleanup of one service. ``dry_run`` sweeps only report."""

    id: str
    service: str
    at: datetime
    judgements: tuple[Judgement, ...] = ()
    dry_run: bool = True

    @property
    def subject(self) -> str:
        """The ledger's partition of this sweep."""
        return f"sweep#{self.id}"
