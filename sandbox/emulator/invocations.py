"""A tap on Lambda: who was invoked, by which alias, and how it went."""

import functools
import importlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox import clock
from sandbox.emulator.borrowed import borrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One attempt to run a function; `qualifier` is the alias or version asked for, or empty."""

    function: str
    qualifier: str
    version: str
    failed: bool
    duration_ms: float
    at: datetime


_log = logging.getLogger(__name__)
_listeners: list[Callable[[Invocation], None]] = []


def on_invocation(listener: Callable[[Invocation], None]) -> None:
    """Call `listener` after each attempt, synchronous or not; throttled ones do not count."""
    _listeners.append(listener)


def observe_invocations() -> None:
    """Stand where every invocation passes, instead of MiniStack's own metrics.

    Those know neither aliases nor the outcome of an asynchronous invocation.
    """
    module: Any = importlib.import_module("ministack.services.lambda_svc")
    execute = borrow("ministack.services.lambda_svc:_execute_function_dispatch")
    borrow("ministack.services.lambda_svc:_emit_lambda_metrics")

    @functools.wraps(execute)
    def observed(
        function: dict[str, Any], config: dict[str, Any], *rest: Any, **more: Any
    ) -> dict[str, Any]:
        at, begun = clock.now(), time.monotonic()
        result: dict[str, Any] = execute(function, config, *rest, **more)
        _tell(_invocation(config, result, at, (time.monotonic() - begun) * 1000))
        return result

    module._execute_function_dispatch = observed
    module._emit_lambda_metrics = lambda *_, **__: None


def _invocation(
    config: dict[str, Any], result: dict[str, Any], at: datetime, duration_ms: float
) -> Invocation:
    arn = str(config.get("FunctionArn", "")).split(":")
    return Invocation(
        function=str(config.get("FunctionName", "")),
        qualifier=arn[7] if len(arn) > 7 else "",
        version=str(config.get("Version", "$LATEST")),
        failed=bool(result.get("error")),
        duration_ms=duration_ms,
        at=at,
    )


def _tell(invocation: Invocation) -> None:
    for listener in _listeners:
        try:
            listener(invocation)
        except Exception:
            _log.exception("a listener of Lambda invocations failed")
