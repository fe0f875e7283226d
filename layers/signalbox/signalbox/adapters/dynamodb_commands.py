"""Commands as items, one partition each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from signalbox.adapters.dynamodb_documents import from_document, to_document
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.domain.commands import Command
from signalbox.domain.effects import Effect

COMMAND = "command"


class DynamoDbCommands:
    """``CommandLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def give(self, command: Command, effects: Sequence[Effect]) -> bool:
        """Write a command with its effects; False where it is there already (a replay)."""
        item = {"pk": command.subject, "sk": COMMAND, **to_document(command)}
        return self._table.write_once(item, effects_to_write(self._table, effects))

    def command(self, command_id: str) -> Command | None:
        """One command, or None."""
        item = self._table.get(f"command#{command_id}", COMMAND)
        return from_document(Command, item) if item else None

    def answer(
        self, command_id: str, text: str, effects: Sequence[Effect], *, denied: bool = False
    ) -> bool:
        """Keep what came of it with its effects, once; False where an answer is there already."""
        nonce = secrets.token_hex(16)
        change = Change(
            "SET answer = :text, denied = :denied, nonce = :nonce",
            condition="attribute_exists(pk) AND answer = :nothing",
            values={":text": text, ":denied": denied, ":nonce": nonce, ":nothing": ""},
        )
        lead = self._table.updating(f"command#{command_id}", COMMAND, change)
        outcome = self._table.transact(lead, effects_to_write(self._table, effects))
        return outcome.unless_ours(nonce).won
