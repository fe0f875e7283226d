"""How far the anchoring of grown chains has come, as one item of the ledger."""

from __future__ import annotations

from datetime import datetime

from signalbox.adapters.dynamodb_documents import moment
from signalbox.adapters.dynamodb_table import Change, LedgerTable

PK = SK = "anchoring"


class DynamoDbAnchoring:
    """``AnchoringLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def anchored_until(self) -> datetime | None:
        """Entries up to that moment are anchored; None where it never ran."""
        item = self._table.get(PK, SK)
        return datetime.fromisoformat(item["until"]) if item else None

    def note_anchored(self, until: datetime) -> None:
        """Note how far it has come. An earlier moment than the one noted changes nothing."""
        later = "attribute_not_exists(#until) OR #until < :until"
        change = Change(
            "SET #until = :until",
            condition=later,
            names={"#until": "until"},
            values={":until": moment(until)},
        )
        self._table.update(PK, SK, change)
