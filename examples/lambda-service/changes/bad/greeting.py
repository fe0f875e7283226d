"""What the service says."""

from __future__ import annotations

import os


def greeting(name: str) -> str:
    """Greet somebody by name, in the words that operations chose."""
    return f"{os.environ['SALUTATION']}, {name}!"
