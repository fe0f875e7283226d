"""What came of a request that the control plane carries out by and by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import typer

from cli.control_api import ControlApi
from cli.words import say

LOOKS, PAUSE_SECONDS = 15, 1.0


def print_answer(given: Mapping[str, Any], api: ControlApi) -> None:
    """Print the answer to a command that was just given, or that it is not there yet.

    Raises typer.Exit with 1 where nothing was done: a script must not believe that it was.
    """
    command = str(given.get("command", ""))
    for _ in range(LOOKS):
        told = api.get(f"/commands/{command}")
        if told.get("answer"):
            say([str(told["answer"])])
            if told.get("denied"):
                raise typer.Exit(1)
            return
        time.sleep(PAUSE_SECONDS)
    say([f"Signalbox has it (command {command}) and will carry it out; it has not answered yet."])
