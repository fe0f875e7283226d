"""What waits, and for whom, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signalbox.domain.gates import Gate, Vote
from signalbox.domain.holds import Hold
from signalbox.usecases.names import open_gates

if TYPE_CHECKING:
    from signalbox.ports import Clock, GateLedger, HoldLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Open gates that wait for the one who asks, the other ones, and the holds in force."""

    mine: tuple[Gate, ...]
    others: tuple[Gate, ...]
    holds: tuple[Hold, ...]


def read_status(user: str, *, gates: GateLedger, holds: HoldLedger, clock: Clock) -> Status:
    """What waits for the Slack user ``user``, and what else does; the oldest first."""
    waiting = open_gates(gates)
    mine = tuple(gate for gate in waiting if _waits_for(user, gate))
    now = clock.now()
    return Status(
        mine=mine,
        others=tuple(gate for gate in waiting if gate not in mine),
        holds=tuple(hold for hold in holds.standing_holds() if hold.is_active(now)),
    )


def _waits_for(user: str, gate: Gate) -> bool:
    """Whether that person is asked and has not answered what is shown now."""
    answered = {vote.principal.rpartition(":")[2] for vote in _votes_on_what_is_shown(gate)}
    return user in gate.asked and user not in answered


def _votes_on_what_is_shown(gate: Gate) -> list[Vote]:
    return [vote for vote in gate.votes if vote.shown_digest == gate.shown_digest]
