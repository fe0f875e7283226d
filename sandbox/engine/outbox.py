"""Emits events in order, away from the engine's lock: a rule's target may take its time."""

import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sandbox.engine.ports import Clock, Emit

_log = logging.getLogger(__name__)


class OrderedEmitter:
    """An `Emit` that returns at once; one thread puts the events on the bus, in order."""

    def __init__(self, emit: Emit, clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._drain, name="engine-events", daemon=True)
        self._thread.start()

    def __call__(
        self,
        *,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str],
        time: datetime | None = None,
    ) -> None:
        """Queue the event."""
        self._queue.put(
            {
                "source": source,
                "detail_type": detail_type,
                "detail": detail,
                "resources": resources,
                "time": time or self._clock.now(),
            }
        )

    def close(self) -> None:
        """Emit what is queued, then end."""
        self._queue.put(None)
        self._thread.join(timeout=5)

    def _drain(self) -> None:
        while (event := self._queue.get()) is not None:
            try:
                self._emit(**event)
            except Exception:
                _log.exception("an event could not be emitted: %s", event["detail_type"])
