"""The documents of a control plane: what each is called, who reads it, and where a fault stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from pydantic import BaseModel
from signalbox.adapters.policy_documents import read_policy
from signalbox.adapters.policy_schema import PolicyDocument
from signalbox.adapters.ssm_people import PeopleDocument, parse_people
from signalbox.adapters.ssm_routes import RoutesDocument, parse_routes
from signalbox.adapters.ssm_waivers import WaiversDocument, parse_waivers
from signalbox.domain.errors import DocumentInvalidError

LARGEST = 4096
"""Characters of a standard parameter (PutParameter, API reference)."""

BLANK = " \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of document: how it is read, and its schema for editors."""

    read: Callable[[str, str], Any]
    model: type[BaseModel]


KINDS: Mapping[str, Kind] = {
    "policy": Kind(read=read_policy, model=PolicyDocument),
    "people": Kind(read=parse_people, model=PeopleDocument),
    "waivers": Kind(read=parse_waivers, model=WaiversDocument),
    "routes": Kind(read=parse_routes, model=RoutesDocument),
}


def kind_of(text: str) -> str:
    """Which document a text is, by a field that only that kind has; a policy otherwise."""
    try:
        written = json.loads(text)
    except ValueError:
        return "policy"
    fields = written if isinstance(written, dict) else {}
    return next((kind for kind in ("people", "waivers") if kind in fields), _routes(fields))


def _routes(fields: Mapping[str, Any]) -> str:
    return "routes" if {"channel", "routes"} & fields.keys() else "policy"


def fault_in(text: str, kind: str, name: str) -> str:
    """What is wrong with a document, with its line, as ``hello.json:7: groups.sre.0: …``; or "".

    ``name`` is the file's.
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        return f"{name}:{wrong.lineno}: no JSON: {wrong.msg} (column {wrong.colno})"
    try:
        KINDS[kind].read(text, name)
    except DocumentInvalidError as wrong:
        said = str(wrong).removeprefix(f"{name}: ")
        return f"{name}:{line_of(text, wrong.field)}: {said}"
    return ""


def line_of(text: str, field: str) -> int:
    """The line on which a field stands, or the innermost part of its path that is there."""
    places = _places(text)
    path = field.split(".") if field else []
    while path and tuple(path) not in places:
        path.pop()
    return text.count("\n", 0, places.get(tuple(path), 0)) + 1


def fitting(text: str) -> tuple[str, bool]:
    """The text as it fits a parameter, and whether it had to be written without blanks for that.

    Raises DocumentInvalidError that says by how much it is too long.
    """
    if len(text) <= LARGEST:
        return text, False
    short = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    if len(short) > LARGEST:
        over = len(short) - LARGEST
        raise DocumentInvalidError(
            f"a standard parameter holds {LARGEST} characters; this is {over} longer, even without"
            " blanks"
        )
    return short, True


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of document, for editors."""
    made = KINDS[kind].model.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _places(text: str) -> dict[tuple[str, ...], int]:
    """Where each value of a JSON text begins, by its path. The text is JSON."""
    found: dict[tuple[str, ...], int] = {}
    _value(text, _skip(text, 0), (), found)
    return found


def _value(text: str, at: int, path: tuple[str, ...], found: dict[tuple[str, ...], int]) -> int:
    """Note a value and all in it; returns where it ends."""
    found[path] = at
    if text[at] == "{":
        return _members(text, at, path, found)
    if text[at] == "[":
        return _elements(text, at, path, found)
    return json.JSONDecoder().raw_decode(text, at)[1]


def _members(text: str, at: int, path: tuple[str, ...], found: dict[tuple[str, ...], int]) -> int:
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = scanstring(text, at + 1)
        at = _skip(text, _skip(text, at) + 1)  # behind the colon
        at = _skip(text, _value(text, at, (*path, name), found))
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _elements(text: str, at: int, path: tuple[str, ...], found: dict[tuple[str, ...], int]) -> int:
    at, number = _skip(text, at + 1), 0
    while text[at] != "]":
        at = _skip(text, _value(text, at, (*path, str(number)), found))
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    return at + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in BLANK:
        at += 1
    return at
