"""Takes one person's vote from Slack."""

from __future__ import annotations

import hmac
import logging

from signalbox.domain.effects import Effect
from signalbox.domain.errors import SignalboxError
from signalbox.domain.gates import Choice, Gate, GateStatus, Vote
from signalbox.domain.voters import Card, Voter
from signalbox.notifications.text import plain_line
from signalbox.ports import Bells, Clock, GateLedger, ReleaseLedger
from signalbox.usecases.effects_of_gates import decision

REASON_LIMIT = 500
LOG = logging.getLogger(__name__)


def open_gate_of(card: Card, *, gates: GateLedger, releases: ReleaseLedger) -> Gate | None:
    """The open gate that the card stands for.

    None for a gate that is closed or unknown, for a message that is none of those we posted, and
    for a card that shows something else than the gate: whoever asks learns nothing from the
    difference.
    """
    gate = gates.gate(card.gate)
    if gate is None or gate.status is not GateStatus.OPEN:
        return None
    if not hmac.compare_digest(gate.shown_digest.encode(), card.digest.encode()):
        return None
    posted = releases.notes(gate.release).messages
    if (card.channel, card.ts) not in {(message.channel, message.ts) for message in posted}:
        return None
    return gate


def record_vote(
    card: Card,
    voter: Voter,
    choice: Choice,
    reason: str,
    *,
    gates: GateLedger,
    releases: ReleaseLedger,
    bells: Bells,
    clock: Clock,
) -> bool:
    """Write the vote with its effect, then ring; False where the card is not an open gate's.

    A second vote of the same person changes nothing and is no error. Once the vote is written the
    bell may fail: ``reconcile`` rings again.
    """
    gate = open_gate_of(card, gates=gates, releases=releases)
    if gate is None:
        return False
    now = clock.now()
    vote = Vote(
        principal=voter.principal,
        name=plain_line(voter.name or voter.user, 80),
        choice=choice,
        at=now,
        reason=plain_line(reason, REASON_LIMIT),
        shown_digest=card.digest,
    )
    effect = decision(gate, voter.principal, now)
    if gates.vote(gate.id, vote, [effect]):
        _ring(bells, effect)
    return True


def _ring(bells: Bells, effect: Effect) -> None:
    try:
        bells.ring(effect)
    except SignalboxError:
        LOG.warning("bell not rung for %s; reconcile will", effect.subject, exc_info=True)
