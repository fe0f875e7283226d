"""Notes that somebody has looked at a broken glass afterwards."""

from __future__ import annotations

from typing import Protocol

from signalbox.domain.commands import Answered, Command
from signalbox.domain.people import Person
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.needs import HasAudit, HasBells, HasClock, HasGates


class ReviewingPorts(HasClock, HasGates, HasBells, HasAudit, Protocol):
    """What noting a review asks of the world."""


def review_glass(command: Command, person: Person, ports: ReviewingPorts) -> Answered:
    """Note the review, once, by somebody else than who broke the glass."""
    gate = ports.gates.gate(command.gate)
    if gate is None or not gate.broken_glass:
        return Answered(text="No glass was broken there.", denied=True)
    if person.id == gate.broken_by:
        text = "Whoever broke the glass cannot review it: somebody else must."
        return Answered(text=text, denied=True)
    subject, now = f"release#{gate.release.key}", ports.clock.now()
    details = {"gate": gate.id, "by": person.id, "principal": command.principal}
    ports.audit.append(subject, "broken glass reviewed", details)
    told = announcement(gate.release, f"gate-reviewed-{gate.id}", now)
    if ports.gates.review(gate.id, person.called, now, [told]):
        ports.bells.ring(told)
        return Answered(text="Noted: you have reviewed it.")
    reviewed = ports.gates.gate(gate.id)
    by = reviewed.reviewed_by if reviewed else ""
    if by == person.called:
        return Answered(text="Noted: you have reviewed it.")
    return Answered(text=f"{by} has reviewed it already.", denied=True)
