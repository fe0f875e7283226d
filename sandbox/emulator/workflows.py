"""Step Functions, where MiniStack falls short of JSONata: `TimeoutSeconds` may be an expression.

A wait for a task token is scaled with the sandbox's clock, like every other wait of a person.
"""

import functools
import importlib
from typing import Any

from sandbox import clock
from sandbox.emulator.borrowed import borrow

MODULE = "ministack.services.stepfunctions"
FIELD = "TimeoutSeconds"


def evaluate_timeouts() -> None:
    """Evaluate a task's timeout first; MiniStack compares its text with a number."""
    module: Any = importlib.import_module(MODULE)
    execute = borrow(f"{MODULE}:_execute_task")
    field_of = borrow(f"{MODULE}:_jsonata_state_field")

    @functools.wraps(execute)
    def with_timeout(state: dict[str, Any], given: Any, execution: Any, context: Any) -> Any:
        timeout = state.get(FIELD)
        if isinstance(timeout, str):
            timeout = field_of(state, FIELD, "number", given, context)
        if timeout is not None and ".waitForTaskToken" in state.get("Resource", ""):
            timeout = clock.scaled(timeout)
        known = state if timeout is None else {**state, FIELD: timeout}
        return execute(known, given, execution, context)

    module._execute_task = with_timeout
