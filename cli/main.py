"""`signalbox`: what the control plane does, from a terminal, with the caller's own AWS rights."""

from __future__ import annotations

from typing import Annotated

import typer
from signalbox import __version__

from cli.audit import app as audit
from cli.explain import explain
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
    """The entry point of the console script `signalbox`."""
    app()
