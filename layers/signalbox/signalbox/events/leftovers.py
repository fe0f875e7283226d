"""What an event says besides what is read from it: kept with the fact, masked and bounded.

AWS adds fields at any time. They change nothing here, but whoever looks into a release later may
want them. They are strangers' text all the same, so secrets are masked, by their look and by the
name of the field that holds them, and whatever would make an item of the ledger large is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from signalbox.notifications.masking import MASK, mask

LARGEST = 4096
"""Bytes of JSON that are kept of one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a value is kept: characters of a text, parts of a list, levels of nesting."""

    text: int
    parts: int
    levels: int


SHORT = Bounds(text=600, parts=20, levels=6)
WHOLE = Bounds(text=2**31, parts=2**31, levels=100)
"""All but what nobody could have meant."""

_NAMED = ("name", "Name", "key", "Key")
_VALUES = ("value", "Value")


def leftovers(
    part: BaseModel, beside: Mapping[str, Any] | None = None, *, without: str = ""
) -> dict[str, Any]:
    """The fields that the model does not know, nested as they came; the first ones that fit.

    ``beside`` are fields that stood beside it. ``without`` is a secret that is struck out wherever
    it stands, whatever it looks like.
    """
    kept: dict[str, Any] = {}
    size = 2
    for name, value in (_unread(part) | (dict(beside) if beside else {})).items():
        key, clean = _name(name), masked(value, name=name)
        if without:
            clean = _struck_out(clean, without)
        grown = size + len(json.dumps({key: clean}).encode())
        if grown <= LARGEST:
            kept[key], size = clean, grown + 2
    return kept


def masked(value: object, *, name: str = "", bounds: Bounds = SHORT) -> Any:
    """A JSON value without secrets, leaf by leaf; ``name`` is that of the field that holds it.

    What is out of bounds is cut off or left out; numbers that JSON lacks become text.
    """
    match value:
        case str():
            return _masked_text(value, name, bounds)
        case bool() | None | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping() | list() | tuple() if bounds.levels == 0:
            return "…"
        case Mapping():
            return _masked_object(value, name, bounds)
        case list() | tuple():
            inner = replace(bounds, levels=bounds.levels - 1)
            return [masked(part, name=name, bounds=inner) for part in value[: bounds.parts]]
    return _masked_text(str(value), name, bounds)


def without_secrets(document: str) -> str:
    """A whole payload as text: of JSON each leaf for itself, so that it stays JSON; else masked."""
    inner = _document(document.lstrip())
    if inner is None:
        return mask(document)
    return json.dumps(masked(inner, bounds=WHOLE), ensure_ascii=False)


def quoted(text: str) -> str:
    """A stranger's word, fit for an error message: in quotes, masked, in one short line."""
    return repr(mask(text)[:100])


def _unread(part: BaseModel) -> dict[str, Any]:
    """The unknown fields of a model and of the models in it, by the names that they came with."""
    found = dict(part.model_extra or {})
    for name, field in type(part).model_fields.items():
        inner = getattr(part, name)
        if isinstance(inner, BaseModel) and (unread := _unread(inner)):
            found[field.alias or name] = unread
    return found


def _masked_object(value: Mapping[Any, Any], name: str, bounds: Bounds) -> dict[str, Any]:
    """Of a pair such as ``{"name": "PASSWORD", "value": …}`` the name tells what the value is.

    The values of environment variables are masked whatever they are called.
    """
    if "environ" in name.lower():
        value = {key: MASK if key in _VALUES else inner for key, inner in value.items()}
    label = next((value[key] for key in _NAMED if isinstance(value.get(key), str)), "")
    deeper = replace(bounds, levels=bounds.levels - 1)
    return {
        _name(str(key)): masked(
            inner, name=label if label and key in _VALUES else str(key), bounds=deeper
        )
        for key, inner in value.items()
    }


def _masked_text(text: str, name: str, bounds: Bounds) -> str:
    inner = _document(text) if bounds.levels else None
    if inner is not None:
        deeper = replace(bounds, levels=bounds.levels - 1)
        return json.dumps(masked(inner, bounds=deeper), ensure_ascii=False)[: bounds.text]
    clean = mask(text)
    if clean == text and text and name and _names_a_secret(name):
        return MASK
    return clean[: bounds.text]


@lru_cache(maxsize=1024)
def _names_a_secret(name: str) -> bool:
    """Whether what goes by that name is a secret, such as ``DB_PASSWORD`` or ``apiToken``."""
    return mask(f'{name}: "whatever it is"').endswith(MASK)


@lru_cache(maxsize=1024)
def _name(name: str) -> str:
    """The name of a field, fit to be kept: names repeat from event to event."""
    return mask(name)[: SHORT.text]


def _document(text: str) -> Mapping[str, Any] | Sequence[Any] | None:
    """The object or list in a text: JSON in JSON has names that tell secrets, too."""
    if not text.startswith(("{", "[")):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _struck_out(value: Any, secret: str) -> Any:
    return json.loads(json.dumps(value).replace(json.dumps(secret)[1:-1], MASK))
