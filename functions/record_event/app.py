"""Inbox queue: records what AWS says, and sets aside what nobody can read."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.inbox import handle_inbox
from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Record each event of the batch; report those that may succeed when they come again."""
    return handle_inbox(event, world())
