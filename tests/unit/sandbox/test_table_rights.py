"""A table's items on the real server: who may read and write which, by condition and by policy."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import ACCOUNT, REGION
from sandbox.process import Box
from tests.unit.sandbox.live import client_as, session_of, trust

pytestmark = pytest.mark.sandbox

STACK = "guarded"
SCHEMA = {
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "group")
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "grouped",
            "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
OURS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
    "Resource": "*",
    "Condition": {
        "ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": "arn:aws:iam::*:role/${AWS::StackName}-*"}}
    },
}
PUTS = {
    "Effect": "Allow",
    "Action": ["dynamodb:PutItem"],
    "Condition": {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["gate#*", "request#*"]},
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "said", "group"]},
    },
}
READS = {
    "Effect": "Allow",
    "Action": ["dynamodb:GetItem", "dynamodb:Query"],
    "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["gate#*"]}},
}


@pytest.fixture(scope="module")
def table(box: Box) -> str:
    """The name of a table whose policy lets the roles of its own stack write."""
    policy = {"Version": "2012-10-17", "Statement": [OURS_ONLY]}
    properties = {**SCHEMA, "ResourcePolicy": {"PolicyDocument": policy}}
    resources = {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}
    stacks = box.client("cloudformation")
    stacks.create_stack(StackName=STACK, TemplateBody=json.dumps({"Resources": resources}))
    stacks.get_waiter("stack_create_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    found = stacks.describe_stack_resources(StackName=STACK)["StackResources"]
    return str(found[0]["PhysicalResourceId"])


def dynamodb_of(box: Box, table: str, role: str, *statements: Mapping[str, Any]) -> Any:
    """A client under a new role with these rights on the table and its index."""
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
    document = {
        "Version": "2012-10-17",
        "Statement": [{**one, "Resource": [arn, f"{arn}/index/grouped"]} for one in statements],
    }
    iam = box.client("iam")
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(root))
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(document))
    return client_as(box, "dynamodb", session_of(box, role))


def item(pk: str, *attributes: str) -> dict[str, Any]:
    return {name: {"S": pk if name == "pk" else "x"} for name in ("pk", "sk", *attributes)}


def refused(call: Any, **request: Any) -> bool:
    try:
        call(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"]) == "AccessDeniedException"
    return False


def test_what_is_put_is_judged_by_its_partition_and_its_attributes(box: Box, table: str) -> None:
    client = dynamodb_of(box, table, f"{STACK}-puts", PUTS)
    for put, wrong in (
        (item("gate#1", "said"), False),
        (item("request#1"), False),
        (item("release#1", "said"), True),
        (item("gate#1", "verdict"), True),
        (item("gate#1", "said", "verdict"), True),
    ):
        assert refused(client.put_item, TableName=table, Item=put) is wrong, put
        part = {"Put": {"TableName": table, "Item": put}}
        assert refused(client.transact_write_items, TransactItems=[part]) is wrong, put


def test_one_part_of_a_transaction_that_may_not_be_written_keeps_the_rest_back(
    box: Box, table: str
) -> None:
    client = dynamodb_of(box, table, f"{STACK}-transacts", PUTS)
    fine = {"Put": {"TableName": table, "Item": item("gate#2", "said")}}
    for other in (item("release#2"), item("gate#2b", "verdict")):
        parts = [fine, {"Put": {"TableName": table, "Item": other}}]
        assert refused(client.transact_write_items, TransactItems=parts)
    kept = box.client("dynamodb").get_item(TableName=table, Key=item("gate#2"))
    assert "Item" not in kept


def test_a_condition_names_attributes_too(box: Box, table: str) -> None:
    client = dynamodb_of(box, table, f"{STACK}-asks", PUTS)
    put = {"TableName": table, "Item": item("gate#3")}
    asked = "attribute_not_exists(#a) AND pk < :x"
    for name, wrong in (("said", False), ("verdict", True)):
        request = {
            "ConditionExpression": asked,
            "ExpressionAttributeNames": {"#a": name},
            "ExpressionAttributeValues": {":x": {"S": "x"}},
        }
        assert refused(client.put_item, **put, **request) is wrong


def test_reading_is_judged_by_the_partition_of_the_table_or_of_the_index(
    box: Box, table: str
) -> None:
    client = dynamodb_of(box, table, f"{STACK}-reads", READS)
    for key, wrong in (("gate#1", False), ("release#1", True)):
        assert refused(client.get_item, TableName=table, Key=item(key)) is wrong
        values = {":key": {"S": key}, ":sk": {"S": "x"}}
        query = {"TableName": table, "ExpressionAttributeValues": values}
        condition = "sk = :sk AND #pk = :key"
        names = {"#pk": "pk"}
        asked = {**query, "KeyConditionExpression": condition, "ExpressionAttributeNames": names}
        assert refused(client.query, **asked) is wrong
        values.pop(":sk")
        asked = {**query, "IndexName": "grouped", "KeyConditionExpression": "#group = :key"}
        names = {"#group": "group"}
        assert refused(client.query, **asked, ExpressionAttributeNames=names) is wrong


def test_the_tables_own_policy_outdoes_what_a_role_is_granted(box: Box, table: str) -> None:
    everything = {"Effect": "Allow", "Action": "dynamodb:*"}
    ours = dynamodb_of(box, table, f"{STACK}-anything", everything)
    theirs = dynamodb_of(box, table, "admin", everything)
    put = {"TableName": table, "Item": item("gate#4")}
    assert not refused(ours.put_item, **put)
    assert refused(theirs.put_item, **put)
    assert refused(theirs.transact_write_items, TransactItems=[{"Put": put}])
    assert refused(theirs.delete_item, TableName=table, Key=item("gate#4"))
    assert not refused(theirs.get_item, TableName=table, Key=item("gate#4"))
    assert not refused(theirs.describe_table, TableName=table)
