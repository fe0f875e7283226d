"""The audit's table as an auditor reads it: nothing is believed, and nothing stops the reading."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from signalbox.adapters.dynamodb_audit import hour_of, pages_of
from signalbox.adapters.dynamodb_documents import moment
from signalbox.adapters.dynamodb_items import Item, to_attributes, to_item
from signalbox.domain.audit import AuditEntry
from signalbox.domain.verification import Unreadable

NAMES = {"pk", "sk", "what", "details", "at", "hour", "previous", "hash", "nonce"}
"""The attributes of an entry. ``nonce`` and ``hour`` are none of its content: they serve writing
and the index."""
SINCE_THE_INDEX = {"hour"}
"""Entries from before the index lack it."""


class DynamoDbAuditReader:
    """``AuditReader`` with the caller's own rights: Query, and Scan for ``subjects``."""

    def __init__(self, *, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def subjects(self) -> Iterator[str]:
        """The subject of every chain that has an entry. Reads the whole table."""
        request = {
            "TableName": self._table,
            "ProjectionExpression": "pk",
            "ConsistentRead": True,
        }
        seen: set[str] = set()
        for item in pages_of(self._client.scan, "list the chains", request):
            subject = str(to_item(item)["pk"])
            if subject not in seen:
                seen.add(subject)
                yield subject

    def entries(self, subject: str) -> Iterator[AuditEntry | Unreadable]:
        """One chain in the order of its keys."""
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :subject",
            "ExpressionAttributeValues": to_attributes({":subject": subject}),
            "ConsistentRead": True,
        }
        pages = pages_of(self._client.query, f"read the audit of {subject}", request)
        for place, item in enumerate(pages, start=1):
            yield _read(item, place)


def _read(attributes: Mapping[str, Any], place: int) -> AuditEntry | Unreadable:
    try:
        item = to_item(attributes)
        entry = AuditEntry(
            subject=item["pk"],
            number=int(item["sk"]),
            what=item["what"],
            details=json.loads(item["details"]),
            at=datetime.fromisoformat(item["at"]),
            previous=item["previous"],
            hash=item["hash"],
        )
        why = _unlike_ours(item, entry)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        why = f"it cannot be read: {type(error).__name__}: {error}"
    return Unreadable(number=place, why=why) if why else entry


def _unlike_ours(item: Item, entry: AuditEntry) -> str:
    """What Signalbox would not have written that way, though it may mean the same; else ""."""
    if unknown := item.keys() - NAMES:
        return f"it has attributes that entries do not have: {', '.join(sorted(unknown))}"
    ours = {
        "sk": f"{entry.number:010d}",
        "details": json.dumps(entry.details, sort_keys=True, ensure_ascii=False),
        "at": moment(entry.at),
        "hour": hour_of(entry.at),
    }
    for name, value in ours.items():
        if item.get(name, value if name in SINCE_THE_INDEX else None) != value:
            return f"its attribute {name} is not as Signalbox writes it"
    return ""
