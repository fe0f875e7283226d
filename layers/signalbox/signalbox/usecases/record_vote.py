"""Takes one person's vote, from Slack or from a terminal."""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signalbox.domain.effects import Effect
from signalbox.domain.errors import SignalboxError
from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus, Taken, Vote
from signalbox.domain.voters import Card
from signalbox.notifications.text import plain_line
from signalbox.usecases.effects_of_gates import decision

if TYPE_CHECKING:
    from signalbox.ports import Bells, Clock, GateLedger, NotedReleases

REASON_LIMIT = 500
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says: ``principal`` (``slack:TEAM:USER`` or ``aws:ARN``) by the name ``name``.

    ``request`` is the digest of the signed request that brought it, ``ticket`` goes with a broken
    glass.
    """

    principal: str
    name: str
    choice: Choice
    reason: str = ""
    ticket: str = ""
    request: str = ""


def open_gate_of(card: Card, *, gates: GateLedger, releases: NotedReleases) -> Gate | None:
    """The open gate that the card stands for.

    None for a gate that is closed or unknown, for a message that is none of those we posted, and
    for a card that shows something else than the gate: whoever asks learns nothing from the
    difference.
    """
    gate = open_gate_shown(card.gate, card.digest, gates=gates)
    if gate is None:
        return None
    posted = releases.notes(gate.release).messages
    if (card.channel, card.ts) not in {(message.channel, message.ts) for message in posted}:
        return None
    return gate


def open_gate_shown(gate_id: str, digest: str, *, gates: GateLedger) -> Gate | None:
    """The open gate of that id, without its votes, where it shows what has that digest; None
    otherwise.
    """
    gate = gates.gate_alone(gate_id)
    if gate is None or gate.status is not GateStatus.OPEN or gate.kind is GateKind.OBSERVED:
        return None
    same = hmac.compare_digest(gate.shown_digest.encode(), digest.encode())
    return gate if same else None


def record_vote(gate: Gate, said: Said, *, gates: GateLedger, bells: Bells, clock: Clock) -> Taken:
    """Write the vote on what this gate shows with its effect, then ring.

    The same vote of the same person once more changes nothing and is no error. Once the vote is
    written the bell may fail: ``reconcile`` rings again.
    """
    now = clock.now()
    vote = Vote(
        principal=said.principal,
        name=plain_line(said.name, 80),
        choice=said.choice,
        at=now,
        reason=plain_line(said.reason, REASON_LIMIT),
        shown_digest=gate.shown_digest,
        ticket=plain_line(said.ticket, 80),
    )
    effect = decision(gate, f"{vote.key}-{gate.round}", now)
    taken = gates.vote(gate.id, vote, [effect], request=said.request)
    if taken is Taken.TAKEN:
        _ring(bells, effect)
    return taken


def _ring(bells: Bells, effect: Effect) -> None:
    try:
        bells.ring(effect)
    except SignalboxError:
        LOG.warning("bell not rung for %s; reconcile will", effect.subject, exc_info=True)
