"""Work queue: starts workflows, has gates decided, anchors the audit."""

from __future__ import annotations

from functools import partial
from typing import Any

from signalbox.runtime.batches import handle_batch
from signalbox.runtime.logging import reported
from signalbox.runtime.queues import OwnQueue
from signalbox.runtime.wiring import world
from signalbox.usecases.dispatch import dispatch


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Carry out what each bell speaks of; report what failed."""
    queue = OwnQueue(world(), "work")
    return handle_batch(event, partial(dispatch, ports=world()), queue=queue)
