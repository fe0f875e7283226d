"""Approval, last step: hands the verdict to CodePipeline."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.settle_gate import settle_gate


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Settle the gate once, and say what came of it."""
    return settle_gate(event["gateId"], event["verdict"], world())
