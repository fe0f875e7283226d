"""Takes what somebody asks for in words: written first, carried out by the work queue."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import SignalboxError
from signalbox.notifications.text import plain_line

if TYPE_CHECKING:
    from signalbox.domain.commands import Command
    from signalbox.ports import Bells, CommandLedger

NAME_LIMIT, REASON_LIMIT = 80, 500
LOG = logging.getLogger(__name__)


def take_command(command: Command, *, commands: CommandLedger, bells: Bells) -> bool:
    """Write the command with its effect, then ring; False where it had been given before.

    What the person wrote is cleaned and masked first, wherever it came from. Once it is written the
    bell may fail: ``reconcile`` rings again.
    """
    command = replace(
        command,
        name=plain_line(command.name, NAME_LIMIT),
        reason=plain_line(command.reason, REASON_LIMIT),
    )
    effect = Effect(
        kind=EffectKind.CARRY_OUT_COMMAND,
        subject=command.subject,
        key="carry-out",
        created_at=command.at,
        payload={"command": command.id},
    )
    if not commands.give(command, [effect]):
        return False
    try:
        bells.ring(effect)
    except SignalboxError:
        LOG.warning("bell not rung for %s; reconcile will", effect.subject, exc_info=True)
    return True
