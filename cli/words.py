"""Words of the control plane, made fit for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import typer
from signalbox.notifications.text import clean


def printable(line: str) -> str:
    """A line that a terminal only prints: what is in it was written by strangers."""
    return " ".join(clean(line).splitlines())


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(printable(line))


def moment(at: datetime | None) -> str:
    """A moment in the terminal's own time zone, with its offset; empty without one."""
    return at.astimezone().isoformat(sep=" ", timespec="minutes") if at else ""
