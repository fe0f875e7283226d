"""Nobody but those who are named may write to us; a template opened wider does not build."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.structure.templates import as_list, points_at, statements_of, template
from tools.transform import TEMPLATES

Template = dict[str, Any]
SOURCES = {"aws:SourceArn", "aws:SourceAccount", "aws:PrincipalArn"}
OWN_LAMBDAS = {"lambda.amazonaws.com"}
"""Lambda assumes a function's role by iam:PassRole of whoever deploys, and knows no condition."""


def open_doors(found: Template) -> list[str]:
    """Every statement that lets in whoever comes, and every policy of an event bus that names no
    account; by logical id.
    """
    doors = []
    for key, statement in statements_of(found):
        if statement["Effect"] == "Allow" and "Principal" in statement and _open(statement):
            doors.append(key)
    for key, resource in found["Resources"].items():
        if resource["Type"] == "AWS::Events::EventBusPolicy" and _bus_is_open(resource):
            doors.append(key)
    return doors


def _open(statement: Template) -> bool:
    principal = statement["Principal"]
    if principal == "*" or "*" in as_list(principal.get("AWS", ())):
        return True
    if set(as_list(principal.get("Service", ()))) <= OWN_LAMBDAS and "Service" in principal:
        return statement["Action"] != "sts:AssumeRole"
    if "Service" not in principal:
        return False
    conditions = statement.get("Condition", {})
    named = {key: value for each in conditions.values() for key, value in each.items()}
    return not any(key in SOURCES and "*" not in as_list(named[key]) for key in named)


def _bus_is_open(resource: Template) -> bool:
    said = resource["Properties"]
    statement = said.get("Statement", {"Principal": said.get("Principal", "*")})
    principal = statement["Principal"]
    accounts = as_list(principal if isinstance(principal, str) else principal.get("AWS", "*"))
    return "*" in accounts and "aws:PrincipalOrgID" not in str(statement.get("Condition", ""))


def _any_sender(found: Template) -> None:
    _statement(found, "InboxQueuePolicy")["Principal"] = "*"


def _any_account(found: Template) -> None:
    _statement(found, "InboxQueuePolicy")["Principal"] = {"AWS": ["*"]}


def _any_rule(found: Template) -> None:
    del _statement(found, "InboxQueuePolicy")["Condition"]


def _any_rule_by_star(found: Template) -> None:
    _statement(found, "InboxQueuePolicy")["Condition"] = {"ArnLike": {"aws:SourceArn": "*"}}


def _any_alarm(found: Template) -> None:
    statement = _statement(found, "NotificationsTopicPolicy")
    statement["Principal"] = {"AWS": "*"}


def _any_bus(found: Template) -> None:
    found["Resources"]["Bus"] = {
        "Type": "AWS::Events::EventBusPolicy",
        "Properties": {
            "StatementId": "all",
            "Statement": {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents"},
        },
    }


def _any_bus_in_the_old_form(found: Template) -> None:
    found["Resources"]["Bus"] = {
        "Type": "AWS::Events::EventBusPolicy",
        "Properties": {"StatementId": "all", "Principal": "*", "Action": "events:PutEvents"},
    }


WIDENINGS = (
    _any_sender,
    _any_account,
    _any_rule,
    _any_rule_by_star,
    _any_alarm,
    _any_bus,
    _any_bus_in_the_old_form,
)


def _statement(found: Template, key: str) -> Template:
    policy = found["Resources"][key]["Properties"]["PolicyDocument"]
    allowing: list[Template] = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    return allowing[0]


@pytest.mark.case(49)
@pytest.mark.parametrize("name", TEMPLATES)
def test_no_queue_topic_role_or_bus_lets_in_whoever_comes(name: str) -> None:
    assert open_doors(template(name)) == []


@pytest.mark.case(49)
@pytest.mark.parametrize("widen", WIDENINGS)
def test_a_door_that_is_opened_wider_is_found(widen: Callable[[Template], None]) -> None:
    widened = copy.deepcopy(template("cfn.json"))
    widen(widened)
    assert len(open_doors(widened)) == 1


@pytest.mark.case(48)
def test_the_template_takes_events_of_its_own_account_only() -> None:
    """No bus policy lets another account in, and the code's list of accounts is this one."""
    found = template("cfn.json")["Resources"]
    kinds = {resource["Type"] for resource in found.values()}
    assert not kinds & {"AWS::Events::EventBus", "AWS::Events::EventBusPolicy"}
    record = found["RecordEventFunction"]["Properties"]["Environment"]["Variables"]
    assert points_at(record["ALLOWED_ACCOUNTS"]) == "AWS::AccountId"
