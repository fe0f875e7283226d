"""What the outputs of the control plane's stack name."""

from __future__ import annotations

from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import SettingMissingError


def outputs_of(stack: str, cloudformation: Any, *names: str) -> tuple[str, ...]:
    """The values of these outputs, in this order.

    Raises SettingMissingError where the stack lacks one, AwsRefusedError and AwsUnavailableError
    where it cannot be read.
    """
    with aws_call(f"read stack {stack}"):
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {
        output["OutputKey"]: str(output["OutputValue"])
        for one in found
        for output in one.get("Outputs", [])
    }
    if missing := [name for name in names if name not in outputs]:
        raise SettingMissingError(
            f"stack {stack} has no output {missing[0]}; is it the control plane, and up to date?"
        )
    return tuple(outputs[name] for name in names)
