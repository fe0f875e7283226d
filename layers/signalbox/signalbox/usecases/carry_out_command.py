"""Carries out what somebody asked for in words, if they may, and answers."""

from __future__ import annotations

from typing import Protocol

from signalbox.domain.commands import Answered, Command, CommandKind
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.people import Person
from signalbox.usecases.ask_for_hotfix import AskingPorts, ask_for_hotfix
from signalbox.usecases.effects_of_gates import whisper_to_asker
from signalbox.usecases.needs import HasCommands
from signalbox.usecases.place_hold import place_hold
from signalbox.usecases.release_holds import release_holds
from signalbox.usecases.review_glass import review_glass


class CarryingPorts(AskingPorts, HasCommands, Protocol):
    """What carrying out a command asks of the world."""


def carry_out_command(command_id: str, ports: CarryingPorts) -> None:
    """Carry it out once, however often this runs, and keep the answer for whoever asked.

    Who is not in the people document may ask for nothing. What AWS refuses is an answer as well.
    """
    command = ports.commands.command(command_id)
    if command is None or command.answer:
        return
    person = ports.directory.in_force().directory.of_principal(command.principal)
    answered = _carry_out(command, person, ports)
    if answered.denied:
        details = {
            "principal": command.principal,
            "command": command.kind.value,
            "why": answered.text,
        }
        ports.audit.append(command.subject, "command denied", details)
    whispers = [whisper_to_asker(command.id, ports.clock.now())] if command.user else []
    if ports.commands.answer(command.id, answered.text, whispers, denied=answered.denied):
        for whisper in whispers:
            ports.bells.ring(whisper)


def _carry_out(command: Command, person: Person | None, ports: CarryingPorts) -> Answered:
    if person is None or person.bot:
        why = "is not in the people document" if person is None else "is a bot there"
        return Answered(text=f"{command.name or command.principal} {why}.", denied=True)
    try:
        match command.kind:
            case CommandKind.HOLD:
                return place_hold(command, person, ports)
            case CommandKind.RELEASE:
                return release_holds(command, person, ports)
            case CommandKind.HOTFIX:
                return ask_for_hotfix(command, ports)
            case CommandKind.REVIEW:
                return review_glass(command, person, ports)
    except AwsRefusedError as refused:
        return Answered(text=f"AWS does not let Signalbox do that ({refused.code}).", denied=True)
