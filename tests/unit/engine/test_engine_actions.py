"""The Lambda deploy action and the source actions, on doubles of their services."""

import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine.actions.deploy_lambda import DeployLambdaWorker, DeploymentFailed, Step, steps
from sandbox.engine.actions.source import SourceWorker
from sandbox.engine.conductor import ActionOrder
from sandbox.engine.connections import Connections
from sandbox.engine.executions import ActionResult, ActionRun, Status
from sandbox.engine.repositories import Repositories
from sandbox.engine.triggers import PushTriggers
from tests.unit.engine.engine_world import (
    MANUAL,
    ROLE,
    KeptEvents,
    SetClock,
    World,
    hello,
    source_action,
)


class Functions:
    """Lambda, S3, STS and CloudWatch of one function."""

    def __init__(self) -> None:
        self.alias: dict[str, Any] = {"FunctionVersion": "1", "RevisionId": "r0"}
        self.shifts: list[tuple[str, dict[str, float]]] = []
        self.ringing: list[str] = []
        self.rings_after = 10**6
        self.looks = 0
        self.assumed: list[str] = []

    def get_alias(self, **_: str) -> dict[str, Any]:
        return dict(self.alias)

    def update_alias(self, **given: Any) -> dict[str, Any]:
        assert given["RevisionId"] == self.alias["RevisionId"]
        weights = given["RoutingConfig"]["AdditionalVersionWeights"]
        self.shifts.append((given["FunctionVersion"], weights))
        self.alias = {
            "FunctionVersion": given["FunctionVersion"],
            "RevisionId": f"r{len(self.shifts)}",
        }
        return dict(self.alias)

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(b"zip")}

    def update_function_code(self, **given: Any) -> None:
        assert given["ZipFile"] == b"zip"

    def get_function_configuration(self, **_: str) -> dict[str, str]:
        return {"LastUpdateStatus": "Successful"}

    def publish_version(self, **_: str) -> dict[str, str]:
        return {"Version": "2"}

    def assume_role(self, **given: str) -> None:
        self.assumed.append(given["RoleArn"])

    def describe_alarms(self, **given: Any) -> dict[str, Any]:
        self.looks += 1
        state = "ALARM" if self.looks > self.rings_after else "OK"
        alarms = [{"AlarmName": name, "StateValue": state} for name in given["AlarmNames"]]
        return {"MetricAlarms": alarms}


def deploy(functions: Functions, role: str = ROLE, **configuration: str) -> ActionResult:
    world = World()
    execution = world.start()
    world.advance(through="Build")
    run = world.open_run("Staging")
    run.configuration = {"FunctionName": "hello", "FunctionAlias": "live", **configuration}
    worker = DeployLambdaWorker(clients=lambda _, **__: functions, clock=SetClock())
    return worker(ActionOrder(run=run, execution=execution, role_arn=role))


def test_all_at_once_moves_the_alias_to_the_new_version() -> None:
    functions = Functions()
    result = deploy(functions, DeployStrategy="AllAtOnce")
    assert result.status is Status.SUCCEEDED
    assert result.output_variables == {"FunctionVersion": "2"}
    assert functions.shifts == [("2", {})]


def test_a_canary_gives_a_share_first() -> None:
    functions = Functions()
    deploy(functions, DeployStrategy="Canary10Percent5Minutes")
    assert functions.shifts == [("1", {"2": 0.1}), ("2", {})]


def test_an_alarm_takes_the_alias_back_and_fails() -> None:
    functions = Functions()
    functions.rings_after = 3
    result = deploy(functions, DeployStrategy="Linear20PercentEvery1Minute", Alarms="errors")
    assert result.status is Status.FAILED
    assert "errors" in result.error_message
    assert functions.shifts[-1] == ("1", {})


def test_a_split_alias_is_refused_and_left_alone() -> None:
    functions = Functions()
    functions.alias["RoutingConfig"] = {"AdditionalVersionWeights": {"3": 0.5}}
    result = deploy(functions)
    assert result.error_code == "ConfigurationError"
    assert functions.shifts == []


def test_an_action_with_its_own_role_assumes_it() -> None:
    functions = Functions()
    deploy(functions, role="arn:aws:iam::123456789012:role/deploy")
    assert functions.assumed == ["arn:aws:iam::123456789012:role/deploy"]


def test_strategies_are_read_as_aws_writes_them() -> None:
    assert steps("AllAtOnce") == []
    assert steps("Canary10Percent15Minutes") == [Step(weight=0.1, wait_minutes=15)]
    assert [step.weight for step in steps("Linear25PercentEvery10Minutes")] == [0.25, 0.5, 0.75]
    for wrong in ("Canary0Percent5Minutes", "Sideways", "Linear1PercentEvery60Minutes"):
        with pytest.raises(DeploymentFailed):
            steps(wrong)


class Git:
    """A bare repository with one commit."""

    def __init__(self, root: Path) -> None:
        self.repositories = Repositories(root)
        bare, clone = root / "hello.git", root / "clone"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
        subprocess.run(["git", "clone", "-q", bare, clone], check=True, capture_output=True)
        self.clone = clone
        self.head = self.commit("x = 1\n")

    def commit(self, text: str) -> str:
        """Push a commit with this text of `app.py`; its id."""
        (self.clone / "app.py").write_text(text)
        author = ["-c", "user.name=Ana Lima", "-c", "user.email=ana@example.com"]
        for command in (
            ["add", "."],
            [*author, "commit", "-q", "-m", "Greet\n\nWarmly."],
            ["push", "-q", "origin", "HEAD:main"],
        ):
            subprocess.run(["git", "-C", self.clone, *command], check=True)
        return self.repositories.commit("hello", "refs/heads/main").id


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


