"""Sweeps as items. Judgements, which may be thousands, stand in parts: an item holds 400 kB."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.adapters.dynamodb_documents import from_document, to_document
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_items import Item
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.effects import Effect
from signalbox.domain.sweeps import Sweep

PART = 200
"""Judgements in one item: at most 2 kB each, what with ARNs and object keys of up to 1 kB."""


class DynamoDbSweeps:
    """``SweepLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def save_sweep(self, sweep: Sweep, effects: Sequence[Effect]) -> None:
        """Write the sweep as it now stands, with its effects. The parts come first, so that the
        sweep never counts parts which are not there.
        """
        document: Item = to_document(sweep)
        judgements = document.pop("judgements")
        parts = [judgements[start : start + PART] for start in range(0, len(judgements), PART)]
        for number, part in enumerate(parts):
            item = {"pk": sweep.subject, "sk": _part(number), "judgements": part}
            self._table.transact(self._table.put(item), ())
        whole = {"pk": sweep.subject, "sk": "sweep", **document, "parts": len(parts)}
        self._table.transact(self._table.put(whole), effects_to_write(self._table, effects))

    def sweep(self, sweep_id: str) -> Sweep | None:
        """One sweep, or None."""
        pk = f"sweep#{sweep_id}"
        whole = self._table.get(pk, "sweep")
        if whole is None:
            return None
        parts = [self._table.get(pk, _part(number)) or {} for number in range(whole["parts"])]
        judgements = [one for part in parts for one in part.get("judgements", ())]
        return from_document(Sweep, {**whole, "judgements": judgements})


def _part(number: int) -> str:
    return f"judgements#{number:04d}"
