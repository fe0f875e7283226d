"""Rollback: lists the ways back."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.plan_ladder import plan_ladder


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say how many rungs the incident's ladder has."""
    return plan_ladder(event["incidentId"], world())
