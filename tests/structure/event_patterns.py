"""EventBridge's pattern language, as far as our rules use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event matches a pattern: every key named, and one alternative for each."""
    for key, expected in pattern.items():
        if isinstance(expected, Mapping):
            inner = event.get(key)
            if not isinstance(inner, Mapping) or not matches(expected, inner):
                return False
        elif not any(_alternative(one, key, event) for one in expected):
            return False
    return True


def _alternative(alternative: Any, key: str, event: Mapping[str, Any]) -> bool:
    present = key in event
    values = event[key] if isinstance(event.get(key), list) else [event.get(key)]
    if not isinstance(alternative, Mapping):
        return present and alternative in values
    ((operator, operand),) = alternative.items()
    match operator:
        case "exists":
            return present is operand
        case "prefix":
            return any(isinstance(v, str) and v.startswith(operand) for v in values)
        case "anything-but":
            unwanted = operand if isinstance(operand, list) else [operand]
            return present and not any(v in unwanted for v in values)
        case _:
            raise NotImplementedError(f"no rule of ours used {operator!r} when this was written")
