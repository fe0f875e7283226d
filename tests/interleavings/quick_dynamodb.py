"""DynamoDB in a dictionary: the calls that the ledger and the audit make, answered as AWS does.

moto takes milliseconds for each call, and thousands of interleavings make hundreds of calls each.
``test_quick_dynamodb.py`` drives both with the same calls and compares what they say.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.interleavings.expressions import Item, Reader

INDEXES = {"index1": ("gsi1pk", "gsi1sk"), "grown": ("hour", "at"), None: ("pk", "sk")}
HASH = re.compile(r"\S+ = (:\w+)")
"""A key condition begins with the partition's key."""

Key = tuple[str, str]
Meet = Callable[[str, Callable[[], Any]], Any]


def refusal(code: str, operation: str, message: str = "", **more: Any) -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, operation)


class QuickDynamoDb:
    """A client of DynamoDB, all tables in one. ``meet(operation, call)`` makes each call; a test
    puts its faults there.
    """

    def __init__(self, meet: Meet = lambda _, call: call()) -> None:
        self.tables: dict[str, dict[Key, Item]] = {}
        self.meet = meet
        self._tokens: dict[str, Any] = {}

    def get_item(self, **asked: Any) -> Any:
        return self.meet("GetItem", lambda: self._get(**asked))

    def query(self, **asked: Any) -> Any:
        return self.meet("Query", lambda: self._query(**asked))

    def put_item(self, **asked: Any) -> Any:
        return self.meet("PutItem", lambda: self._alone({"Put": asked}, "PutItem"))

    def update_item(self, **asked: Any) -> Any:
        return self.meet("UpdateItem", lambda: self._alone({"Update": asked}, "UpdateItem"))

    def delete_item(self, **asked: Any) -> Any:
        return self.meet("DeleteItem", lambda: self._alone({"Delete": asked}, "DeleteItem"))

    def transact_write_items(self, **asked: Any) -> Any:
        return self.meet("TransactWriteItems", lambda: self._transact(**asked))

    def _table(self, name: str) -> dict[Key, Item]:
        return self.tables.setdefault(name, {})

    def _get(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Any:  # noqa: N803
        found = self._table(TableName).get(_key(Key))
        return {"Item": copy.copy(found)} if found else {}

    def _query(self, **asked: Any) -> Any:
        unknown = asked.keys() - {
            "TableName", "IndexName", "KeyConditionExpression", "ExpressionAttributeNames",
            "ExpressionAttributeValues", "ConsistentRead", "ScanIndexForward", "Limit",
            "ExclusiveStartKey",
        }  # fmt: skip
        assert not unknown, unknown
        hash_name, range_name = INDEXES[asked.get("IndexName")]
        names = asked.get("ExpressionAttributeNames", {})
        values = asked["ExpressionAttributeValues"]
        hash_value = values[HASH.match(asked["KeyConditionExpression"]).group(1)]  # type: ignore[union-attr]
        found = [
            item
            for item in self._partition(asked["TableName"], hash_name, hash_value)
            if range_name in item
            and Reader(asked["KeyConditionExpression"], item, names, values).condition()
        ]
        backwards = not asked.get("ScanIndexForward", True)
        found.sort(key=lambda item: item[range_name]["S"], reverse=backwards)
        kept = found[: asked.get("Limit", len(found))]
        return {"Items": [copy.copy(item) for item in kept], "Count": len(kept)}

    def _partition(self, table: str, hash_name: str, value: dict[str, Any]) -> Iterator[Item]:
        for (pk, _), item in self._table(table).items():
            if (pk == value["S"]) if hash_name == "pk" else (item.get(hash_name) == value):
                yield item

    def _alone(self, write: Mapping[str, Any], operation: str) -> Any:
        ((kind, asked),) = write.items()
        standing = self._standing(asked)
        if not _holds(asked, standing):
            shown = {"Item": standing} if standing and _shows_old(asked) else {}
            raise refusal(
                "ConditionalCheckFailedException", operation, "The conditional request failed",
                **shown,
            )  # fmt: skip
        self._apply(kind, asked, standing)
        return {}

    def _transact(self, *, TransactItems: list[Any], ClientRequestToken: str = "") -> Any:  # noqa: N803
        if ClientRequestToken and self._tokens.get(ClientRequestToken) == TransactItems:
            return {}
        writes = [next(iter(write.items())) for write in TransactItems]
        assert len({(a["TableName"], _key_of(a)) for _, a in writes}) == len(writes), (
            "one item twice"
        )
        assert len(writes) <= 100
        standing = [self._standing(asked) for _, asked in writes]
        failed = [not _holds(asked, old) for (_, asked), old in zip(writes, standing, strict=True)]
        if any(failed):
            reasons = [
                {"Code": "ConditionalCheckFailed", "Message": "failed"}
                | ({"Item": old} if old and _shows_old(asked) else {})
                if wrong
                else {"Code": "None"}
                for wrong, (_, asked), old in zip(failed, writes, standing, strict=True)
            ]
            raise refusal(
                "TransactionCanceledException", "TransactWriteItems", "cancelled",
                CancellationReasons=reasons,
            )  # fmt: skip
        for (kind, asked), old in zip(writes, standing, strict=True):
            self._apply(kind, asked, old)
        if ClientRequestToken:
            self._tokens[ClientRequestToken] = copy.deepcopy(TransactItems)
        return {}

    def _standing(self, asked: Mapping[str, Any]) -> Item:
        return dict(self._table(asked["TableName"]).get(_key_of(asked), {}))

    def _apply(self, kind: str, asked: Mapping[str, Any], standing: Item) -> None:
        table, key = self._table(asked["TableName"]), _key_of(asked)
        if kind == "Put":
            table[key] = copy.deepcopy(asked["Item"])
        elif kind == "Update":
            item = standing or dict(asked["Key"])
            names = asked.get("ExpressionAttributeNames", {})
            values = asked.get("ExpressionAttributeValues", {})
            table[key] = Reader(asked["UpdateExpression"], item, names, values).update()
        elif kind == "Delete":
            table.pop(key, None)
        else:
            assert kind == "ConditionCheck", kind


def _holds(asked: Mapping[str, Any], standing: Item) -> bool:
    condition = asked.get("ConditionExpression")
    if not condition:
        return True
    names = asked.get("ExpressionAttributeNames", {})
    values = asked.get("ExpressionAttributeValues", {})
    return Reader(condition, standing, names, values).condition()


def _shows_old(asked: Mapping[str, Any]) -> bool:
    return asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _key_of(asked: Mapping[str, Any]) -> Key:
    return _key(asked.get("Key") or asked["Item"])


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]
