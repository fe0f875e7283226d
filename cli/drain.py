"""`signalbox drain`: what would die with the stack, before it is deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError
from signalbox.domain.errors import SignalboxError

from cli.control_api import api_of
from cli.words import printable, say

OPEN, UNKNOWN = 1, 2
KINDS = {
    "gates": ("open gate", "open gates", "a gate dies with its workflow, and nobody settles it"),
    "closed_stages": (
        "closed stage",
        "closed stages",
        "nobody would open it again: end what holds it first",
    ),
    "holds": ("hold", "holds", "it ends with the stack"),
    "rollbacks": ("rollback under way", "rollbacks under way", "wait until it has ended"),
    "effects": (
        "thing still to do",
        "things still to do",
        "see: signalbox reconcile, signalbox redrive",
    ),
}


def drain(
    stack: Annotated[
        str, typer.Option(help="The control plane's stack, whose outputs name the API.")
    ] = "signalbox",
    url: Annotated[str, typer.Option(help="The API's URL; spares reading the stack.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is still open: gates, closed stages, holds, rollbacks, things still to do.

    Exits with 0 where nothing is, 1 where something is, 2 where it could not be found out. Needs
    execute-api:Invoke, and cloudformation:DescribeStacks unless the URL is given.
    """
    try:
        found = api_of(stack, url).get("/unfinished")
    except (SignalboxError, BotoCoreError) as error:
        typer.echo(printable(f"signalbox drain: {error}"), err=True)
        raise typer.Exit(UNKNOWN) from None
    if as_json:
        typer.echo(json.dumps(found))
    else:
        say(drained_lines(found))
    if any(found.values()):
        raise typer.Exit(OPEN)


def drained_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What is open, kind by kind, with what it means for whoever deletes the stack."""
    for kind, things in found.items():
        one, many, meaning = KINDS.get(kind, (kind, kind, "this Signalbox does not know it"))
        if things:
            yield f"{len(things)} {one if len(things) == 1 else many}: {meaning}"
            yield from (f"  {_words(thing)}" for thing in things)
    if not any(found.values()):
        yield "nothing is open: the stack can be deleted"


def _words(thing: Any) -> str:
    if not isinstance(thing, Mapping):
        return str(thing)
    return "  ".join(str(value) for value in thing.values() if value)
