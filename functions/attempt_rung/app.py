"""Rollback: attempts one way back."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.attempt_rung import attempt_rung


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say whether the rung runs or was refused."""
    return attempt_rung(event["incidentId"], event["rung"], world())
