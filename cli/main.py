"""`signalbox`: what the control plane does, from a terminal, with the caller's own AWS rights."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from signalbox import __version__

from cli.adopt import adopt
from cli.audit import app as audit
from cli.doctor import doctor
from cli.drain import drain
from cli.explain import explain
from cli.gate import app as gate
from cli.hold import app as hold
from cli.policy import app as policy
from cli.reconcile import reconcile
from cli.redrive import redrive
from cli.sweep import sweep

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="An event-driven control plane for releases on AWS.",
)
app.command()(explain)
app.command()(sweep)
app.command()(reconcile)
app.command()(redrive)
app.command()(drain)
app.command()(adopt)
app.command()(doctor)
app.add_typer(gate, name="gate")
app.add_typer(hold, name="hold")
app.add_typer(policy, name="policy")
app.add_typer(audit, name="audit")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"signalbox {__version__}")
        raise typer.Exit


@app.callback()
def _signalbox(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """An event-driven control plane for releases on AWS."""


def run() -> None:
    """The entry point of the console script `signalbox`.

    `AWS_REGION` counts here as it does in AWS's other SDKs: botocore reads `AWS_DEFAULT_REGION`
    alone.
    """
    if region := os.environ.get("AWS_REGION"):
        os.environ.setdefault("AWS_DEFAULT_REGION", region)
    app()
