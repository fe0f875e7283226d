"""Rollback, first step: blames a recent deployment for an alarm."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.open_incident import AlarmRequest, open_incident


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say whether to roll back or to stand down."""
    return open_incident(AlarmRequest.from_input(event), world())
