"""`signalbox hold`: keep releases out, see what is held, and let them go on, without Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from signalbox.adapters.policy_schema import duration
from signalbox.notifications.stage_lines import CONDITIONS

from cli.asking import print_answer
from cli.control_api import api_of, fail, reported
from cli.words import moment, say

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep releases out, see what is held, and let them go on. Needs execute-api:Invoke.",
)

Scope = Annotated[
    str,
    typer.Argument(
        metavar="SCOPE",
        help="everything, env:NAME, PIPELINE or PIPELINE/STAGE.",
        show_default=False,
    ),
]
Stack = Annotated[str, typer.Option(help="The control plane's stack, whose outputs name the API.")]
Url = Annotated[str, typer.Option(help="The API's URL; spares reading the stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_holds(stack: Stack = "signalbox", url: Url = "", as_json: AsJson = False) -> None:
    """List what is held, by people, incidents and windows, and the stages that are closed for it:
    how each stands, and what it waits for where no hold is left.
    """
    with reported("hold"):
        told = api_of(stack, url).get("/holds")
    if as_json:
        typer.echo(json.dumps(told))
        return
    holds, stages = told.get("holds", []), told.get("closed_stages", [])
    say(map(_line, holds))
    say(line for stage in stages for line in _stage_lines(stage))
    if not holds and not stages:
        typer.echo("nothing is held")


@app.command()
def put(
    scope: Scope,
    reason: Annotated[str, typer.Option(help="Why; whoever waits reads it.")],
    until: Annotated[
        str, typer.Option(help="When it ends, as 2027-01-04T08:00:00+01:00.", show_default=False)
    ] = "",
    during: Annotated[
        str, typer.Option("--for", help="How long, as 45m, 4h or 3d.", show_default=False)
    ] = "",
    stack: Stack = "signalbox",
    url: Url = "",
) -> None:
    """Keep releases out of SCOPE until then, or until somebody releases it."""
    if until and during:
        fail("hold", "say --until or --for, not both")
    wish = {"scope": scope, "reason": reason}
    if until or during:
        wish["until"] = until or _from_now(during)
    _give("/holds", wish, stack, url)


@app.command()
def release(
    scope: Scope,
    reason: Annotated[str, typer.Option(help="Why, for the audit.")] = "",
    stack: Stack = "signalbox",
    url: Url = "",
) -> None:
    """End the holds on just that SCOPE."""
    _give("/holds/release", {"scope": scope, "reason": reason}, stack, url)


@app.command()
def hotfix(
    release: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE",
            help="PIPELINE@COMMIT, or PIPELINE where one release waits.",
            show_default=False,
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why it cannot wait.")],
    stack: Stack = "signalbox",
    url: Url = "",
) -> None:
    """Ask to let one release pass the hold that it waits at, by the policy's hotfix quorum."""
    _give("/hotfixes", {"release": release, "reason": reason}, stack, url)


def _give(path: str, wish: dict[str, str], stack: str, url: str) -> None:
    with reported("hold"):
        api = api_of(stack, url)
        print_answer(api.post(path, wish), api)


def _from_now(length: str) -> str:
    try:
        span = duration(length)
    except ValueError as wrong:
        fail("hold", f"--for: {wrong}")
    assert isinstance(span, timedelta)  # noqa: S101 - what `duration` returns
    try:
        return (datetime.now(UTC) + span).isoformat(timespec="seconds")
    except OverflowError:
        fail("hold", f"--for: {length} from now there is no date")


def _line(hold: dict[str, Any]) -> str:
    return f"{hold['scope']}  {_until(hold)}  {hold['owner']}: {hold['reason']}"


def _until(hold: dict[str, Any]) -> str:
    if ends := hold.get("until"):
        return f"until {moment(datetime.fromisoformat(ends))}"
    return "until its window is over" if hold.get("source") == "window" else "until it is released"


def _stage_lines(stage: dict[str, Any]) -> Iterator[str]:
    """How a closed stage stands, and below it why."""
    since = moment(datetime.fromisoformat(stage["since"]))
    condition = CONDITIONS.get(stage["condition"], stage["condition"])
    yield f"stage:{stage['stage']}  since {since}  {condition}"
    yield from (f"  {line}" for line in stage["why"])
