"""Gates, holds and commands as the API shows them: everything but tokens."""

from __future__ import annotations

from typing import Any

from signalbox.adapters.dynamodb_documents import to_document
from signalbox.domain.commands import Command
from signalbox.domain.gates import Gate
from signalbox.domain.holds import Hold

SECRET = ("approval_token", "task_token")


def gate_document(gate: Gate) -> dict[str, Any]:
    """A gate with its votes; tokens stay in the ledger."""
    shown: dict[str, Any] = to_document(gate)
    return {name: value for name, value in shown.items() if name not in SECRET}


def hold_document(hold: Hold) -> dict[str, Any]:
    """A hold, its scope as people write it."""
    shown: dict[str, Any] = to_document(hold)
    return {**shown, "scope": hold.scope.key}


def command_document(command: Command) -> dict[str, Any]:
    """What somebody asked for, and what came of it."""
    return {
        "command": command.id,
        "kind": command.kind.value,
        "by": command.principal,
        "answer": command.answer,
    }
