"""The API behind `signalbox gate` and `signalbox hold`: votes and commands of AWS identities."""

from __future__ import annotations

from typing import Any

from signalbox.adapters.api_endpoint import answer_api
from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request that API Gateway has let through for an IAM identity."""
    with world().clients.answering():
        return answer_api(event, world())
