"""Why something waits, or why a click was not taken, from the ledger alone."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from signalbox.domain.gates import Gate, GateStatus
from signalbox.usecases.names import gates_named

if TYPE_CHECKING:
    from signalbox.domain.voters import Card
    from signalbox.ports import GateLedger

_WHOLE_ID = re.compile(r"[0-9a-f]{32,64}", re.ASCII)


class Untaken(StrEnum):
    """Why a click on a card is no vote. A gate that nobody knows counts as closed."""

    CLOSED = "closed"
    OTHER_CARD = "other card"
    NEWER_CARD = "newer card"


def read_why(name: str, *, gates: GateLedger) -> tuple[Gate, ...]:
    """The gates that ``name`` may mean: those that are not settled, and any by its whole id."""
    found = gates_named(name, gates.open_gates())
    if not found and _WHOLE_ID.fullmatch(name):
        gate = gates.gate(name)
        return (gate,) if gate else ()
    return found


def read_why_untaken(card: Card, *, gates: GateLedger) -> Untaken:
    """Why this card is not one to vote on. The gate is read anew, known or not, so that an unknown
    one takes as long as a closed one.
    """
    gate = gates.gate_alone(card.gate)
    if gate is None or gate.status is not GateStatus.OPEN:
        return Untaken.CLOSED
    return Untaken.NEWER_CARD if gate.shown_digest != card.digest else Untaken.OTHER_CARD
