"""Variables of an execution: `#{namespace.key}` in an action's configuration.

Source: CodePipeline user guide, "Variables reference". A reference that does not resolve fails the
action, as on AWS.
"""

import re
from collections.abc import Mapping

from sandbox.engine.executions import Execution

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")


class UnresolvedVariable(Exception):  # noqa: N818 - a fact about the configuration
    """A configuration names a variable that the execution does not have."""


def resolve(configuration: Mapping[str, str], execution: Execution) -> dict[str, str]:
    """Put the execution's values in the place of the references."""
    namespaces = {
        **execution.variables,
        "codepipeline": {"PipelineExecutionId": execution.id},
    }

    def value(match: re.Match[str]) -> str:
        namespace, key = match.groups()
        try:
            return namespaces[namespace][key]
        except KeyError:
            raise UnresolvedVariable(
                f"Variable reference {match.group()} could not be resolved"
            ) from None

    return {name: _REFERENCE.sub(value, text) for name, text in configuration.items()}
