"""AWS/Lambda metrics of each invocation, under every set of dimensions that AWS publishes.

Source: Lambda Developer Guide, "Types of metrics for Lambda functions": `FunctionName`;
`FunctionName` with `Resource` (the function, or `function:alias`); and, for an alias, these with
`ExecutedVersion`.
"""

from sandbox import emulator
from sandbox.emulator import Invocation

NAMESPACE = "AWS/Lambda"


def publish(invocation: Invocation) -> None:
    """Publish count, errors and duration of one invocation."""
    for dimensions in dimension_sets(invocation):
        _record("Invocations", 1.0, "Count", dimensions)
        _record("Errors", float(invocation.failed), "Count", dimensions)
        _record("Duration", invocation.duration_ms, "Milliseconds", dimensions)


def dimension_sets(invocation: Invocation) -> list[dict[str, str]]:
    """The sets of dimensions under which this invocation counts."""
    function, qualifier = invocation.function, invocation.qualifier
    named = {"FunctionName": function}
    sets = [named, {**named, "Resource": f"{function}:{qualifier}" if qualifier else function}]
    if qualifier and qualifier != invocation.version:
        sets.append({**sets[1], "ExecutedVersion": invocation.version})
    return sets


def _record(name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
    emulator.record_metric(NAMESPACE, name, value, unit, dimensions)
