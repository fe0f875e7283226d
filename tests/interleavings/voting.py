"""How somebody votes, by Slack or by the API: the same use case behind both."""

from __future__ import annotations

from signalbox.domain.errors import SignalboxError
from signalbox.domain.gates import Choice, Taken
from signalbox.domain.voters import Card
from signalbox.usecases.record_vote import Said, open_gate_shown, record_vote

from tests.gate_world import vote_on
from tests.interleavings.a_world import InterleavedWorld
from tests.interleavings.faults import DiedError


def cast(
    world: InterleavedWorld,
    gate_id: str,
    digest: str,
    principal: str,
    choice: Choice,
    request: str,
) -> Taken | None:
    """Vote on a card as it was once seen. What fails is tried no more: the person sees an error."""
    said = Said(
        principal=principal,
        name=principal.rpartition(":")[2],
        choice=choice,
        reason="because",
        ticket="INC-1",
        request=request,
    )
    try:
        if principal.startswith("aws:"):
            gate = open_gate_shown(gate_id, digest, gates=world.gates)
            if gate is not None:
                record_vote(gate, said, gates=world.gates, bells=world.bells, clock=world.clock)
            return None
        with world.without_faults():
            known = world.gates.gate(gate_id)
        assert known is not None
        posted = world.post(known.release)
        card = Card(gate=gate_id, digest=digest, channel=posted.channel, ts=posted.ts)
        return vote_on(card, said, world)
    except (SignalboxError, DiedError):
        return None
