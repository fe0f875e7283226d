"""What a cleanup must keep. Unknown means in use, and every keeping has its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from signalbox.domain.sweeps import Judgement, Thing

SHARE = 5
"""At most one thing in five goes in one sweep: a mistake must not take everything at once."""


def judge(things: Iterable[Thing], kept: Sequence[tuple[str, str]]) -> tuple[Judgement, ...]:
    """Decide about each thing, oldest first, in the order in which they would be deleted.

    ``kept`` are executions whose things stay, each with the reason, the strongest reason first.
    A thing is kept where something uses it, where no release explains it, where its age is not
    known, and where it belongs to a kept execution. Of the rest, at most a fifth goes (but one may
    always), oldest first.
    """
    ordered = sorted(things, key=_age)
    reasons = dict(reversed(kept))
    cap = max(1, len(ordered) // SHARE)
    judgements: list[Judgement] = []
    for thing in ordered:
        why = _use_of(thing, reasons)
        deleted = sum(judgement.delete for judgement in judgements)
        if not why and deleted >= cap:
            why = f"this sweep deletes at most {cap} of {len(ordered)}; its turn comes"
        because = why or "it belongs only to releases that no environment can need again"
        judgements.append(Judgement(thing=thing, delete=not why, why=because))
    return tuple(judgements)


def _use_of(thing: Thing, reasons: dict[str, str]) -> str:
    """Why the thing must stay, or nothing."""
    if thing.in_use:
        return "in use: " + ", ".join(thing.in_use)
    if not thing.releases:
        return "no release explains it, and unknown means in use"
    if thing.created_at is None:
        return "its age is not known, and unknown means in use"
    return next((why for execution, why in reasons.items() if execution in thing.releases), "")


def _age(thing: Thing) -> tuple[bool, datetime | str, str]:
    if thing.created_at is None:
        return (True, "", thing.id)
    return (False, thing.created_at, thing.id)
