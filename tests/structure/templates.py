"""The templates as CloudFormation gets them, and the questions the tests ask of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.transform import ROOT, TEMPLATES, transformed

Resource = dict[str, Any]
STATEMENT_HOLDERS = ("AssumeRolePolicyDocument", "PolicyDocument")


@functools.cache
def template(name: str) -> dict[str, Any]:
    """One of ``cfn.json``, ``service.json`` and ``environments.json``, transformed now."""
    # Through JSON, so that numbers and mappings are what CloudFormation reads.
    loaded: dict[str, Any] = json.loads(json.dumps(transformed(ROOT / TEMPLATES[name])))
    return loaded


def resources(name: str, kind: str) -> dict[str, Resource]:
    """The properties of every resource of a type, by logical id."""
    found = template(name)["Resources"].items()
    return {key: value["Properties"] for key, value in found if value["Type"] == kind}


def every(kind: str) -> list[tuple[str, str, Resource]]:
    """(template, logical id, properties) of every resource of a type in all templates."""
    return [
        (name, key, found) for name in TEMPLATES for key, found in resources(name, kind).items()
    ]


def statements(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(logical id, statement) of every policy anywhere in a template, both sides of an Fn::If."""
    return statements_of(template(name))


def statements_of(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same of a template at hand."""
    for key, resource in found["Resources"].items():
        for document in _documents(resource.get("Properties", {})):
            for entry in document["Statement"]:
                for statement in _branches(entry):
                    yield key, statement


def as_list(value: Any) -> list[Any]:
    """One thing or several, as several."""
    return value if isinstance(value, list) else [value]


def points_at(value: Any) -> str:
    """The logical id that a Ref or GetAtt names; empty where it is neither."""
    if isinstance(value, dict) and "Ref" in value:
        return str(value["Ref"])
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        target = value["Fn::GetAtt"]
        return str(target[0] if isinstance(target, list) else target.split(".")[0])
    return ""


def text_of(value: Any) -> str:
    """A value with its intrinsic functions as text, for looking things up in it."""
    return value if isinstance(value, str) else json.dumps(value)


def samples(folder: Path = ROOT / "events") -> Sequence[dict[str, Any]]:
    """Every sample that is an event of EventBridge."""
    loaded = [
        json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))
    ]
    return [event for event in loaded if isinstance(event, dict) and "detail-type" in event]


def _documents(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in STATEMENT_HOLDERS:
                yield value
            else:
                yield from _documents(value)
    elif isinstance(node, list):
        for value in node:
            yield from _documents(value)


def _branches(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [b for b in entry["Fn::If"][1:] if "Effect" in b] if "Fn::If" in entry else [entry]
