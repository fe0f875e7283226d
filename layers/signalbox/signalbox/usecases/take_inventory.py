"""Takes the inventory of one service: every version and every artifact, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from signalbox.domain.errors import (
    AwsRefusedError,
    DocumentInvalidError,
    InventoryIncompleteError,
    SettingMissingError,
)
from signalbox.domain.services import Service
from signalbox.domain.sweeps import Judgement, Sweep, Thing
from signalbox.usecases.needs import (
    HasArtifacts,
    HasAudit,
    HasClock,
    HasServices,
    HasSweeps,
    HasTargets,
)

CONTRACT = 1
UNJUDGED = "not judged yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRequest:
    """The sweep of one service that somebody asked for."""

    service: str
    sweep_id: str

    @classmethod
    def from_input(cls, given: Mapping[str, Any]) -> SweepRequest:
        """Read the cleanup machine's input. Raises DocumentInvalidError where it is not one."""
        try:
            if given["contract"] != CONTRACT:
                raise DocumentInvalidError(f"contract {given['contract']!r} is not {CONTRACT}")
            return cls(service=given["service"], sweep_id=given["sweepId"])
        except (KeyError, TypeError) as missing:
            raise DocumentInvalidError(f"cleanup input lacks {missing}") from missing


class InventoryPorts(
    HasServices, HasTargets, HasArtifacts, HasSweeps, HasAudit, HasClock, Protocol
):
    """What taking an inventory asks of the world."""


def take_inventory(request: SweepRequest, ports: InventoryPorts) -> dict[str, Any]:
    """List everything the service has left behind, and keep the list with the sweep.

    Raises InventoryIncompleteError where one read is refused: what is not seen may be in use.
    """
    service = next((one for one in ports.services.all() if one.name == request.service), None)
    if service is None:
        raise SettingMissingError(f"no service {request.service} is registered")
    try:
        things = {thing.id: thing for thing in _things(service, ports)}
    except AwsRefusedError as refused:
        raise InventoryIncompleteError(str(refused)) from refused
    sweep = Sweep(
        id=request.sweep_id,
        service=service.name,
        at=ports.clock.now(),
        judgements=tuple(
            Judgement(thing=one, delete=False, why=UNJUDGED) for one in things.values()
        ),
    )
    ports.audit.append(sweep.subject, "inventory taken", {"things": len(things)})
    ports.sweeps.save_sweep(sweep, [])
    return {"sweepId": sweep.id}


def _things(service: Service, ports: InventoryPorts) -> Iterator[Thing]:
    for environment in service.environments:
        yield from ports.targets.inventory(service, environment)
    yield from ports.artifacts.inventory(service)
