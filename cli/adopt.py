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
from cli.adopting import (
    Adoption,
    can_have_a_policy,
    environment_named,
    environments_of,
    stack_of,
)
from cli.control_api import fail, reported
from cli.words import printable

NO_POLICY = (
    "{pipeline} cannot begin with a policy that only observes: no parameter may have an @ in its"
    " name, so that the default policy would hold for it at once. See it with: signalbox policy"
    " show default; adopt it all the same with: --default-policy"
)


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
    default_policy: Annotated[
        bool,
        typer.Option(
            "--default-policy",
            help="Adopt it under the default policy: one with an @ in its name has no other.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write the stack to this file.", show_default=False)
    ] = None,
    stack: Annotated[str, typer.Option(help="The control plane's stack.")] = "signalbox",
) -> None:
    """Print a CloudFormation stack with the operator role, the registration and an observe policy.

    Nothing is changed: deploy the stack to adopt the pipeline. To undo that, release what holds it,
    see with signalbox drain that nothing of it is open, and delete the stack. Needs
    codepipeline:GetPipeline.
    """
    with reported("adopt"):
        if not (default_policy or can_have_a_policy(pipeline)):
            raise UnknownNameError(NO_POLICY.format(pipeline=pipeline))
        found = _read(pipeline)
        adoption = Adoption(
            pipeline=found,
            stack=stack,
            service=service or re.sub(r"[^A-Za-z0-9_.-]", "-", pipeline),
            environments=_environments(found, environment or [], alarm or []),
            repositories=tuple(repository or []),
            channel=channel,
            default_policy=default_policy,
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
    plane = "" if adoption.stack == "signalbox" else f" --stack {adoption.stack}"
    yield (
        "undo it:   first release what holds it (signalbox hold list, signalbox hold release) and"
        f" run: signalbox drain{plane}, until nothing of it is listed. Once the registration is"
        " gone, a closed stage stays closed and an open gate stays open."
    )
    yield f"           then: aws cloudformation delete-stack --stack-name {name}"
    if adoption.has_own_policy:
        yield f"enforce:   signalbox policy put FILE --pipeline {adoption.pipeline.name}{plane}"
    else:
        yield f"policy:    the default holds at once: signalbox policy show default{plane}"
