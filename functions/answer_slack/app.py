"""POST /slack/interactions and /slack/commands: verifies, and records votes."""

from __future__ import annotations

from typing import Any

from signalbox.adapters.slack_endpoint import answer_request
from signalbox.runtime.wiring import world


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request of API Gateway. Without Powertools: Slack waits for three seconds."""
    return answer_request(event, world())
