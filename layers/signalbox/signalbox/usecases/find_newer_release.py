"""Finds the release that waits for the stage which an open approval keeps locked."""

from __future__ import annotations

from signalbox.domain.gates import Gate, GateKind
from signalbox.domain.services import Service
from signalbox.ports import Pipelines

SUPERSEDED_MODE = "SUPERSEDED"


def find_newer_release(gate: Gate, service: Service, pipelines: Pipelines) -> str:
    """The execution that would enter the gate's stage if the gate were answered, or "".

    A stage with an open approval is locked. In QUEUED mode each execution has its turn, in PARALLEL
    mode none waits; and behind a closed transition none could enter, whatever becomes of the gate.
    """
    if gate.kind is not GateKind.APPROVAL:
        return ""
    way = next((one for one in pipelines.transitions(service) if one.stage == gate.stage), None)
    behind = [one for one in way.waiting if one != gate.release.execution] if way else []
    if way is None or way.closed or not behind:
        return ""
    truth = pipelines.execution(service, gate.release)
    return behind[-1] if truth and truth.mode == SUPERSEDED_MODE else ""


def superseded_by(execution: str) -> str:
    """Why its gate is settled as rejected, in words."""
    return f"a newer release waits behind it ({execution[:8]})"
