"""Cleanup, last step: says what could be deleted."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.plan_sweep import plan_sweep


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Judge the inventory and report; nothing is deleted."""
    return plan_sweep(event["sweepId"], world())