class Bucket:
    def __init__(self) -> None:
        self.body = b""

    def put_object(self, *, Body: bytes, **_: str) -> None:  # noqa: N803
        self.body = Body


def fetch(
    git: Git,
    bucket: Bucket,
    denied: str | None = None,
    revision: str | None = None,
    **configuration: str,
) -> ActionResult:
    structure = hello()
    structure["stages"][0]["actions"][0] = source_action(**configuration)
    world = World(structure)
    asked = {"Source": revision} if revision else {}
    execution = world.pipelines.start("hello", MANUAL, revisions=asked)
    run: ActionRun = world.open_run("Source")
    worker = SourceWorker(
        repositories=git.repositories,
        connections=Connections(),
        clients=lambda _, **__: bucket,
        denied=lambda *_: denied,
    )
    return worker(ActionOrder(run=run, execution=execution, role_arn=ROLE))


def test_a_clone_reference_names_the_commit_and_the_variables_the_author(git: Git) -> None:
    bucket = Bucket()
    result = fetch(git, bucket, OutputArtifactFormat="CODEBUILD_CLONE_REF")
    assert json.loads(bucket.body)["commit"] == git.head
    assert result.output_variables["AuthorEmail"] == "ana@example.com"
    assert result.output_variables["AuthorDisplayName"] == "Ana Lima"
    assert json.loads(result.summary) == {
        "ProviderType": "GitHub",
        "CommitMessage": "Greet\n\nWarmly.",
    }


def test_without_a_clone_reference_the_artifact_is_a_zip(git: Git) -> None:
    bucket = Bucket()
    fetch(git, bucket)
    assert bucket.body.startswith(b"PK")


def test_the_commit_that_is_asked_for_is_fetched_and_not_the_branchs_head(git: Git) -> None:
    first = git.head
    newest = git.commit("x = 2\n")
    bucket = Bucket()
    assert fetch(git, bucket).output_variables["CommitId"] == newest
    result = fetch(git, bucket, revision=first)
    assert result.output_variables["CommitId"] == first
    assert result.revision is not None
    assert result.revision.revision_id == first
    with zipfile.ZipFile(io.BytesIO(bucket.body)) as archive:
        assert archive.read("app.py") == b"x = 1\n"


@pytest.mark.parametrize("revision", ["main", "HEAD~1", "abc1234", "0" * 40])
def test_what_is_no_commit_of_the_repository_fails_the_action(git: Git, revision: str) -> None:
    bucket = Bucket()
    result = fetch(git, bucket, revision=revision)
    assert (result.status, result.error_code) == (Status.FAILED, "ConfigurationError")
    assert bucket.body == b""


def test_a_role_that_may_not_use_the_connection_fails(git: Git) -> None:
    bucket = Bucket()
    result = fetch(git, bucket, denied="User: me is not authorized")
    assert result.error_code == "PermissionError"
    assert bucket.body == b""


def test_a_missing_branch_fails_the_action(git: Git) -> None:
    result = fetch(git, Bucket(), BranchName="elsewhere")
    assert result.status is Status.FAILED
    assert "elsewhere" in result.error_message


def push(git: Git, branch: str = "main", **changes: Any) -> World:
    world = World(hello(**changes))
    triggers = PushTriggers(
        pipelines=world.pipelines,
        repositories=git.repositories,
        connections=Connections(),
        clients=lambda _, **__: None,
        emit=KeptEvents(),
    )
    triggers.received("hello", branch, "0" * 40, git.head)
    return world


def trigger(**push_filter: Any) -> list[dict[str, Any]]:
    return [
        {
            "providerType": "CodeStarSourceConnection",
            "gitConfiguration": {"sourceActionName": "Source", "push": [push_filter]},
        }
    ]


@pytest.mark.parametrize(
    ("branch", "changes", "starts"),
    [
        ("main", {}, 1),
        ("other", {}, 0),
        ("main", {"triggers": trigger(branches={"includes": ["main"]})}, 1),
        ("feature/a", {"triggers": trigger(branches={"includes": ["feature/*"]})}, 1),
        ("main", {"triggers": trigger(branches={"includes": ["*"], "excludes": ["main"]})}, 0),
        ("main", {"triggers": trigger(filePaths={"includes": ["docs/*"]})}, 0),
        ("main", {"triggers": trigger(filePaths={"includes": ["*.py"]})}, 1),
        ("main", {"triggers": trigger(tags={"includes": ["v*"]})}, 0),
    ],
)
def test_a_push_starts_what_its_triggers_admit(
    git: Git, branch: str, changes: dict[str, Any], starts: int
) -> None:
    assert len(push(git, branch, **changes).pipeline.executions) == starts


def test_a_push_carries_its_author_into_the_events(git: Git) -> None:
    world = push(git)
    said = world.kept.events[0]["detail"]["execution-trigger"]
    assert said["author-email"] == "ana@example.com"
    assert said["commit-id"] == git.head
    assert said["branch-name"] == "main"
    assert "trigger-type" not in said
    (execution,) = world.pipeline.executions.values()
    assert execution.requested_revisions == {"Source": git.head}
