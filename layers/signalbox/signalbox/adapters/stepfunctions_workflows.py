"""Step Functions: starts workflows, and hands verdicts to those that wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import AwsRefusedError

STARTED_ALREADY = "ExecutionAlreadyExists"
NO_LONGER_WAITING = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}


class StepFunctionsWorkflows:
    """``Workflows`` on Step Functions. ``machines`` finds a machine's ARN by its short name."""

    def __init__(self, client: Any, machines: Mapping[str, Callable[[], str]]) -> None:
        self._client = client
        self._machines = machines

    def start(self, workflow: str, name: str, payload: Mapping[str, Any]) -> None:
        """Start a workflow under a name; started already is fine.

        The input is canonical JSON: the same name with the same input is the same execution while
        that runs, and refused for 90 days once it has ended (StartExecution, API reference).
        """
        try:
            with aws_call(f"start the {workflow} workflow {name}"):
                self._client.start_execution(
                    stateMachineArn=self._machines[workflow](),
                    name=name,
                    input=json.dumps(payload, sort_keys=True, separators=(",", ":")),
                )
        except AwsRefusedError as refused:
            if refused.code != STARTED_ALREADY:
                raise

    def complete(self, task_token: str, output: Mapping[str, Any]) -> bool:
        """Hand a verdict to the waiting machine; False where it no longer waits."""
        try:
            with aws_call("complete a waiting task"):
                self._client.send_task_success(taskToken=task_token, output=json.dumps(output))
        except AwsRefusedError as refused:
            if refused.code in NO_LONGER_WAITING:
                return False
            raise
        return True
