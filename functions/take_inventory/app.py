"""Cleanup, first step: takes the inventory of one service."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.take_inventory import SweepRequest, take_inventory


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Keep the inventory with the sweep."""
    return take_inventory(SweepRequest.from_input(event), world())
