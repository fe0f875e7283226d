"""The project's own sample events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from signalbox.events.reader import read

SAMPLES = Path(__file__).resolve().parents[3] / "events"
FILES = sorted(SAMPLES.glob("*.json"))

F = TypeVar("F")


def sample(name: str) -> dict[str, Any]:
    payload = json.loads((SAMPLES / f"{name}.json").read_text())
    assert isinstance(payload, dict)
    return payload


def changed(name: str, **detail: object) -> dict[str, Any]:
    """A sample whose detail differs in the given fields."""
    payload = sample(name)
    payload["detail"] |= detail
    return payload


def only(name: str, kind: type[F]) -> F:
    """The one fact in a sample."""
    (fact,) = read(sample(name))
    assert isinstance(fact, kind)
    return fact
