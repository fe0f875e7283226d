"""Messages queue: keeps the Slack message of each release up to date."""

from __future__ import annotations

from functools import partial
from typing import Any

from signalbox.runtime.batches import handle_batch
from signalbox.runtime.logging import reported
from signalbox.runtime.queues import OwnQueue
from signalbox.runtime.wiring import world
from signalbox.usecases.announce import announce


@reported
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Announce what each bell speaks of, in the order of its group; report what failed."""
    queue = OwnQueue(world(), "messages")
    return handle_batch(event, partial(announce, ports=world()), fifo=True, queue=queue)
