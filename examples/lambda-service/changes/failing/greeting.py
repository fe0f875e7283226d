"""What the service says."""

from __future__ import annotations

SALUTATION = "Hello"


def greeting(name: str) -> str:
    """Greet somebody by name, calmly."""
    return f"{SALUTATION}, {name}."
