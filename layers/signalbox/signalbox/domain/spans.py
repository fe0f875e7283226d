"""Windows in the ledger: each time that one holds is a hold of its own, told and ended once.

Such a span covers no stage by itself: what a window holds is for each policy to say, and which
stages it keeps closed stands with them, under the window's id.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from signalbox.domain.holds import Hold, HoldSource, Reach, Scope

WINDOW_MARK = "window-"
"""How the ids of windows begin (usecases/gather_evidence.py)."""

SPAN_MARK = "@"


def span_of(window: Hold, token: str, what: str) -> Hold:
    """One span of a window that holds now. ``token`` tells it from the window's other spans,
    ``what`` says in words what is held.
    """
    scope = Scope(reach=Reach.STAGE, stage=what)
    return replace(window, id=f"{window.id}{SPAN_MARK}{token}", scope=scope)


def noted_id(hold: Hold) -> str:
    """The id under which closed stages know a hold: of a span it is the window's."""
    return hold.id.partition(SPAN_MARK)[0] if hold.source is HoldSource.WINDOW else hold.id


def shown_scope(hold: Hold) -> str:
    """What it holds, as people read it: ``environment:production``, or ``window:production``."""
    return f"window:{hold.scope.stage}" if hold.source is HoldSource.WINDOW else hold.scope.key


def is_in_force(hold: Hold, now: datetime) -> bool:
    """Whether it holds as far as the ledger knows. A span does until it was seen to be over: its
    calendar may have been prolonged.
    """
    if hold.source is HoldSource.WINDOW:
        return hold.ended_at is None
    return hold.is_active(now)
