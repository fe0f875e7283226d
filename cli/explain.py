"""`signalbox explain FILE…`: what Signalbox takes an event for, and what it would do."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import Fact
from signalbox.events.leftovers import masked
from signalbox.events.reader import decode, readings
from signalbox.notifications.masking import mask

from cli.describe import describe


def explain(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Event files; - is standard input.")
    ],
) -> None:
    """Print one JSON line per event file; exit 1 if any is unreadable."""
    lines = [explanation(file) for file in files]
    for line in lines:
        typer.echo(json.dumps(line))
    if any("error" in line for line in lines):
        raise typer.Exit(1)


def explanation(file: Path) -> dict[str, Any]:
    """What one file holds: ``file``, ``kind``, ``facts`` and ``would``; or ``file`` and ``error``.

    A file of several payloads gets its kinds and its sentences once each, in order. Secrets are
    masked: what is explained is often pasted to somebody else.
    """
    try:
        found = readings(decode(_contents(file)))
    except UnreadableEventError as error:
        return {"file": str(file), "error": mask(str(error))}
    return {
        "file": str(file),
        "kind": mask(", ".join(dict.fromkeys(reading.kind for reading in found))),
        "facts": [_fact(reading.fact) for reading in found],
        "would": mask(" ".join(dict.fromkeys(describe(reading.fact) for reading in found))),
    }


def _contents(file: Path) -> str:
    try:
        raw = typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableEventError("the file is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableEventError(f"the file cannot be read: {reason}") from None


def _fact(fact: Fact) -> dict[str, Any]:
    document = json.loads(json.dumps(asdict(fact), default=_as_json))
    return {"fact": type(fact).__name__, **masked(document)}


def _as_json(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
