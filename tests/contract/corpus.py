"""A corpus of payloads that is not ours to ship: its folder is ``SIGNALBOX_CORPUS``.

The folder holds ``INDEX.md``, with a heading per kind and a table row per file.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CORPUS = os.environ.get("SIGNALBOX_CORPUS", "")
ABSENT = "SIGNALBOX_CORPUS does not name a folder with sample payloads"
needs_the_corpus = pytest.mark.skipif(not CORPUS, reason=ABSENT)


@cache
def indexed() -> tuple[tuple[str, Path], ...]:
    """Every file in the index, with its kind."""
    files: list[tuple[str, Path]] = []
    kind = ""
    for line in (Path(CORPUS) / "INDEX.md").read_text().splitlines() if CORPUS else ():
        if line.startswith("## "):
            kind = line.removeprefix("## ").strip()
        elif row := re.match(r"\| (\S+\.json) \|", line):
            files.append((kind, Path(CORPUS) / row[1]))
    return tuple(files)


def events() -> tuple[tuple[str, Path], ...]:
    """Every file that is an event."""
    return tuple((kind, file) for kind, file in indexed() if not _is_no_event(kind))


def answers(kind: str) -> list[Any]:
    """Every sample of one kind of an API's answers."""
    files = (file for of, file in indexed() if of == kind and file.exists())
    return [json.loads(file.read_text()) for file in files]


def _is_no_event(kind: str) -> bool:
    """Answers of APIs are read where they are asked for; derived schemas are no samples."""
    return (
        kind.endswith(".api") or ".api." in kind or kind in {"slack.api_response", "derived.schema"}
    )
