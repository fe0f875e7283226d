"""MiniStack as an ASGI application, started and stopped."""

from typing import Any

from sandbox.emulator.alarm_store import take_over_alarms
from sandbox.emulator.borrowed import borrow
from sandbox.emulator.invocations import observe_invocations
from sandbox.emulator.resources import keep_object_lock


def application() -> Any:
    """MiniStack's ASGI application, with the differences from AWS that we mend."""
    borrow("ministack.core.hypercorn_compat:install")()
    observe_invocations()
    keep_object_lock()
    take_over_alarms()
    return borrow("ministack.app:app")


def stop_workers() -> None:
    """End every Lambda worker process and remove its files."""
    borrow("ministack.core.lambda_runtime:reset")()
