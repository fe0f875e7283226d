"""`signalbox sweep SERVICE`: start a cleanup, with the caller's own AWS rights."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Annotated, Any

import botocore.session
import typer
from botocore.exceptions import BotoCoreError, ClientError
from signalbox.domain.errors import AwsRefusedError, SettingMissingError

CONTRACT = 1
OUTPUT = "CleanupStateMachineArn"

Client = Callable[[str], Any]


def sweep(
    service: Annotated[str, typer.Argument(help="The service as it registered itself.")],
    machine_arn: Annotated[
        str, typer.Option(help="ARN of the cleanup state machine; spares reading the stack.")
    ] = "",
    stack: Annotated[
        str, typer.Option(help="The control plane's stack, whose outputs name the machine.")
    ] = "signalbox",
) -> None:
    """Start a cleanup of SERVICE and print the ARN of its execution.

    Needs states:StartExecution, and cloudformation:DescribeStacks unless the ARN is given.
    """
    try:
        client = botocore.session.get_session().create_client
        typer.echo(start_sweep(service, machine_arn or machine_of(stack, client), client))
    except (SettingMissingError, AwsRefusedError, BotoCoreError) as error:
        typer.echo(f"signalbox sweep: {error}", err=True)
        raise typer.Exit(1) from None


def machine_of(stack: str, client: Client) -> str:
    """The ARN in the stack's outputs. Raises SettingMissingError where the stack has none."""
    try:
        found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        raise _refused(f"cannot read stack {stack}", error) from error
    outputs = [output for one in found for output in one.get("Outputs", [])]
    for output in outputs:
        if output["OutputKey"] == OUTPUT:
            return str(output["OutputValue"])
    raise SettingMissingError(f"stack {stack} has no output {OUTPUT}; is it the control plane?")


def start_sweep(service: str, machine_arn: str, client: Client) -> str:
    """Start the machine and return the execution's ARN.

    Its name is ``{sweep id}-1``, as every name of a first attempt. Raises AwsRefusedError.
    """
    sweep_id = uuid.uuid4().hex
    payload = {"contract": CONTRACT, "service": service, "sweepId": sweep_id}
    try:
        started = client("stepfunctions").start_execution(
            stateMachineArn=machine_arn, name=f"{sweep_id}-1", input=json.dumps(payload)
        )
    except ClientError as error:
        raise _refused("the cleanup did not start", error) from error
    return str(started["executionArn"])


def _refused(what: str, error: ClientError) -> AwsRefusedError:
    details = error.response.get("Error", {})
    code = details.get("Code", "")
    return AwsRefusedError(f"{what}: {details.get('Message') or code}", code=code)
