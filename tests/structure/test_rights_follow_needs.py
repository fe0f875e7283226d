"""A function has the rights that its use case's ports take, and no others: read out of both."""

from __future__ import annotations

import ast
import importlib
import inspect
import typing
from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.structure.templates import as_list, points_at, statements, template, text_of
from tools.transform import ROOT

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
ENTRIES: Mapping[str, str] = {
    "record_event": "signalbox.usecases.record_fact:record_fact",
    "answer_api": "signalbox.adapters.api_endpoint:answer_api",
}
"""Where a function's work begins, if it is no use case of the function's own name."""

PORTS: Mapping[str, str] = {"answer_slack": "signalbox.adapters.slack_ports:EndpointPorts"}
"""Ports that the entry names only to the type checker."""

THROUGH_THE_OPERATOR = (
    "HasPipelines", "HasBuilds", "HasArtifacts", "HasAlarms", "HasTargets", "HasScans",
)  # fmt: skip
RIGHTS: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "services": (("HasServices",), "ssm:GetParametersByPath", "/services/*"),
    "policies": (("HasPolicies",), "ssm:GetParameter", "/policy/*"),
    "people": (("HasDirectory",), "ssm:GetParameter", "/people"),
    "waivers": (("HasWaivers",), "ssm:GetParameter", "/waivers"),
    "routes": (("HasRoutes",), "ssm:GetParameter", "/routes"),
    "calendars": (("HasSchedules",), "ssm:GetCalendarState", "ChangeCalendarArns"),
    "audit": (("HasAudit",), "dynamodb:PutItem", "AuditTable"),
    "what has grown": (("HasAnchoring",), "dynamodb:Query", "/index/grown"),
    "anchors": (("HasAnchors",), "s3:PutObject", "AnchorBucket"),
    "work queue": (("HasBells",), "sqs:SendMessage", "WorkQueue"),
    "topic": (("HasPublisher",), "sns:Publish", "NotificationsTopic"),
    "verdicts": (("HasWorkflows",), "states:SendTaskSuccess", "*"),
    "workflows": (("HasWorkflows",), "states:StartExecution", "ApprovalStateMachine"),
    "operator roles": (THROUGH_THE_OPERATOR, "sts:AssumeRole", "role/signalbox-operator-*"),
    "Slack's secret": (
        ("HasMessenger", "HasPeople", "HasModals"),
        "secretsmanager:GetSecretValue",
        "SlackSecret",
    ),
}
"""What is read or done: by whose wish among the ports, by which action, on what."""


def named(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def needs_of(function: str) -> frozenset[str]:
    """The ports that the function's use case asks for."""
    if function in PORTS:
        asked = [named(PORTS[function])]
    else:
        entry = named(ENTRIES.get(function, f"signalbox.usecases.{function}:{function}"))
        hints = typing.get_type_hints(entry).values()
        asked = [hint for hint in hints if inspect.isclass(hint) and _names(hint)]
    assert asked, f"{function} asks for nothing"
    return frozenset(name for ports in asked for name in _names(ports))


def _names(ports: type) -> list[str]:
    return [one.__name__ for one in ports.__mro__ if one.__name__.startswith("Has")]


def may(function: str, action: str, on: str) -> bool:
    """Whether the template grants the function's role the action on something of that name."""
    role = "".join(part.capitalize() for part in function.split("_")) + "FunctionRole"
    return any(
        key in _policies_of(role)
        and statement["Effect"] == "Allow"
        and action in as_list(statement["Action"])
        and any(on in (points_at(one) or text_of(one)) for one in as_list(statement["Resource"]))
        for key, statement in statements("cfn.json")
        if "Resource" in statement
    )


def _policies_of(role: str) -> set[str]:
    """The role itself, and policies of their own that are attached to it."""
    attached = {
        key
        for key, resource in template("cfn.json")["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy"
        and role in [points_at(one) for one in resource["Properties"]["Roles"]]
    }
    return {role, *attached}


@pytest.mark.parametrize("what", sorted(RIGHTS))
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_its_ports_take_and_nothing_else(function: str, what: str) -> None:
    ports, action, on = RIGHTS[what]
    wants = bool(needs_of(function) & set(ports))
    assert may(function, action, on) is wants, f"{function}: {what}, wanted: {wants}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_reads_and_writes_the_ledger_and_none_scans_it(function: str) -> None:
    assert may(function, "dynamodb:GetItem", "LedgerTable")
    for action in ("dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable"):
        assert not may(function, action, "LedgerTable")


def test_each_port_that_costs_a_right_is_in_the_table() -> None:
    known = {name for ports, _, _ in RIGHTS.values() for name in ports}
    asked = set().union(*(needs_of(function) for function in FUNCTIONS))
    free = {"HasClock", "HasIds", "HasCounters"}
    ledger = {
        "HasReleases", "HasGates", "HasEffects", "HasIncidents", "HasSweeps", "HasObservations",
        "HasPace", "HasStorms", "HasCommands", "HasHolds",
    }  # fmt: skip
    assert asked <= known | free | ledger


ADAPTERS = ROOT / "layers" / "signalbox" / "signalbox" / "adapters"
SERVICES = ("codepipeline", "codebuild", "logs", "s3", "lambda", "ecr", "cloudwatch")
OTHERWISE: Mapping[str, str] = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}
"""Actions whose names differ from their operations' (service authorization reference)."""


def called_through_operators() -> set[str]:
    """The actions of every operation that an adapter names and that uses a service's own client."""
    calls = {
        service: {
            xform_name(operation): operation
            for operation in botocore.session.get_session()
            .get_service_model(service)
            .operation_names
        }
        for service in SERVICES
    }
    found = set()
    for path in [*ADAPTERS.glob("*.py"), *ADAPTERS.glob("targets/*.py")]:
        source = path.read_text(encoding="utf-8")
        if "for_service(" not in source:
            continue
        tree = ast.parse(source)
        words = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        words |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for service in words & set(SERVICES):
            found |= {f"{service}:{calls[service][word]}" for word in words & set(calls[service])}
    return {OTHERWISE.get(action, action) for action in found}


def test_the_operator_role_may_do_what_the_adapters_call_and_nothing_else() -> None:
    role = template("service.json")["Resources"]["OperatorRole"]["Properties"]
    granted = {
        action
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
    }
    assert granted == called_through_operators()
