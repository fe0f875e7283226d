"""`signalbox reconcile`: let the reconciler run now, with the caller's own AWS rights."""

from __future__ import annotations

import json
from typing import Annotated, Any

import botocore.session
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import AwsRefusedError, SignalboxError

from cli.stacks import outputs_of

PATIENT = Config(read_timeout=310, retries={"total_max_attempts": 1})
"""A run takes five minutes at most, and one is enough."""


def reconcile(
    function: Annotated[
        str, typer.Option(help="The reconciler's function; spares reading the stack.")
    ] = "",
    stack: Annotated[
        str, typer.Option(help="The control plane's stack, whose outputs name the function.")
    ] = "signalbox",
) -> None:
    """Compare the ledger with AWS now instead of within five minutes, and say what was found.

    Needs lambda:InvokeFunction, and cloudformation:DescribeStacks unless the function is given.
    """
    try:
        client = botocore.session.get_session().create_client
        name = function or outputs_of(stack, client("cloudformation"), "ReconcileFunctionName")[0]
        counts = run_now(name, client("lambda", config=PATIENT))
    except (SignalboxError, BotoCoreError) as error:
        typer.echo(f"signalbox reconcile: {error}", err=True)
        raise typer.Exit(1) from None
    for what, number in counts.items():
        typer.echo(f"{what:20} {number}")


def run_now(function: str, client: Any) -> dict[str, int]:
    """Run the function and return its counts. Raises AwsRefusedError where the run failed."""
    with aws_call(f"run {function}"):
        answer = client.invoke(FunctionName=function, InvocationType="RequestResponse")
    said: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer:
        kind, message = said.get("errorType", ""), said.get("errorMessage", "")
        raise AwsRefusedError(f"the run failed: {kind}: {message}", code=str(kind))
    return said
