"""DynamoDB's attribute values and Python's, both ways. Small: boto3's own brings all of boto3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]
Attributes = dict[str, Any]


def to_attributes(item: Mapping[str, Any]) -> Attributes:
    """A whole item as DynamoDB wants it."""
    return {name: to_attribute(value) for name, value in item.items()}


def to_item(attributes: Mapping[str, Any]) -> Item:
    """A whole item as Python wants it."""
    return {name: from_attribute(value) for name, value in attributes.items()}


def to_attribute(value: Any) -> dict[str, Any]:
    """One value. Raises TypeError for what JSON does not know either."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)}
        case Mapping():
            return {"M": to_attributes(value)}
        case list() | tuple():
            return {"L": [to_attribute(inner) for inner in value]}
    raise TypeError(f"{type(value).__name__} has no place in an item")


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """One value. Raises TypeError for sets and binaries, which the ledger never writes."""
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "BOOL" | "S":
            return value
        case "N":
            return float(value) if any(mark in value for mark in ".eE") else int(value)
        case "M":
            return to_item(value)
        case "L":
            return [from_attribute(inner) for inner in value]
    raise TypeError(f"the ledger never writes the type {kind}")
