"""Rollback: closes the way into the stage."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.close_stage import close_stage


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Hold the stage of the incident."""
    return close_stage(event["incidentId"], world())
