"""`signalbox adopt PIPELINE`: the stack that lets Signalbox work with a pipeline that exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import botocore.session
import typer
from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import UnknownNameError
from signalbox.domain.services import Environment

from cli.adopted_rights import Pipeline, approvals_of
from cli.adopting import Adoption, environment_named, environments_of, stack_of
from cli.control_api import fail, reported
from cli.words import printable


def adopt(
    pipeline: Annotated[str, typer.Argument(help="The pipeline's name, in your region.")],
    environment: Annotated[
        list[str] | None,
        typer.Option(
            help="What a stage is, as production=Production or"
            " production=Production:lambda:FUNCTION:ALIAS; read from the pipeline unless given.",
            show_default=False,
        ),
    ] = None,
    alarm: Annotated[
        list[str] | None,
        typer.Option(help="An alarm of an environment, as production=ALARM.", show_default=False),
    ] = None,
    repository: Annotated[
        list[str] | None,
        typer.Option(help="An ECR repository whose scans are read.", show_default=False),
    ] = None,
    service: Annotated[
        str, typer.Option(help="The service's name; the pipeline's unless given.")
    ] = "",
    channel: Annotated[str, typer.Option(help="Its Slack channel.")] = "",
    output: Annotated[
        Path | None, typer.Option(help="Write the stack to this file.", show_default=False)
    ] = None,
    stack: Annotated[str, typer.Option(help="The control plane's stack.")] = "signalbox",
) -> None:
    """Print a CloudFormation stack with the operator role, the registration and an observe policy.

    Nothing is changed: deploy the stack to adopt the pipeline, delete it to undo that. Needs
    codepipeline:GetPipeline.
    """
    with reported("adopt"):
        found = _read(pipeline)
        adoption = Adoption(
            pipeline=found,
            stack=stack,
            service=service or re.sub(r"[^A-Za-z0-9_.-]", "-", pipeline),
            environments=_environments(found, environment or [], alarm or []),
            repositories=tuple(repository or []),
            channel=channel,
        )
        text = json.dumps(stack_of(adoption), indent=2)
    if output is None:
        typer.echo(text)
    else:
        _write(output, text)
    for line in _remarks(adoption, output):
        typer.echo(printable(line), err=True)


def _read(name: str) -> Pipeline:
    client: Any = botocore.session.get_session().create_client("codepipeline")
    with aws_call(f"read pipeline {name}"):
        answer = client.get_pipeline(name=name)
    return Pipeline(answer["pipeline"], answer["metadata"]["pipelineArn"])


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        fail("adopt", f"cannot write {output}: {error.strerror}")


def _environments(
    pipeline: Pipeline, said: Sequence[str], alarms: Sequence[str]
) -> tuple[Environment, ...]:
    found = tuple(environment_named(one, pipeline) for one in said) or environments_of(pipeline)
    if not found:
        raise UnknownNameError(
            "no stage deploys and none is behind an approval; say which stage is an environment:"
            f" --environment production={pipeline.stages[-1]['name']}"
        )
    named: dict[str, list[str]] = {one.name: [] for one in found}
    for one in alarms:
        name, _, alarm = one.partition("=")
        if name not in named or not alarm:
            listed = ", ".join(named)
            raise UnknownNameError(f"--alarm {one}: say ENVIRONMENT=ALARM; there are {listed}")
        named[name].append(alarm)
    return tuple(replace(one, alarms=tuple(named[one.name])) for one in found)


def _remarks(adoption: Adoption, output: Path | None) -> Iterator[str]:
    """What was read, what it means, and how to go on."""
    for one in adoption.environments:
        target = one.target
        what = f"{target.function}:{target.alias}" if target else ""
        yield f"{one.name}: stage {one.stage}, " + (
            f"Lambda function {what}"
            if what
            else "target unknown: gates and holds work, nothing is rolled back"
        )
    if not approvals_of(adoption.pipeline):
        yield "it has no manual approval: there is nothing to open a gate at, only holds work"
    if adoption.pipeline.declared.get("executionMode") == "PARALLEL":
        yield "it runs in PARALLEL mode: holds keep releases at their gate"
    name = f"signalbox-adopts-{adoption.service}"
    file = output or "FILE"
    yield (
        f"adopt it:  aws cloudformation deploy --stack-name {name} --template-file {file}"
        " --capabilities CAPABILITY_NAMED_IAM"
    )
    yield f"undo it:   aws cloudformation delete-stack --stack-name {name}"
    yield f"enforce:   signalbox policy put FILE --pipeline {adoption.pipeline.name}"
