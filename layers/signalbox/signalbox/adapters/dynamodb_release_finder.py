"""Finds releases by execution or commit in a scan: for a person at a terminal, not a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from signalbox.adapters.dynamodb_audit import pages_of
from signalbox.adapters.dynamodb_items import to_attributes, to_item
from signalbox.domain.identity import ReleaseId

PREFIX = "release#"


class DynamoDbReleaseFinder:
    """Reads the whole of the ledger's table with the caller's own dynamodb:Scan."""

    def __init__(self, *, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, text: str) -> Sequence[ReleaseId]:
        """Releases whose execution id or commit begins with ``text``."""
        request = {
            "TableName": self._table,
            "ProjectionExpression": "pk",
            "FilterExpression": (
                "(sk = :release AND begins_with(#execution, :text))"
                " OR (sk = :notes AND begins_with(#commit.#id, :text))"
            ),
            "ExpressionAttributeNames": {
                "#execution": "execution",
                "#commit": "commit",
                "#id": "id",
            },
            "ExpressionAttributeValues": to_attributes(
                {":release": "release", ":notes": "notes", ":text": text}
            ),
        }
        found = pages_of(self._client.scan, "look for the release", request)
        keys = {str(to_item(item)["pk"]).removeprefix(PREFIX) for item in found}
        return tuple(ReleaseId.from_key(key) for key in sorted(keys))
