"""The ledger's table: the few kinds of reads and conditional writes that all ledgers are made of.

A write that only one may win carries a nonce. Where the condition fails, DynamoDB hands back the
item that stands there (``ReturnValuesOnConditionCheckFailure=ALL_OLD``); if the nonce in it is our
own, the write had been applied and only its reply was lost: botocore retries what was not answered.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from signalbox.adapters.aws_errors import aws_call, code_of
from signalbox.adapters.deadline import seconds_left
from signalbox.adapters.dynamodb_items import Item, to_attributes, to_item
from signalbox.domain.errors import AwsUnavailableError

INDEX = "index1"
ABSENT = "attribute_not_exists(pk)"
FAILED = "ConditionalCheckFailed"
PASSING_REASONS = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Reasons of a cancelled transaction after which the same one may work (API reference,
TransactWriteItems, "Cancellation reason codes")."""
Write = Mapping[str, Any]
"""One part of a transaction, as ``TransactWriteItems`` takes it."""

ATTEMPTS = 6
"""Of a transaction that met another one: botocore does not retry TransactionCanceledException."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a conditional write: whether it is ours, else the item in its way (if known)."""

    won: bool
    standing: Item | None = None

    def unless_ours(self, nonce: str) -> Outcome:
        """The same, but won where the item in the way carries our own nonce."""
        ours = self.standing is not None and self.standing.get("nonce") == nonce
        return replace(self, won=True) if ours else self


@dataclass(frozen=True, slots=True)
class Change:
    """An update: its expression and condition, with their placeholders."""

    expression: str
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


