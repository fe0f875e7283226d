"""What a channel hears of holds: that one began or ended, and what came of a held stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.domain.holds import ClosedStage, Hold, HoldSource, Reach, Scope
from signalbox.notifications.blocks import context, message, section
from signalbox.notifications.text import safe_line
from signalbox.notifications.times import day_and_time

SHOWN_PIPELINES = 8


def scope_words(scope: Scope) -> str:
    """``everything``, ``production``, ``pipeline hello``, ``Production of hello``; of a window what
    its policies say that it holds. Not escaped.
    """
    pipeline = scope.pipeline.rpartition("/")[2]
    match scope.reach:
        case Reach.EVERYTHING:
            return "everything"
        case Reach.ENVIRONMENT:
            return scope.environment
        case Reach.PIPELINE:
            return f"pipeline {pipeline}"
        case Reach.STAGE:
            return f"{scope.stage} of {pipeline}" if pipeline else scope.stage


def hold_message(hold: Hold, pipelines: Sequence[str], *, ended: bool) -> Mapping[str, Any]:
    """A hold that began or ended, for the channels of the ``pipelines`` that it covers."""
    what = safe_line(scope_words(hold.scope), 200)
    owner, reason = safe_line(hold.owner, 100), safe_line(hold.reason, 300)
    listed = _listed(pipelines, least=1 if hold.source is HoldSource.WINDOW else 2)
    if ended:
        text = f"▶️ The hold on {what} has ended ({_ended_by(hold)})"
        hint = f"It was {owner}'s: {reason}. What waits goes on once the checks pass again."
    else:
        text = f"⏸️ {what} is on hold {_until(hold)}: {reason}"
        whose = "" if hold.source is HoldSource.INCIDENT else f"By {owner}. "
        hint = f"{whose}Releases wait in front of it and go on by themselves when it ends."
    return message(text, [section(f"*{text}*"), context(f"{hint} {listed}".strip())])


def blocked_message(stage: ClosedStage) -> Mapping[str, Any]:
    """No hold is left, and a check keeps the stage closed."""
    text = f"⏸️ {_name(stage)} stays closed although nothing holds it any more"
    hint = f"{safe_line(stage.waiting_for, 600)}. It opens by itself once that is over."
    return message(text, [section(f"*{text}*"), context(hint)])


def left_message(pipeline: str, stage: str, by: str) -> Mapping[str, Any]:
    """No hold is left, and a person had closed the stage as well."""
    text = f"⏸️ {safe_line(stage, 100)} of {safe_line(pipeline, 100)} stays closed"
    hint = f"No hold is left, but `{safe_line(by, 300)}` has closed it too, and must open it."
    return message(text, [section(f"*{text}*"), context(hint)])


def restarted_message(pipeline: str, stage: str, execution: str) -> Mapping[str, Any]:
    """CodePipeline does not resume what has waited for more than 30 days."""
    text = f"🔁 {safe_line(pipeline, 100)} was started again"
    hint = (
        f"`{safe_line(execution, 60)}` had waited in front of {safe_line(stage, 100)} for more "
        "than 30 days, after which CodePipeline does not let it go on. The same commit now goes "
        "through the whole pipeline."
    )
    return message(text, [section(f"*{text}*"), context(hint)])


def stuck_message(pipeline: str, stage: str, execution: str) -> Mapping[str, Any]:
    """Nor can Signalbox start it again: AWS refused, or nobody knows its revision."""
    text = f"🚨 {safe_line(pipeline, 100)} needs a human in front of {safe_line(stage, 100)}"
    hint = (
        f"`{safe_line(execution, 60)}` had waited there for more than 30 days, after which "
        "CodePipeline does not let it go on, and Signalbox could not start it again."
    )
    return message(text, [section(f"*{text}*"), context(hint)])


def _name(stage: ClosedStage) -> str:
    return f"{safe_line(stage.stage, 100)} of {safe_line(stage.pipeline.name, 100)}"


def _until(hold: Hold) -> str:
    if hold.until is not None:
        return f"until {day_and_time(hold.until)}"
    ends = hold.source is HoldSource.WINDOW
    return "until its window is over" if ends else "until somebody releases it"


def _ended_by(hold: Hold) -> str:
    if hold.source is HoldSource.WINDOW:
        return "its window is over"
    return "its time is over" if hold.ended_by == "time" else f"by {safe_line(hold.ended_by)}"


def _listed(pipelines: Sequence[str], *, least: int) -> str:
    if len(pipelines) < least:
        return ""
    shown = [safe_line(name, 60) for name in pipelines[:SHOWN_PIPELINES]]
    more = f" and {len(pipelines) - len(shown)} more" if len(pipelines) > len(shown) else ""
    return f"Pipelines: {', '.join(shown)}{more}."
