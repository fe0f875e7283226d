"""The stack that lets Signalbox work with a pipeline that exists, made from its declaration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from signalbox.adapters.ssm_services import service_of
from signalbox.domain.errors import UnknownNameError
from signalbox.domain.services import Environment, LambdaTarget

from cli.adopted_rights import Pipeline, statements_of

LONGEST_ROLE = 64
LARGEST_PARAMETER = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A pipeline, and what whoever adopts it says about it. ``stack`` is the control plane's.

    With ``default_policy`` it has none of its own.
    """

    pipeline: Pipeline
    stack: str
    service: str
    environments: tuple[Environment, ...]
    repositories: tuple[str, ...] = ()
    channel: str = ""
    default_policy: bool = False

    @property
    def has_own_policy(self) -> bool:
        """Whether it begins with a policy that only observes."""
        return can_have_a_policy(self.pipeline.name) and not self.default_policy

    @property
    def role_name(self) -> str:
        """The operator role: functions may assume roles of that name only."""
        return f"signalbox-operator-{self.service}"

    @property
    def prefix(self) -> str:
        """Where Signalbox's documents stand."""
        return f"/signalbox/{self.stack}"


def can_have_a_policy(pipeline: str) -> bool:
    """Whether a pipeline may have a policy of its own: a pipeline's name may have an "@" in it,
    which no parameter's name may (PutParameter, API reference).
    """
    return "@" not in pipeline


def stack_of(adoption: Adoption) -> dict[str, Any]:
    """The CloudFormation stack: a role, a registration, and unless the default is to hold, a policy
    that only observes.

    Raises UnknownNameError where a name cannot be used, DocumentInvalidError where the registration
    would not be read.
    """
    if len(adoption.role_name) > LONGEST_ROLE:
        raise UnknownNameError(f"{adoption.role_name} is too long for a role: give --service")
    name = adoption.pipeline.name
    resources = {
        "OperatorRole": _role(adoption),
        "Registration": {**_parameter(adoption, *_registration(adoption)), **_after_the_role()},
    }
    if adoption.has_own_policy:
        document = json.dumps({"contract": 2, "mode": "observe"})
        where = f"{adoption.prefix}/policy/{name}"
        resources["Policy"] = _parameter(adoption, where, document)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": (
            f"What Signalbox needs to work with the pipeline {name}. Deleting this stack undoes it,"
            " once nothing of it is held or waits: signalbox drain."
        ),
        "Resources": resources,
        "Outputs": {"OperatorRoleArn": {"Value": {"Fn::GetAtt": ["OperatorRole", "Arn"]}}},
    }


def environments_of(pipeline: Pipeline) -> tuple[Environment, ...]:
    """What the pipeline itself says of its environments: the stages that deploy, and where a Lambda
    action names its function and alias, that. Where none deploys, the stages behind an approval.
    """
    deploying = tuple(
        Environment(name=stage["name"].lower(), stage=stage["name"], target=_target(actions))
        for stage in pipeline.stages
        if (actions := [one for one in stage["actions"] if _is(one, category="Deploy")])
    )
    return deploying or tuple(_behind_approvals(pipeline))


def environment_named(said: str, pipeline: Pipeline) -> Environment:
    """``production=Production`` or ``production=Production:lambda:FUNCTION:ALIAS``.

    Raises UnknownNameError where it is neither, or there is no such stage.
    """
    name, _, rest = said.partition("=")
    stage, *target = rest.split(":")
    known = [one["name"] for one in pipeline.stages]
    if not name or stage not in known:
        raise UnknownNameError(f"--environment {said}: its stage is one of {', '.join(known)}")
    if not target:
        found = next((one for one in environments_of(pipeline) if one.stage == stage), None)
        return Environment(name=name, stage=stage, target=found.target if found else None)
    if len(target) != 3 or target[0] != "lambda" or not all(target):
        raise UnknownNameError(f"--environment {said}: a target is lambda:FUNCTION:ALIAS")
    return Environment(
        name=name, stage=stage, target=LambdaTarget(function=target[1], alias=target[2])
    )


def _behind_approvals(pipeline: Pipeline) -> Iterator[Environment]:
    asked = False
    for stage in pipeline.stages:
        approval = any(_is(one, category="Approval") for one in stage["actions"])
        if asked and not approval:
            yield Environment(name=stage["name"].lower(), stage=stage["name"])
        asked = asked or approval


def _is(action: Mapping[str, Any], *, category: str) -> bool:
    return bool(action["actionTypeId"]["category"] == category)


def _target(actions: Sequence[Mapping[str, Any]]) -> LambdaTarget | None:
    """Of a stage with one Lambda action; of more than one, nobody knows which is meant."""
    named = [
        (said.get("FunctionName", ""), said.get("FunctionAlias", ""))
        for one in actions
        if one["actionTypeId"]["provider"] == "Lambda"
        for said in [one.get("configuration", {})]
    ]
    if len(named) != 1 or not all(named[0]) or "#{" in "".join(named[0]):
        return None
    return LambdaTarget(function=named[0][0], alias=named[0][1])


def _role(adoption: Adoption) -> dict[str, Any]:
    pipeline = adoption.pipeline
    account = f"arn:{pipeline.partition}:iam::{pipeline.account}"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"{account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": [f"{account}:role/{adoption.stack}-*"]}},
    }
    rights = statements_of(pipeline, adoption.environments, adoption.repositories)
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": adoption.role_name,
            "Description": f"What Signalbox may do with {adoption.service}.",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [
                {
                    "PolicyName": "exactly-its-rights",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": list(rights)},
                }
            ],
        },
    }


def _registration(adoption: Adoption) -> tuple[str, str]:
    pipeline = adoption.pipeline
    document = json.dumps(
        {
            "contract": 1,
            "service": adoption.service,
            "pipeline": pipeline.name,
            "operatorRoleArn": (
                f"arn:{pipeline.partition}:iam::{pipeline.account}:role/{adoption.role_name}"
            ),
            "artifactBucket": pipeline.bucket,
            "channel": adoption.channel,
            "environments": [_environment(one) for one in adoption.environments],
        }
    )
    name = f"{adoption.prefix}/services/{adoption.service}"
    where = f"arn:{pipeline.partition}:ssm:{pipeline.region}:{pipeline.account}:parameter{name}"
    service_of(where, name, document)
    return name, document


def _environment(environment: Environment) -> dict[str, Any]:
    target = environment.target
    known: dict[str, Any] = {"name": environment.name, "stage": environment.stage}
    if target is not None:
        known["target"] = {"type": "lambda", "function": target.function, "alias": target.alias}
    return {**known, "alarms": list(environment.alarms)}


def _parameter(adoption: Adoption, name: str, value: str) -> dict[str, Any]:
    if len(value) > LARGEST_PARAMETER:
        raise UnknownNameError(
            f"{name} would have {len(value)} characters; a parameter holds {LARGEST_PARAMETER}"
        )
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Name": name,
            "Description": f"Signalbox and {adoption.service}.",
            "Type": "String",
            "Value": value,
        },
    }


def _after_the_role() -> dict[str, Any]:
    """Signalbox acts as soon as it reads the registration."""
    return {"DependsOn": ["OperatorRole"]}
