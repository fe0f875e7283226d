"""How other executions of the same pipeline are named."""

from __future__ import annotations

from dataclasses import replace

from signalbox.notifications.links import execution_url, link
from signalbox.notifications.text import plain_line, safe_line
from signalbox.notifications.view import ReleaseView


def execution_of(view: ReleaseView, execution: str) -> str:
    """Another execution of the release's pipeline, as a link to its page."""
    name = f"execution {execution_name(execution)}"
    return link(execution_url(replace(view.release.id, execution=execution)), name) or name


def execution_name(execution: str) -> str:
    """An execution as people tell it from others: the first eight characters of its id."""
    return safe_line(plain_line(execution)[:8]) or "unknown"
