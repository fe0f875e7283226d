"""`signalbox doctor`: what Signalbox lacks to keep its promises, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import botocore.session
import typer
from botocore.exceptions import BotoCoreError
from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import AwsRefusedError, SettingMissingError, SignalboxError

from cli.checkups import CHECKUPS, DEAD_LETTERS
from cli.control_api import api_of, reported
from cli.examined import Finding, Level, Patient, is_denied
from cli.words import say

NEEDED = (
    "ApiUrl",
    "ParameterPrefix",
    "ReconcileFunctionName",
    "SlackSecretArn",
    "NotificationsTopicArn",
    *DEAD_LETTERS,
)


def doctor(
    stack: Annotated[str, typer.Option(help="The control plane's stack.")] = "signalbox",
    url: Annotated[str, typer.Option(help="The API's URL, where it is not the stack's.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at a deployed control plane: API, reconciler, CloudTrail, documents, roles, Slack.

    Each line says OK, WARN or FAIL, and what to do. Exits with 1 where one is FAIL. Nothing is
    changed, and no secret is printed. What you have no right to look at is a WARN.
    """
    with reported("doctor"):
        patient = _patient(stack, url)
    found = [(name, one) for name in CHECKUPS for one in examine(name, patient)]
    if as_json:
        typer.echo(json.dumps([_document(name, one) for name, one in found]))
    else:
        say(line for name, one in found for line in _lines(name, one))
    if any(one.level is Level.FAIL for _, one in found):
        raise typer.Exit(1)


def examine(name: str, patient: Patient) -> Iterator[Finding]:
    """What one check-up finds. What could not be looked at is a finding as well."""
    try:
        yield from CHECKUPS[name](patient)
    except AwsRefusedError as refused:
        lacking = is_denied(refused)
        do = "ask for that right, or let somebody look who has it" if lacking else ""
        yield Finding(Level.WARN if lacking else Level.FAIL, f"not looked at: {refused}", do)
    except (SignalboxError, BotoCoreError) as error:
        yield Finding(Level.WARN, f"not looked at: {error}", "try again")


def _patient(stack: str, url: str) -> Patient:
    session = botocore.session.get_session()
    cloudformation: Any = session.create_client("cloudformation")
    with aws_call(f"read stack {stack}"):
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {
        one["OutputKey"]: str(one["OutputValue"])
        for each in found
        for one in each.get("Outputs", [])
    }
    if missing := [name for name in NEEDED if name not in outputs]:
        raise SettingMissingError(
            f"stack {stack} has no output {missing[0]}; is it the control plane, and up to date?"
        )
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = session.create_client(service)
        return clients[service]

    return Patient(
        stack=stack,
        client=client,
        outputs=outputs,
        api=lambda: api_of(stack, url or outputs["ApiUrl"]),
        now=datetime.now(UTC),
    )


def _lines(name: str, finding: Finding) -> Iterator[str]:
    yield f"{finding.level.value:<4}  {name}: {finding.what}"
    if finding.do:
        yield f"      {finding.do}"


def _document(name: str, finding: Finding) -> dict[str, str]:
    return {"level": finding.level.value, "about": name, "what": finding.what, "do": finding.do}
