"""Domain objects as JSON-friendly documents, both ways, driven by their own type hints.

Dates become ISO 8601 in UTC, enums their values, identities of releases their keys; what is None
is left out. Reading is lenient where a newer Signalbox may have written: unknown fields are left
aside, and an unknown state is UNKNOWN where its enum has that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from signalbox.domain.identity import ReleaseId

T = TypeVar("T")


def to_document(thing: Any) -> Any:
    """A domain object as maps, lists, strings, numbers and booleans."""
    match thing:
        case ReleaseId():
            return thing.key
        case datetime():
            return moment(thing)
        case StrEnum():
            return thing.value
        case Mapping():
            return {str(key): to_document(value) for key, value in thing.items()}
        case list() | tuple():
            return [to_document(value) for value in thing]
    if is_dataclass(thing):
        held = {field.name: getattr(thing, field.name) for field in fields(thing)}
        return {name: to_document(value) for name, value in held.items() if value is not None}
    return thing


def from_document(kind: type[T], document: Mapping[str, Any]) -> T:
    """Read back what ``to_document`` wrote of a dataclass ``kind``.

    Raises KeyError, TypeError or ValueError where the document is not one.
    """
    hints = _hints(cast("Any", kind))
    return kind(**{name: _read(hints[name], document[name]) for name in hints if name in document})


def moment(at: datetime) -> str:
    """A moment as the ledger writes it: ISO 8601, UTC, microseconds, so that text sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _read(hint: Any, value: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        if value is None:
            return None
        hint = next(argument for argument in arguments if argument is not NoneType)
        return _read(hint, value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_read(arguments[0], inner) for inner in value)
        return tuple(_read(of, inner) for of, inner in zip(arguments, value, strict=True))
    if origin is not None:  # Mapping[str, …]
        return dict(value)
    return _read_plain(hint, value)


def _read_plain(kind: type, value: Any) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is ReleaseId:
        return ReleaseId.from_key(value)
    if issubclass(kind, StrEnum):
        known = kind.__members__.values()
        return kind(value) if value in known else kind("UNKNOWN")
    return from_document(kind, value) if is_dataclass(kind) else value
