"""Rollback, last step: says how the incident ended."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.close_incident import close_incident


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Close the incident as rolled back or as needing a human."""
    return close_incident(event["incidentId"], event["outcome"], world())
