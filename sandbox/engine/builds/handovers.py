"""What CodePipeline hands CodeBuild beside StartBuild's parameters: where artifacts lie."""

import threading
from dataclasses import dataclass

from sandbox.engine.executions import ArtifactLocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One build action's input and outputs."""

    pipeline: str
    source: ArtifactLocation
    outputs: tuple[ArtifactLocation, ...]


class Handovers:
    """Handovers that wait for their build to start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, Handover] = {}

    def put(self, token: str, handover: Handover) -> None:
        """Keep one under the idempotency token of the StartBuild to come."""
        with self._lock:
            self._waiting[token] = handover

    def take(self, token: str | None) -> Handover | None:
        """The handover for a started build, once."""
        with self._lock:
            return self._waiting.pop(token, None) if token else None
