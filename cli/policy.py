"""`signalbox policy`: the documents that say who must agree, and who is who."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import botocore.session
import typer
from botocore.exceptions import BotoCoreError
from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import AwsRefusedError, SignalboxError

from cli.documents import KINDS, fault_in, fitting, kind_of, schema_of
from cli.policy_trial import try_policy
from cli.stacks import outputs_of
from cli.words import say

app = typer.Typer(no_args_is_help=True, help="Validate, show, write and try policies.")

Stack = Annotated[
    str, typer.Option(help="The control plane's stack, whose outputs name the parameters.")
]
FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A document.")]


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Documents.")],
) -> None:
    """Say whether documents follow their schema; names the line and the reason where one does not.

    Which kind a document is (policy, people, waivers, routes) is told by its fields.
    """
    faults = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        kind = kind_of(text)
        fault = fault_in(text, kind, str(file))
        say([fault or f"{file}: a good {kind} document, {len(text)} characters"])
        faults += [fault] if fault else []
    if faults:
        raise typer.Exit(1)


@app.command()
def schema(kind: Annotated[str, typer.Argument(help="policy, people, waivers or routes")]) -> None:
    """Print the JSON Schema of a kind of document, for your editor."""
    if kind not in KINDS:
        _fail(f"there is no kind {kind}: {', '.join(KINDS)}")
    typer.echo(json.dumps(schema_of(kind), indent=1, ensure_ascii=False))


@app.command()
def show(
    pipeline: Annotated[str, typer.Argument(help="A pipeline; none for the default.")] = "default",
    people: Annotated[bool, typer.Option(help="The people document instead.")] = False,
    waivers: Annotated[bool, typer.Option(help="The waivers instead.")] = False,
    routes: Annotated[bool, typer.Option(help="The routes instead.")] = False,
    stack: Stack = "signalbox",
) -> None:
    """Print the document that is written for a pipeline, or the default that holds for it.

    Needs ssm:GetParameter and cloudformation:DescribeStacks.
    """
    try:
        client = botocore.session.get_session().create_client
        prefix = _prefix(stack, client)
        kind, name = _which(pipeline, False, people, waivers, routes)
        ssm: Any = client("ssm")
        text = _read(ssm, f"{prefix}/{name}")
        if text is None and kind == "policy":
            name = "policy/default"
            text = _read(ssm, f"{prefix}/{name}")
    except (SignalboxError, BotoCoreError) as error:
        _fail(str(error))
    if text is None:
        _fail(f"{prefix}/{name} is not written")
    say([f"{prefix}/{name}"])
    typer.echo(text)
    if fault := fault_in(text, kind, name):
        _fail(f"{fault}. The last good document stays in force")


@app.command()
def put(
    file: FileArgument,
    pipeline: Annotated[str, typer.Option(help="The policy of this pipeline.")] = "",
    default: Annotated[bool, typer.Option("--default", help="The default policy.")] = False,
    people: Annotated[bool, typer.Option("--people", help="Who is who.")] = False,
    waivers: Annotated[bool, typer.Option("--waivers", help="Findings to live with.")] = False,
    routes: Annotated[bool, typer.Option("--routes", help="Where news goes.")] = False,
    stack: Stack = "signalbox",
) -> None:
    """Write a document, once it is a good one and fits; it is in force within a minute.

    Needs ssm:PutParameter and cloudformation:DescribeStacks.
    """
    wanted = [bool(pipeline), default, people, waivers, routes]
    if sum(wanted) != 1:
        _fail("say which: --pipeline NAME, --default, --people, --waivers or --routes")
    kind, name = _which(pipeline, default, people, waivers, routes)
    text = file.read_text(encoding="utf-8")
    if fault := fault_in(text, kind, str(file)):
        _fail(fault)
    try:
        written, shortened = fitting(text)
        client: Any = botocore.session.get_session().create_client
        parameter, ssm = f"{_prefix(stack, client)}/{name}", client("ssm")
        with aws_call(f"write {parameter}"):
            ssm.put_parameter(Name=parameter, Value=written, Type="String", Overwrite=True)
    except (SignalboxError, BotoCoreError) as error:
        _fail(str(error))
    without = ", without blanks so that it fits" if shortened else ""
    say([f"Written to {parameter}: {len(written)} characters{without}."])


@app.command(name="test")
def try_out(
    file: FileArgument,
    pipeline: Annotated[str, typer.Option(help="A pipeline whose releases are tried.")] = "",
    from_ledger: Annotated[
        bool, typer.Option("--from-ledger", help="Read the pipeline's releases from the ledger.")
    ] = False,
    recorded: Annotated[
        Path | None, typer.Option(help="A file with gates, as `gate show --json` prints them.")
    ] = None,
    people: Annotated[Path | None, typer.Option(help="A people document to try it with.")] = None,
    last: Annotated[int, typer.Option(min=1, max=100, help="So many releases.")] = 20,
    stack: Stack = "signalbox",
) -> None:
    """Say what a policy would have decided about recorded releases, and why.

    From the ledger it needs dynamodb:GetItem and Query, codepipeline:ListPipelineExecutions,
    ssm:GetParameter and cloudformation:DescribeStacks. Checks go by what each gate had found, and
    windows by cron and date by its time; where nothing was recorded for a check, it is unknown.
    """
    text = file.read_text(encoding="utf-8")
    if fault := fault_in(text, "policy", str(file)):
        _fail(fault)
    if from_ledger == bool(recorded) or (from_ledger and not pipeline):
        _fail("say what to try it on: --from-ledger --pipeline NAME, or --recorded FILE")
    try:
        say(try_policy(text, pipeline, recorded, people, last, stack))
    except (SignalboxError, BotoCoreError) as error:
        _fail(str(error))


def _which(
    pipeline: str, default: bool, people: bool, waivers: bool, routes: bool
) -> tuple[str, str]:
    """The kind of document, and its name below the prefix."""
    for chosen, kind in ((people, "people"), (waivers, "waivers"), (routes, "routes")):
        if chosen:
            return kind, kind
    return "policy", f"policy/{'default' if default else pipeline}"


def _prefix(stack: str, client: Any) -> str:
    return outputs_of(stack, client("cloudformation"), "ParameterPrefix")[0]


def _read(ssm: Any, parameter: str) -> str | None:
    try:
        with aws_call(f"read {parameter}"):
            return str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    except AwsRefusedError as refused:
        if refused.code == "ParameterNotFound":
            return None
        raise


def _fail(why: str) -> NoReturn:
    typer.echo(f"signalbox policy: {why}", err=True)
    raise typer.Exit(1)
