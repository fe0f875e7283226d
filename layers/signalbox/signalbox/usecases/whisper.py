"""Tells one person, and nobody else, what became of a vote or a command."""

from __future__ import annotations

import logging

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.gates import Gate, Vote
from signalbox.notifications.blocks import message, section
from signalbox.notifications.text import safe_line
from signalbox.policies.votes import weigh
from signalbox.usecases.announce_ports import SILENT, Announcer, code_of, raise_while_patient

LOG = logging.getLogger(__name__)
Told = tuple[str, str, str]


def whisper(effect: Effect, ports: Announcer) -> EffectStatus:
    """Post it where the person looks; returns what the effect becomes.

    What Slack refuses is not tried again: the card says the same, and the audit has it.
    """
    about = effect.payload["whisper"]
    found = _of_command(about["command"], ports) if "command" in about else _of_vote(about, ports)
    if found is None:
        return EffectStatus.DONE
    channel, user, text = found
    try:
        ports.messenger.whisper(channel, user, message(text, [section(text)]))
    except SILENT as error:
        raise_while_patient(error, effect.created_at, ports)
        LOG.warning("could not tell %s: %s", user, code_of(error))
        return EffectStatus.REFUSED
    return EffectStatus.DONE


def _of_command(command_id: str, ports: Announcer) -> Told | None:
    command = ports.commands.command(command_id)
    if command is None or not (command.channel and command.user and command.answer):
        return None
    return command.channel, command.user, safe_line(command.answer, 1500)


def _of_vote(about: dict[str, str], ports: Announcer) -> Told | None:
    gate = ports.gates.gate(about["gate"])
    posted = ports.releases.notes(gate.release).message if gate else None
    kind, _, rest = about["principal"].partition(":")
    if gate is None or posted is None or kind != "slack":
        return None
    why = _why(gate, about["principal"], ports)
    if not why:
        return None
    stage = safe_line(gate.stage, 60)
    text = f"🚫 Your answer at `{stage}` does not count: {safe_line(why, 300)}."
    return posted[0], rest.rpartition(":")[2], text


def _why(gate: Gate, principal: str, ports: Announcer) -> str:
    policy = ports.policies.policy_for(gate.release.pipeline, gate.stage)
    refused = weigh(gate, policy, ports.directory.in_force().directory).refused
    mine = [one for one in refused if _is_of(one.vote, principal, gate)]
    return mine[-1].why if mine else ""


def _is_of(vote: Vote, principal: str, gate: Gate) -> bool:
    return vote.principal == principal and vote.shown_digest == gate.shown_digest
