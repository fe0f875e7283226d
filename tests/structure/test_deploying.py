"""How Signalbox gets into an account, and what keeps the sandbox's settings out of one."""

from __future__ import annotations

import json
import subprocess
import tomllib
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from sandbox.deploy import SERVICE as SERVICE_NAME
from sandbox.deploy import written_parameters
from sandbox.process import PROFILE
from sandbox.repository import BRANCH, FULL_REPOSITORY_ID
from tools.transform import ROOT

SAMCONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
CONTROL_PLANE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
SERVICE = yaml_parse((ROOT / "pipelines" / "service.yaml").read_text(encoding="utf-8"))


def deploy_action(stage: str) -> dict[str, Any]:
    stages = SERVICE["Resources"]["Pipeline"]["Properties"]["Stages"]
    [found] = [each for each in stages if each["Name"] == stage]
    configuration: dict[str, Any] = found["Actions"][0]["Configuration"]
    return configuration


def test_production_shifts_its_traffic_as_the_parameter_says() -> None:
    strategy = {"Ref": "ProductionDeployStrategy"}
    nested = CONTROL_PLANE["Resources"]["ServicePipeline"]["Properties"]["Parameters"]
    assert nested["ProductionDeployStrategy"] == strategy
    assert deploy_action("Production")["DeployStrategy"] == strategy
    assert deploy_action("Staging")["DeployStrategy"] == "AllAtOnce"


def test_both_templates_shift_alike_by_default() -> None:
    defaults = {
        template["Parameters"]["ProductionDeployStrategy"]["Default"]
        for template in (CONTROL_PLANE, SERVICE)
    }
    assert defaults == {"Canary10Percent5Minutes"}


def test_nothing_is_deployed_by_default() -> None:
    assert "deploy" not in SAMCONFIG["default"], "a bare `sam deploy` would reach a real account"


@pytest.mark.parametrize("table", ["sandbox", "dev", "prod"])
def test_every_table_lints(table: str) -> None:
    assert SAMCONFIG[table]["validate"]["parameters"]["lint"] is True


def test_no_table_holds_a_secret() -> None:
    for table in SAMCONFIG.keys() - {"version"}:
        assert "SlackBotToken" not in json.dumps(SAMCONFIG[table])


def test_the_table_of_the_sandbox_reaches_no_account() -> None:
    profile = SAMCONFIG["sandbox"]["deploy"]["parameters"]["profile"]
    assert f"[profile {profile}]" in PROFILE


def test_the_sandbox_deploys_what_its_table_says() -> None:
    assert written_parameters().keys() <= CONTROL_PLANE["Parameters"].keys()
    assert written_parameters()["ServiceName"] == SERVICE_NAME
    assert written_parameters()["FullRepositoryId"] == FULL_REPOSITORY_ID
    assert written_parameters()["BranchName"] == BRANCH


def test_make_does_not_deploy_the_table_of_the_sandbox() -> None:
    done = subprocess.run(
        ["make", "deploy", "CONFIG=sandbox"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "never for an AWS account" in done.stderr
    assert "Setting up" not in done.stdout, "refused before anything is built"
