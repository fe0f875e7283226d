"""Approval, first step: opens the gate of an approval that waits."""

from __future__ import annotations

from typing import Any

from signalbox.runtime.logging import reported
from signalbox.runtime.wiring import world
from signalbox.usecases.open_gate import GateRequest, open_gate


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Say which gate people are asked at and for how long, or that nothing is to be decided."""
    return open_gate(GateRequest.from_input(event), world())
