"""The audit's table: one hash chain per subject, each entry written once and never changed."""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from signalbox.adapters.aws_errors import aws_call, code_of
from signalbox.adapters.dynamodb_documents import moment
from signalbox.adapters.dynamodb_items import Item, to_attributes, to_item
from signalbox.domain.audit import AuditEntry, entry_hash
from signalbox.domain.errors import AwsUnavailableError
from signalbox.ports import Clock

GROWN = "grown"
"""The index that lists entries by hour and time, with their keys only."""

ATTEMPTS = 10
"""To find a free number: more than writers of one chain that could meet."""


class DynamoDbAudit:
    """``Audit`` on a table with the keys ``pk`` (subject) and ``sk`` (number, ten digits)."""

    def __init__(
        self,
        *,
        client: Any,
        table: str,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``pause`` waits for seconds between two attempts to find a free number."""
        self._client = client
        self._table = table
        self._clock = clock
        self._pause = pause

    def append(self, subject: str, what: str, details: Mapping[str, Any]) -> None:
        """Add an entry before the effect it speaks of. ``details`` hold no secret and no token.

        Raises AwsUnavailableError where others keep taking the next number.
        """
        for attempt in range(ATTEMPTS):
            number, previous = self.head(subject)
            if self._write(subject, number + 1, what, details, previous):
                return
            self._pause(random.uniform(0.5, 1.0) * 0.01 * 2 ** min(attempt, 5))  # noqa: S311
        raise AwsUnavailableError(f"the audit of {subject} is written by too many at once")

    def head(self, subject: str) -> tuple[int, str]:
        """The number and the hash of the newest entry; (0, "") where there is none."""
        with aws_call(f"read the audit's head of {subject}"):
            answer = self._client.query(**self._of(subject), ScanIndexForward=False, Limit=1)
        newest = [to_item(item) for item in answer["Items"]]
        return (int(newest[0]["sk"]), newest[0]["hash"]) if newest else (0, "")

    def entries(self, subject: str) -> Iterator[AuditEntry]:
        """The whole chain, oldest first."""
        pages = pages_of(self._client.query, f"read the audit of {subject}", self._of(subject))
        yield from (_entry(to_item(item)) for item in pages)

    def grown(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
        """When each entry later than ``since`` and up to ``until`` was written, and its subject.

        Oldest first, one query per hour. The index is a copy that lags behind the table.
        """
        hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while hour <= until:
            request = {
                "TableName": self._table,
                "IndexName": GROWN,
                "KeyConditionExpression": "#hour = :hour AND #at BETWEEN :since AND :until",
                "ExpressionAttributeNames": {"#hour": "hour", "#at": "at"},
                "ExpressionAttributeValues": to_attributes(
                    {":hour": hour_of(hour), ":since": moment(since), ":until": moment(until)}
                ),
            }
            for item in pages_of(self._client.query, "list grown chains", request):
                grown = to_item(item)
                at = datetime.fromisoformat(grown["at"])
                if at > since:
                    yield at, grown["pk"]
            hour += timedelta(hours=1)

    def _of(self, subject: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :subject",
            "ExpressionAttributeValues": to_attributes({":subject": subject}),
            "ConsistentRead": True,
        }

    def _write(
        self, subject: str, number: int, what: str, details: Mapping[str, Any], previous: str
    ) -> bool:
        at, nonce = self._clock.now(), secrets.token_hex(16)
        item: Item = {
            "pk": subject,
            "sk": f"{number:010d}",
            "what": what,
            "details": json.dumps(details, sort_keys=True, ensure_ascii=False),
            "at": moment(at),
            "hour": hour_of(at),
            "previous": previous,
            "hash": entry_hash(
                subject=subject,
                number=number,
                what=what,
                details=details,
                at=at,
                previous=previous,
            ),
            "nonce": nonce,
        }
        with aws_call(f"append to the audit of {subject}"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=to_attributes(item),
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                response: Mapping[str, Any] = error.response
                return bool(to_item(response.get("Item", {})).get("nonce") == nonce)
        return True


def hour_of(at: datetime) -> str:
    """The hour of a moment in UTC, as the index groups entries."""
    return moment(at)[:13]


def pages_of(
    call: Callable[..., Mapping[str, Any]], doing: str, request: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """The items of every page of a query or scan."""
    start: dict[str, Any] = {}
    while True:
        with aws_call(doing):
            page = call(**request, **start)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _entry(item: Item) -> AuditEntry:
    return AuditEntry(
        subject=item["pk"],
        number=int(item["sk"]),
        what=item["what"],
        details=json.loads(item["details"]),
        at=datetime.fromisoformat(item["at"]),
        previous=item["previous"],
        hash=item["hash"],
    )
