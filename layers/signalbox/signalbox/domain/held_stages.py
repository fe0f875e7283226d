"""What there is to say of a stage that Signalbox has closed: from the ledger alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signalbox.domain.holds import ClosedStage, Hold
from signalbox.domain.spans import WINDOW_MARK, is_in_force, noted_id


class Condition(StrEnum):
    """How a stage stands that the ledger knows as closed.

    ``WAITS``: no hold is left, and something else keeps it closed. ``ENDING``: nothing does, and
    the next look opens it. ``OPENED``: a person has, and what held it is overruled. ``PASSING``: it
    opens for one release alone.
    """

    HELD = "held"
    WAITS = "waits"
    ENDING = "ending"
    CLOSING = "closing"
    OPENED = "opened"
    PASSING = "passing"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStage:
    """A closed stage, and the ``holds`` in force on it as far as the ledger knows them."""

    stage: ClosedStage
    condition: Condition
    holds: tuple[Hold, ...]


def held_stage(stage: ClosedStage, standing: Iterable[Hold], now: datetime) -> HeldStage:
    """Look at one stage. ``standing`` are the holds that nobody has ended."""
    known = {noted_id(hold): hold for hold in standing if is_in_force(hold, now)}
    noted = [one for one in stage.holds if one not in stage.overruled]
    holds = tuple(known[one] for one in noted if one in known)
    untold = any(one.startswith(WINDOW_MARK) and one not in known for one in noted)
    is_held = bool(holds) or untold or not stage.holds
    return HeldStage(stage=stage, condition=_condition(stage, holds, is_held=is_held), holds=holds)


def _condition(stage: ClosedStage, holds: tuple[Hold, ...], *, is_held: bool) -> Condition:
    if stage.passing:
        return Condition.PASSING
    if not stage.confirmed:
        return Condition.OPENED if stage.overruled and not holds else Condition.CLOSING
    if stage.waiting_for:
        return Condition.WAITS
    return Condition.HELD if is_held else Condition.ENDING
