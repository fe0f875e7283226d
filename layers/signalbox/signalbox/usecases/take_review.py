"""Takes somebody's word that a broken glass has been reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.gates import Taken
from signalbox.usecases.take_command import take_command

if TYPE_CHECKING:
    from signalbox.domain.voters import Card, Voter
    from signalbox.ports import Bells, Clock, CommandLedger, GateLedger, NotedReleases


def take_review(
    card: Card,
    voter: Voter,
    request: str,
    *,
    gates: GateLedger,
    releases: NotedReleases,
    commands: CommandLedger,
    bells: Bells,
    clock: Clock,
) -> Taken | None:
    """Write the command that is weighed later: whoever broke the glass may not review it.

    ``request`` is the digest of the signed request, and the command's id. None where the button is
    not on one of the release's own messages, nor on a reply to one.
    """
    gate = gates.gate_alone(card.gate)
    if gate is None:
        return None
    posted = {(each.channel, each.ts) for each in releases.notes(gate.release).messages}
    if not posted & {(card.channel, card.ts), (card.channel, card.thread)}:
        return None
    command = Command(
        id=request,
        kind=CommandKind.REVIEW,
        principal=voter.principal,
        name=voter.called,
        at=clock.now(),
        gate=gate.id,
        channel=card.channel,
        user=voter.user,
    )
    given = take_command(command, commands=commands, bells=bells)
    return Taken.TAKEN if given else Taken.REPLAYED
