"""Deploys into the sandbox as a person would into AWS: with `sam deploy`, and nothing by hand.

Beside the two stacks there is only what Slack's and git's own sites would be told (the app's
request URL, and a repository), and the document that says who is who.
"""

import contextlib
import secrets
import subprocess
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from sandbox import children
from sandbox.preflight import ROOT, SAM
from sandbox.process import Box
from sandbox.repository import EXAMPLE, REPOSITORY, Repository
from sandbox.team import people_document

CONTROL_PLANE: Final = "signalbox"
ENVIRONMENTS: Final = "hello-environments"
SERVICE: Final = REPOSITORY
SAMCONFIG: Final = ROOT / "samconfig.toml"
SECONDS_TO_DEPLOY: Final = 180


class DeploymentError(Exception):
    """`sam deploy` failed; the message ends with what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """What Slack gives to whoever registers an app."""

    bot_token: str
    signing_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A control plane in the sandbox, with the example service's environments and pipeline."""

    outputs: Mapping[str, str]
    slack: SlackApp
    repository: Repository


def deploy_everything(box: Box, root: Path = ROOT) -> Deployment:
    """Deploy both stacks from the checkout at `root`, side by side, and register the Slack app.

    Raises `DeploymentError` when a stack does not come up.
    """
    app = SlackApp(bot_token=f"xoxb-{secrets.token_hex(12)}", signing_secret=secrets.token_hex(16))
    register_app(box, app)
    repository = Repository(scratch=box.scratch)
    repository.create(box.endpoint)
    with _sam_deploy(box, root / "template.yaml", CONTROL_PLANE, _parameters(box, app)) as first:
        _wait_for_sams_bucket(box, first)
        with _sam_deploy(box, EXAMPLE / "environments.yaml", ENVIRONMENTS, {}) as second:
            second.finish()
        first.finish()
    outputs = outputs_of(box, CONTROL_PLANE)
    register_app(box, app, request_url=request_url(box, outputs))
    write_people(box)
    return Deployment(outputs=outputs, slack=app, repository=repository)


def deploy_control_plane(
    box: Box, app: SlackApp, root: Path = ROOT, changes: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Deploy Signalbox with the service's pipeline, or an update of it; gives its outputs."""
    parameters = {**_parameters(box, app), **(changes or {})}
    with _sam_deploy(box, root / "template.yaml", CONTROL_PLANE, parameters) as deployment:
        deployment.finish()
    return outputs_of(box, CONTROL_PLANE)


def _parameters(box: Box, app: SlackApp) -> dict[str, str]:
    return {
        **written_parameters(),
        "SlackBotToken": app.bot_token,
        "SlackSigningSecret": app.signing_secret,
        "SlackApiUrl": f"{box.endpoint}/slack/api/",
    }


def written_parameters() -> dict[str, str]:
    """The parameters of the table `sandbox` in samconfig.toml, which the command line replaces."""
    table = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8"))["sandbox"]
    overrides: list[str] = table["deploy"]["parameters"]["parameter_overrides"]
    return dict(override.split("=", 1) for override in overrides)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deployment:
    """A running `sam deploy`."""

    stack: str
    process: subprocess.Popen[bytes]
    log: Path

    def finish(self) -> None:
        """Wait for its end; raises `DeploymentError` unless that is a good one."""
        try:
            status: int | None = self.process.wait(SECONDS_TO_DEPLOY)
        except subprocess.TimeoutExpired:
            status = None
        if status == 0:
            return
        said = self.log.read_text(errors="replace").strip().splitlines()
        ended = (
            f"took more than {SECONDS_TO_DEPLOY} s" if status is None else f"ended with {status}"
        )
        raise DeploymentError("\n".join([f"sam deploy of {self.stack} {ended}:", *said[-25:]]))


@contextlib.contextmanager
def _sam_deploy(
    box: Box, template: Path, stack: str, parameters: Mapping[str, str]
) -> Iterator[_Deployment]:
    """Run `sam deploy` of an unbuilt template: the code runs with the project's own packages."""
    command = [
        str(SAM), "deploy", "--template-file", str(template), "--stack-name", stack,
        "--config-file", str(SAMCONFIG), "--config-env", "sandbox", "--no-progressbar",
    ]  # fmt: skip
    if parameters:
        command += ["--parameter-overrides", *(f"{k}={v}" for k, v in parameters.items())]
    log = box.scratch / f"sam-{stack}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=box.scratch,
            env=box.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _Deployment(stack=stack, process=process, log=log)
    finally:
        children.end(process)


def _wait_for_sams_bucket(box: Box, deployment: _Deployment) -> None:
    """The first `sam deploy` in an account makes a bucket; a second one meanwhile would stumble."""
    cloudformation = box.client("cloudformation")
    while deployment.process.poll() is None:
        with contextlib.suppress(ClientError):
            found = cloudformation.describe_stacks(StackName="aws-sam-cli-managed-default")
            if found["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE":
                return
        time.sleep(0.1)


def outputs_of(box: Box, stack: str) -> dict[str, str]:
    """A stack's outputs, by name."""
    found = box.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def request_url(box: Box, outputs: Mapping[str, str]) -> str:
    """Where Slack sends what people do: AWS's address of the API, as the sandbox serves it."""
    host = f"{outputs['HttpApiId']}.execute-api.localhost:{box.port}"
    return f"http://{host}/slack/interactions"


def write_people(box: Box) -> None:
    """Say who is who: `signalbox policy put people.json --people` writes the same parameter."""
    box.client("ssm").put_parameter(
        Name=f"/signalbox/{CONTROL_PLANE}/people", Value=people_document(), Type="String"
    )


def register_app(box: Box, app: SlackApp, request_url: str | None = None) -> None:
    """Fill in the app's page at Slack: its credentials, and later the request URL."""
    settings = {"bot_token": app.bot_token, "signing_secret": app.signing_secret}
    if request_url is not None:
        settings["request_url"] = request_url
    with box.web() as web:
        web.post("/_sandbox/slack/settings", json=settings).raise_for_status()