class LedgerTable:
    """One DynamoDB table with the keys ``pk`` and ``sk`` and the index ``index1``."""

    def __init__(
        self, *, client: Any, name: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """``pause`` waits for seconds between two attempts of a transaction."""
        self._client = client
        self._name = name
        self._pause = pause

    def get(self, pk: str, sk: str) -> Item | None:
        """One item, read consistently, or None."""
        with aws_call(f"read {pk} {sk}"):
            answer = self._client.get_item(
                TableName=self._name, Key=to_attributes({"pk": pk, "sk": sk}), ConsistentRead=True
            )
        return to_item(answer["Item"]) if "Item" in answer else None

    def query(self, pk: str, condition: str, start: str) -> Iterator[Item]:
        """Items of one partition in the order of ``sk``, read consistently.

        ``condition`` speaks of ``sk`` and of ``:start``, as in ``begins_with(sk, :start)``.
        """
        return self._pages(
            doing=f"read {pk}",
            KeyConditionExpression=f"pk = :pk AND {condition}",
            ExpressionAttributeValues=to_attributes({":pk": pk, ":start": start}),
            ConsistentRead=True,
        )

    def listed(self, group: str, *, before: str = "~") -> Iterator[Item]:
        """Items that the index lists under ``group`` with a sort key below ``before``, oldest
        first. The index lags behind the table by moments, so what it says is only a hint.
        """
        return self._pages(
            doing=f"list {group}",
            IndexName=INDEX,
            KeyConditionExpression="gsi1pk = :group AND gsi1sk < :before",
            ExpressionAttributeValues=to_attributes({":group": group, ":before": before}),
        )

    def put_once(self, item: Item) -> Outcome:
        """Put an item unless something stands there; a lost reply of ours counts as won."""
        nonce = secrets.token_hex(16)
        put = self.put({**item, "nonce": nonce}, condition=ABSENT)["Put"]
        outcome = self._conditional(f"claim {item['pk']}", self._client.put_item, put)
        return outcome.unless_ours(nonce)

    def update(self, pk: str, sk: str, change: Change) -> Outcome:
        """Update an item where the condition of ``change`` holds."""
        request = self.updating(pk, sk, change)["Update"]
        return self._conditional(f"update {pk}", self._client.update_item, request)

    def delete(self, pk: str, sk: str, *, condition: str, values: Mapping[str, Any]) -> Outcome:
        """Delete an item where the condition holds, and leave it where not."""
        request = {
            "TableName": self._name,
            "Key": to_attributes({"pk": pk, "sk": sk}),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": to_attributes(values),
        }
        return self._conditional(f"delete {pk}", self._client.delete_item, request)

    def write_once(self, item: Item, extras: Sequence[Write]) -> bool:
        """Put an item unless something stands there, together with ``extras``.

        False where it stood there already; a lost reply of ours counts as written.
        """
        nonce = secrets.token_hex(16)
        lead = self.put({**item, "nonce": nonce}, condition=ABSENT)
        return self.transact(lead, extras).unless_ours(nonce).won

    def transact(self, lead: Write, extras: Sequence[Write]) -> Outcome:
        """Write ``lead`` and ``extras`` together.

        Where the condition of ``lead`` fails, nothing is written and the outcome says what stands
        there. An extra whose own condition fails is left as it stands, and the rest is written.
        Raises AwsUnavailableError where other transactions keep getting in the way.
        """
        remaining = list(extras)
        for attempt in range(ATTEMPTS + len(extras)):
            reasons = self._try([lead, *remaining])
            if reasons is None:
                return Outcome(won=True)
            codes = [str(reason.get("Code", "None")) for reason in reasons]
            if codes[0] == FAILED:
                return Outcome(won=False, standing=to_item(reasons[0].get("Item", {})) or None)
            remaining = [
                extra for extra, code in zip(remaining, codes[1:], strict=True) if code != FAILED
            ]
            if FAILED not in codes:
                wait = random.uniform(0.5, 1.0) * 0.02 * 2**attempt  # noqa: S311 - no secret
                if wait >= seconds_left():
                    break  # whoever waits for us is answered in time, and asks again
                self._pause(wait)
        raise AwsUnavailableError("could not write: other transactions kept getting in the way")

    def put(self, item: Item, *, condition: str = "") -> Write:
        """The part of a transaction that puts an item."""
        request: dict[str, Any] = {"TableName": self._name, "Item": to_attributes(item)}
        if condition:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"Put": request}

    def put_over(self, item: Item, counter: str, seen: int) -> Write:
        """The part of a transaction that puts an item over the one whose ``counter`` was ``seen``.

        0 stands for no item, and for one without the counter.
        """
        condition = "#counter = :seen" if seen else "attribute_not_exists(#counter)"
        request: dict[str, Any] = dict(self.put(item, condition=condition)["Put"])
        request["ExpressionAttributeNames"] = {"#counter": counter}
        if seen:
            request["ExpressionAttributeValues"] = to_attributes({":seen": seen})
        return {"Put": request}

    def updating(self, pk: str, sk: str, change: Change) -> Write:
        """The part of a transaction that updates an item."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "Key": to_attributes({"pk": pk, "sk": sk}),
            "UpdateExpression": change.expression,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if change.condition:
            request["ConditionExpression"] = change.condition
        if change.names:
            request["ExpressionAttributeNames"] = dict(change.names)
        if change.values:
            request["ExpressionAttributeValues"] = to_attributes(change.values)
        return {"Update": request}

    def _conditional(
        self, doing: str, call: Callable[..., Any], request: Mapping[str, Any]
    ) -> Outcome:
        with aws_call(doing):
            try:
                call(**request)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                response: Mapping[str, Any] = error.response
                return Outcome(won=False, standing=to_item(response.get("Item", {})) or None)
        return Outcome(won=True)

    def _try(self, writes: Sequence[Write]) -> list[Mapping[str, Any]] | None:
        with aws_call("write to the ledger"):
            try:
                self._client.transact_write_items(
                    TransactItems=list(writes), ClientRequestToken=secrets.token_hex(16)
                )
            except ClientError as error:
                response: Mapping[str, Any] = error.response
                reasons: list[Mapping[str, Any]] = response.get("CancellationReasons", [])
                if {str(reason.get("Code")) for reason in reasons} & {FAILED, *PASSING_REASONS}:
                    return reasons
                raise
        return None

    def _pages(self, *, doing: str, **request: Any) -> Iterator[Item]:
        start: dict[str, Any] = {}
        while True:
            with aws_call(doing):
                page = self._client.query(TableName=self._name, **request, **start)
            yield from map(to_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
