"""A stage that Signalbox has closed, in lines for whoever asks why something waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from signalbox.domain.held_stages import Condition
from signalbox.domain.holds import HoldSource
from signalbox.domain.spans import shown_scope
from signalbox.notifications.text import MARK, safe_line

if TYPE_CHECKING:
    from signalbox.domain.held_stages import HeldStage
    from signalbox.domain.holds import Hold

CONDITIONS = {
    Condition.HELD: "is closed",
    Condition.WAITS: "stays closed although no hold is left:",
    Condition.ENDING: "opens in a moment: what held it is over",
    Condition.CLOSING: "is being closed",
    Condition.OPENED: "is open: somebody opened it in spite of what holds it",
    Condition.PASSING: "opens for one release alone, a hotfix",
}


def stage_lines(held: HeldStage, most: int) -> list[str]:
    """How it stands, and below it why: at most so many lines of that."""
    pipeline, stage = held.stage.pipeline.name, held.stage.stage
    why = why_lines(held)
    more = [indented(f"{MARK} and {len(why) - most} more")] if len(why) > most else []
    return [
        f"• *{safe_line(pipeline, 100)}* `{safe_line(stage, 100)}` {CONDITIONS[held.condition]}",
        *map(indented, why[:most]),
        *more,
    ]


def hold_line(hold: Hold) -> str:
    """A hold in force: what it holds, until when, whose it is and why."""
    return (
        f"• `{safe_line(shown_scope(hold), 200)}` {until_words(hold.until, hold.source)}, "
        f"by {safe_line(hold.owner, 80)}: {safe_line(hold.reason, 200)}"
    )


def until_words(until: datetime | None, source: HoldSource = HoldSource.PERSON) -> str:
    """With its year: people mean the next one in December."""
    if until is None:
        ends = source is HoldSource.WINDOW
        return "until its window is over" if ends else "until somebody releases it"
    return f"until {until.astimezone(UTC).strftime('%d %b %Y %H:%M UTC')}"


def indented(line: str) -> str:
    """A line of strangers' words below another one."""
    return f"    {safe_line(line, 300)}"


def why_lines(held: HeldStage) -> list[str]:
    """Each hold with its end, or each thing that it waits for; else what CodePipeline was told. Not
    escaped.
    """
    match held.condition:
        case Condition.ENDING:
            return []
        case Condition.WAITS:
            return [line for line in held.stage.waiting_for.split("; ") if line.strip()]
        case Condition.PASSING:
            return [f"release {held.stage.passing[:8]}", *map(_held_by, held.holds)]
    return [*map(_held_by, held.holds)] or [held.stage.reason]


def _held_by(hold: Hold) -> str:
    return f"{hold.owner}: {hold.reason}, {until_words(hold.until, hold.source)}"
