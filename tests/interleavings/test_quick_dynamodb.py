"""The quick DynamoDB says what moto says, call by call: what is proved on it is worth as much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.interleavings.quick_dynamodb import QuickDynamoDb

KEYS = st.sampled_from(["a", "b"])
VALUES = st.sampled_from(["1", "2", "3"])
CONDITIONS = st.sampled_from(
    [
        "",
        "attribute_not_exists(pk)",
        "attribute_exists(pk) AND attribute_not_exists(verdict)",
        "#status = :seen",
        "#status <> :seen",
        "attribute_not_exists(#status) OR #status <= :seen",
        "attribute_exists(#status) AND (#status > :seen OR attribute_exists(verdict))",
        "NOT #status = :seen",
    ]
)
UPDATES = st.sampled_from(
    [
        "SET #status = :new",
        "SET #status = :new, verdict = :new REMOVE gsi1pk, gsi1sk",
        "SET gsi1sk = if_not_exists(gsi1sk, :new), #status = :new",
        "REMOVE verdict",
    ]
)


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _conditioned(request: dict[str, Any], condition: str, seen: str) -> dict[str, Any]:
    if not condition:
        return request
    request |= {
        "ConditionExpression": condition,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if "#status" in condition:
        request.setdefault("ExpressionAttributeNames", {})["#status"] = "status"
    if ":seen" in condition:
        request.setdefault("ExpressionAttributeValues", {})[":seen"] = {"S": seen}
    return request


@st.composite
def puts(draw: st.DrawFn) -> dict[str, Any]:
    item = _key(draw(KEYS), draw(KEYS)) | {"status": {"S": draw(VALUES)}}
    if draw(st.booleans()):
        item |= {"gsi1pk": {"S": "open"}, "gsi1sk": {"S": draw(VALUES)}}
    request = {"TableName": "ledger", "Item": item}
    return {"Put": _conditioned(request, draw(CONDITIONS), draw(VALUES))}


@st.composite
def updates(draw: st.DrawFn) -> dict[str, Any]:
    expression = draw(UPDATES)
    request: dict[str, Any] = {
        "TableName": "ledger",
        "Key": _key(draw(KEYS), draw(KEYS)),
        "UpdateExpression": expression,
    }
    if "#status" in expression:
        request["ExpressionAttributeNames"] = {"#status": "status"}
    if ":new" in expression:
        request["ExpressionAttributeValues"] = {":new": {"S": draw(VALUES)}}
    return {"Update": _conditioned(request, draw(CONDITIONS), draw(VALUES))}


WRITES = st.one_of(puts(), updates())
CALLS = st.one_of(
    WRITES.map(lambda write: ("alone", [write])),
    st.lists(WRITES, min_size=1, max_size=3, unique_by=lambda write: str(_item_of(write))).map(
        lambda writes: ("together", writes)
    ),
    st.tuples(KEYS, KEYS).map(lambda key: ("get", [_key(*key)])),
    KEYS.map(lambda pk: ("query", [pk])),
    VALUES.map(lambda before: ("listed", [before])),
)


def _item_of(write: Mapping[str, Any]) -> tuple[str, str]:
    ((_, asked),) = write.items()
    item = asked.get("Key") or asked["Item"]
    return item["pk"]["S"], item["sk"]["S"]


def _said(client: Any, kind: str, what: list[Any]) -> Any:
    try:
        return _ask(client, kind, what)
    except ClientError as error:
        reasons = [
            {key: one[key] for key in ("Code", "Item") if key in one}
            for one in error.response.get("CancellationReasons", [])
        ]
        return error.response["Error"]["Code"], reasons, error.response.get("Item")


def _ask(client: Any, kind: str, what: list[Any]) -> Any:
    if kind == "together":
        client.transact_write_items(TransactItems=what)
        return "written"
    if kind == "alone":
        ((write, asked),) = what[0].items()
        call = client.put_item if write == "Put" else client.update_item
        call(**asked)
        return "written"
    if kind == "get":
        return client.get_item(TableName="ledger", Key=what[0], ConsistentRead=True).get("Item")
    request: dict[str, Any] = {
        "TableName": "ledger",
        "KeyConditionExpression": "pk = :pk AND sk >= :start",
        "ExpressionAttributeValues": {":pk": {"S": what[0]}, ":start": {"S": "a"}},
    }
    if kind == "listed":
        request |= {
            "IndexName": "index1",
            "KeyConditionExpression": "gsi1pk = :group AND gsi1sk < :before",
            "ExpressionAttributeValues": {":group": {"S": "open"}, ":before": {"S": what[0]}},
        }
    items = client.query(**request)["Items"]
    return sorted(map(repr, (sorted(item.items()) for item in items)))


@pytest.fixture(scope="module")
def moto_client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "dynamodb", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )


def _fresh_table(client: Any) -> None:
    if "ledger" in client.list_tables()["TableNames"]:
        client.delete_table(TableName="ledger")
    names = ("pk", "sk", "gsi1pk", "gsi1sk")
    client.create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": "index1",
                "KeySchema": _schema("gsi1pk", "gsi1sk"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def _schema(hash_name: str, range_name: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_name, "KeyType": "HASH"},
        {"AttributeName": range_name, "KeyType": "RANGE"},
    ]


@settings(max_examples=60, deadline=None)
@given(calls=st.lists(CALLS, min_size=1, max_size=12))
def test_the_quick_table_answers_every_call_as_moto_does(
    moto_client: Any, calls: list[tuple[str, list[Any]]]
) -> None:
    _fresh_table(moto_client)
    quick = QuickDynamoDb()
    for kind, what in calls:
        if kind == "together" and any("Update" in write for write in what):
            continue  # moto does not take an update of a cancelled transaction back
        assert _said(quick, kind, what) == _said(moto_client, kind, what), (kind, what)


def test_a_cancelled_transaction_writes_nothing() -> None:
    quick = QuickDynamoDb()
    first = {"Put": {"TableName": "ledger", "Item": _key("a", "a")}}
    condition = {"ConditionExpression": "attribute_exists(pk)"}
    second = {"Put": {"TableName": "ledger", "Item": _key("b", "b"), **condition}}
    with pytest.raises(ClientError, match="TransactionCanceled"):
        quick.transact_write_items(TransactItems=[first, second])
    assert quick.tables["ledger"] == {}


def test_the_same_client_request_token_is_one_transaction() -> None:
    quick = QuickDynamoDb()
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    write = {"Put": {"TableName": "ledger", "Item": _key("a", "a"), **condition}}
    for _ in range(2):
        quick.transact_write_items(TransactItems=[write], ClientRequestToken="t")
