"""What a function raised, by its class, as on Lambda: machines decide on it whether to retry.

MiniStack's warm worker calls every exception `Runtime.HandlerError`; its log has the traceback.
"""

import functools
import importlib
import re
from typing import Any, Final

from sandbox.emulator.borrowed import borrow

_RAISED: Final = re.compile(r"^Traceback .*\n(?:[ \t].*\n)+(?:\w+\.)*(\w+)", re.MULTILINE)
UNNAMED: Final = "Runtime.HandlerError"


def name_errors_by_class() -> None:
    """Report the class of what was raised as `errorType`."""
    module: Any = importlib.import_module("ministack.services.lambda_svc")
    run = borrow("ministack.services.lambda_svc:_execute_function_warm")

    @functools.wraps(run)
    def named(*given: Any, **more: Any) -> dict[str, Any]:
        return with_class(run(*given, **more))

    module._execute_function_warm = named


def with_class(result: dict[str, Any]) -> dict[str, Any]:
    """The outcome of an invocation with its error named by the last traceback of its log."""
    body = result.get("body")
    raised = _RAISED.findall(result.get("log") or "")
    unnamed = isinstance(body, dict) and body.get("errorType") == UNNAMED
    if isinstance(body, dict) and unnamed and raised and result.get("error"):
        return {**result, "body": {**body, "errorType": raised[-1]}}
    return result
