"""What is held, and how the stages stand that Signalbox has closed, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signalbox.domain.held_stages import HeldStage, held_stage
from signalbox.domain.spans import is_in_force

if TYPE_CHECKING:
    from signalbox.domain.holds import Hold
    from signalbox.ports import Clock, HoldLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The holds in force, of people, incidents and windows, and the closed stages."""

    holds: tuple[Hold, ...]
    stages: tuple[HeldStage, ...]


def read_holds(*, holds: HoldLedger, clock: Clock) -> Held:
    """Each the oldest first."""
    now, standing = clock.now(), holds.standing_holds()
    return Held(
        holds=tuple(hold for hold in standing if is_in_force(hold, now)),
        stages=tuple(held_stage(one, standing, now) for one in holds.closed_stages()),
    )
