"""What was done to a pipeline past Signalbox, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.notifications.blocks import context, message, section
from signalbox.notifications.text import safe_line

DONE: dict[str, str] = {
    "PutApprovalResult": "answered an approval",
    "OverrideStageCondition": "overrode a stage condition",
    "EnableStageTransition": "opened the way into a stage",
    "RollbackStage": "rolled a stage back",
    "UpdatePipeline": "changed the pipeline",
}


def bypass_message(about: Mapping[str, str]) -> Mapping[str, Any]:
    """``about`` has ``pipeline``, ``call``, ``by``, ``at``, and perhaps ``stage``, ``action``."""
    done = DONE.get(about["call"], f"called {safe_line(about['call'], 60)}")
    at = "/".join(filter(None, [about.get("stage", ""), about.get("action", "")]))
    where = f" ({safe_line(at, 200)})" if at else ""
    name = safe_line(about["pipeline"].rpartition("/")[2], 100)
    text = f"⚠️ Past Signalbox, somebody {done} of {name}{where}"
    who = (
        f"`{safe_line(about['by'], 300)}`, {safe_line(about['at'], 40)}. The policy was not asked."
    )
    return message(text, [section(f"*{text}*"), context(who)])
