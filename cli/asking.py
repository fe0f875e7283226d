"""What came of a request that the control plane carries out by and by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from cli.control_api import ControlApi

LOOKS, PAUSE_SECONDS = 15, 1.0


def answer_to(given: Mapping[str, Any], api: ControlApi) -> str:
    """The answer to a command that was just given, or that it is not there yet."""
    command = str(given.get("command", ""))
    for _ in range(LOOKS):
        answer = api.get(f"/commands/{command}").get("answer", "")
        if answer:
            return str(answer)
        time.sleep(PAUSE_SECONDS)
    return f"Signalbox has it (command {command}) and has not answered yet; it will be carried out."
