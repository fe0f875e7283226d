"""A tiny real service: it greets, and says which release is speaking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from greeting import greeting

RELEASE = Path(__file__).with_name("release.json")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Greet whoever is named in the event, and name the commit that was deployed."""
    body = {"message": greeting(event.get("name", "world")), "commit": commit()}
    return {"statusCode": 200, "body": json.dumps(body)}


def commit() -> str:
    """The commit this code was built from; ``unreleased`` where no build has run."""
    if not RELEASE.exists():
        return "unreleased"
    return str(json.loads(RELEASE.read_text(encoding="utf-8"))["commit"])
