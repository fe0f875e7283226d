"""The closed sets of states that AWS sends, each with its place in the lattice.

State only moves forward: of two states of the same attempt the one of higher rank holds, and a
later attempt outranks every earlier one. So the order of arrival does not matter.
Names are those of CodePipeline's EventBridge events; ``UNKNOWN`` stands for one not known here.
"""

from __future__ import annotations

from enum import StrEnum


class ExecutionState(StrEnum):
    """States of a pipeline execution and of a stage execution."""

    UNKNOWN = "UNKNOWN"
    STARTED = "STARTED"
    RESUMED = "RESUMED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    CANCELED = "CANCELED"
    SUPERSEDED = "SUPERSEDED"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"


class ActionState(StrEnum):
    """States of an action execution."""

    UNKNOWN = "UNKNOWN"
    STARTED = "STARTED"
    ABANDONED = "ABANDONED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"


class AlarmState(StrEnum):
    """States of a CloudWatch alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    UNKNOWN = "UNKNOWN"


EXECUTION_RANK: dict[ExecutionState, int] = {
    ExecutionState.UNKNOWN: 0,
    ExecutionState.STARTED: 1,
    ExecutionState.RESUMED: 2,
    ExecutionState.STOPPING: 3,
    ExecutionState.STOPPED: 10,
    ExecutionState.CANCELED: 11,
    ExecutionState.SUPERSEDED: 12,
    ExecutionState.FAILED: 13,
    ExecutionState.SUCCEEDED: 14,
}

ACTION_RANK: dict[ActionState, int] = {
    ActionState.UNKNOWN: 0,
    ActionState.STARTED: 1,
    ActionState.ABANDONED: 10,
    ActionState.CANCELED: 11,
    ActionState.FAILED: 12,
    ActionState.SUCCEEDED: 13,
}

FINAL_RANK = 10
"""From this rank on a state is final for its attempt."""
