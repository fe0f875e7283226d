"""POST /slack/interactions and /slack/commands: verifies, and records votes."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.starting import make_at_start, quick_start

with quick_start():
    from signalbox.adapters.slack_endpoint import answer_request
    from signalbox.runtime.wiring import world

    make_at_start(
        lambda: world().slack_secrets,
        lambda: world().slack_app,
        lambda: world().gates,
        lambda: world().noted,
        lambda: world().bells,
        lambda: world().modals,
    )


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request of API Gateway. Without Powertools: Slack waits for three seconds."""
    with world().clients.answering():
        return answer_request(event, world())
