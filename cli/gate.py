"""`signalbox gate`: see what waits for people, and decide, without Slack."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from signalbox.adapters.dynamodb_documents import from_document
from signalbox.domain.errors import SettingMissingError, UnknownNameError
from signalbox.domain.gates import Gate, GateStatus
from signalbox.usecases.names import gates_named

from cli.asking import print_answer
from cli.control_api import ControlApi, api_of, fail, reported
from cli.gate_words import gate_line, gate_lines
from cli.words import printable, say

LOOKS, PAUSE_SECONDS = 10, 1.0
"""Votes are weighed within a second or two."""

_WHOLE_ID = re.compile(r"[0-9a-f]{32,64}")

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="See what waits for people, and decide, without Slack. Needs execute-api:Invoke.",
)

Name = Annotated[
    str,
    typer.Argument(
        metavar="GATE",
        help="A gate's id, its pipeline, PIPELINE/STAGE, or PIPELINE@COMMIT.",
        show_default=False,
    ),
]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit.")]
Stack = Annotated[str, typer.Option(help="The control plane's stack, whose outputs name the API.")]
Url = Annotated[str, typer.Option(help="The API's URL; spares reading the stack.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether that is meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_gates(stack: Stack = "signalbox", url: Url = "", as_json: AsJson = False) -> None:
    """List the gates that wait for people."""
    with reported("gate"):
        told = api_of(stack, url).get("/gates")
        found = [_gate(one) for one in told.get("gates", [])]
    if as_json:
        typer.echo(json.dumps(told))
        return
    say(gate_line(gate) for gate in found)
    if not found:
        typer.echo("nothing waits for people")


@app.command()
def show(gate: Name, stack: Stack = "signalbox", url: Url = "", as_json: AsJson = False) -> None:
    """Show what would be decided: commits, checks, votes, and what it waits for."""
    with reported("gate"):
        found = the_gate(gate, api_of(stack, url))
        lines = [json.dumps(found)] if as_json else list(gate_lines(_gate(found)))
    say(lines)


@app.command()
def approve(
    gate: Name, reason: Reason = "", stack: Stack = "signalbox", url: Url = "", yes: Yes = False
) -> None:
    """Show what would be approved, ask, and approve exactly that."""
    _decide("approve", gate, {"reason": reason}, stack, url, yes=yes)


@app.command()
def reject(
    gate: Name, reason: Reason, stack: Stack = "signalbox", url: Url = "", yes: Yes = False
) -> None:
    """Show what would be rejected, ask, and reject it."""
    _decide("reject", gate, {"reason": reason}, stack, url, yes=yes)


@app.command("break-glass")
def break_glass(
    gate: Name,
    reason: Reason,
    ticket: Annotated[str, typer.Option(help="The emergency's ticket.")],
    stack: Stack = "signalbox",
    url: Url = "",
    yes: Yes = False,
) -> None:
    """Approve alone, in an emergency, whatever the checks say. It is loud, and reviewed."""
    _decide("break-glass", gate, {"reason": reason, "ticket": ticket}, stack, url, yes=yes)


@app.command()
def review(gate: Name, stack: Stack = "signalbox", url: Url = "") -> None:
    """Say that you have reviewed a broken glass of somebody else's."""
    with reported("gate"):
        api = api_of(stack, url)
        given = api.post(f"/gates/{the_gate(gate, api)['id']}/review", {})
        print_answer(given, api)


def the_gate(name: str, api: ControlApi) -> Mapping[str, Any]:
    """The one gate that is meant. Raises UnknownNameError where that is none or several."""
    if _WHOLE_ID.fullmatch(name):
        return api.get(f"/gates/{name}")
    documents = {one["id"]: one for one in api.get("/gates").get("gates", [])}
    found = gates_named(name, [_gate(one) for one in documents.values()])
    if not found:
        raise UnknownNameError(f"no gate called {name} waits for people")
    if len(found) > 1:
        listed = "; ".join(gate_line(one) for one in found)
        raise UnknownNameError(f"{name} may mean any of these, name one by its id: {listed}")
    return api.get(f"/gates/{found[0].id}")


def _decide(
    choice: str, name: str, said: Mapping[str, str], stack: str, url: str, *, yes: bool
) -> None:
    with reported("gate"):
        api = api_of(stack, url)
        shown = _gate(the_gate(name, api))
        say(gate_lines(shown))
        if shown.status is not GateStatus.OPEN:
            fail("gate", "it is closed already")
        if not yes:
            typer.confirm(f"{choice} this?", abort=True)
        vote = {"choice": choice, "digest": shown.shown_digest, **said}
        told = api.post(f"/gates/{shown.id}/votes", vote)
        typer.echo(printable(str(told.get("message", ""))))
        _say_what_came_of_it(shown, api)


def _say_what_came_of_it(before: Gate, api: ControlApi) -> None:
    """Whether the gate is decided now, or what it still waits for.

    Raises typer.Exit with 1 where a vote came to nothing.
    """
    for _ in range(LOOKS):
        now = _gate(api.get(f"/gates/{before.id}"))
        if now.status is not GateStatus.OPEN:
            say(list(gate_lines(now))[:1])
            return
        seen, known = ((one.standing, one.denied, one.shown_digest) for one in (now, before))
        if seen != known:
            say([*now.denied, *(f"  waits for   {line}" for line in now.standing)])
            if set(now.denied) - set(before.denied):
                raise typer.Exit(1)
            return
        time.sleep(PAUSE_SECONDS)
    say([f"it is still open; see: signalbox gate show {before.id}"])


def _gate(document: Mapping[str, Any]) -> Gate:
    try:
        return from_document(Gate, document)
    except (KeyError, TypeError, ValueError) as wrong:
        raise SettingMissingError(
            f"this Signalbox does not understand the control plane's answer ({wrong!r})"
        ) from None
