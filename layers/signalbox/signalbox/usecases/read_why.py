"""Why something waits, or why a click was not taken, from the ledger alone."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from signalbox.domain.gates import Gate, GateStatus
from signalbox.usecases.names import gates_named, pipelines_of_release, stages_named
from signalbox.usecases.read_holds import read_holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signalbox.domain.held_stages import HeldStage
    from signalbox.domain.voters import Card
    from signalbox.ports import Clock, GateLedger, HoldLedger, NotedReleases

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


def read_why_held(
    name: str,
    found: Sequence[Gate],
    *,
    holds: HoldLedger,
    releases: NotedReleases,
    clock: Clock,
) -> tuple[HeldStage, ...]:
    """The closed stages that ``name`` may mean, or that are in the way of the release that it
    means; ``found`` are the gates of that name.
    """
    held = read_holds(holds=holds, clock=clock).stages
    meant = stages_named(name, [one.stage for one in held])
    there = {one.stage.pipeline for one in held}
    concerned = frozenset(there & {gate.release.pipeline for gate in found})
    if not meant and not concerned:
        concerned = pipelines_of_release(name, there, releases=releases)
    return tuple(
        one for one in held if one.stage in meant or (not meant and one.stage.pipeline in concerned)
    )


def read_why_untaken(card: Card, *, gates: GateLedger) -> Untaken:
    """Why this card is not one to vote on. The gate is read anew, known or not, so that an unknown
    one takes as long as a closed one.
    """
    gate = gates.gate_alone(card.gate)
    if gate is None or gate.status is not GateStatus.OPEN:
        return Untaken.CLOSED
    return Untaken.NEWER_CARD if gate.shown_digest != card.digest else Untaken.OTHER_CARD
