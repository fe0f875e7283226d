"""Gates, holds, closed stages and commands as the API shows them: everything but tokens."""

from __future__ import annotations

from typing import Any

from signalbox.adapters.dynamodb_documents import to_document
from signalbox.domain.commands import Command
from signalbox.domain.gates import Gate
from signalbox.domain.held_stages import HeldStage
from signalbox.domain.holds import Hold
from signalbox.domain.spans import shown_scope
from signalbox.notifications.stage_lines import why_lines

SECRET = ("approval_token", "task_token")


def gate_document(gate: Gate) -> dict[str, Any]:
    """A gate with its votes; tokens stay in the ledger."""
    shown: dict[str, Any] = to_document(gate)
    return {name: value for name, value in shown.items() if name not in SECRET}


def hold_document(hold: Hold) -> dict[str, Any]:
    """A hold, its scope as people write it."""
    shown: dict[str, Any] = to_document(hold)
    return {**shown, "scope": shown_scope(hold)}


def stage_document(held: HeldStage) -> dict[str, Any]:
    """A stage that Signalbox has closed: how it stands, what holds it, and what it waits for; in
    lines for people as well.
    """
    stage = held.stage
    return {
        "stage": stage.key,
        "condition": held.condition.value,
        "since": to_document(stage.since),
        "reason": stage.reason,
        "waiting_for": stage.waiting_for,
        "passing": stage.passing,
        "holds": [hold_document(hold) for hold in held.holds],
        "why": why_lines(held),
    }


def command_document(command: Command) -> dict[str, Any]:
    """What somebody asked for, and what came of it."""
    return {
        "command": command.id,
        "kind": command.kind.value,
        "by": command.principal,
        "answer": command.answer,
        "denied": command.denied,
    }
