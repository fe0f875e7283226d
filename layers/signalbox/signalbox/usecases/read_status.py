"""What waits, and for whom, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signalbox.domain.gates import Gate, Vote
from signalbox.domain.held_stages import HeldStage
from signalbox.domain.holds import Hold
from signalbox.usecases.names import open_gates
from signalbox.usecases.read_holds import read_holds

if TYPE_CHECKING:
    from signalbox.ports import Clock, GateLedger, HoldLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Open gates that wait for the one who asks, the other ones, the holds in force, and the closed
    stages.
    """

    mine: tuple[Gate, ...]
    others: tuple[Gate, ...]
    holds: tuple[Hold, ...]
    stages: tuple[HeldStage, ...]


def read_status(user: str, *, gates: GateLedger, holds: HoldLedger, clock: Clock) -> Status:
    """What waits for the Slack user ``user``, and what else does; the oldest first."""
    waiting = open_gates(gates)
    mine = tuple(gate for gate in waiting if _waits_for(user, gate))
    held = read_holds(holds=holds, clock=clock)
    return Status(
        mine=mine,
        others=tuple(gate for gate in waiting if gate not in mine),
        holds=held.holds,
        stages=held.stages,
    )


def _waits_for(user: str, gate: Gate) -> bool:
    """Whether that person is asked and has not answered what is shown now."""
    answered = {vote.principal.rpartition(":")[2] for vote in _votes_on_what_is_shown(gate)}
    return user in gate.asked and user not in answered


def _votes_on_what_is_shown(gate: Gate) -> list[Vote]:
    return [vote for vote in gate.votes if vote.shown_digest == gate.shown_digest]
