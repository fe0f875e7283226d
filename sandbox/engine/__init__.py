"""CodePipeline and CodeBuild for the sandbox, beside MiniStack, which has neither.

`api` is the door for the server; the parts are put together in `engine`.
"""

from typing import Any


def snapshot() -> dict[str, Any]:
    """What the console shows of the pipelines."""
    from sandbox.engine import api

    return api.snapshot()


def shutdown() -> None:
    """Kill builds and end threads; harmless when nothing runs."""
    from sandbox.engine import api

    api.shutdown()
