"""Rollback: verifies one way back."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.verify_rung import verify_rung


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say whether the rung still runs, is verified, or has failed."""
    return verify_rung(event["incidentId"], event["rung"], world())
