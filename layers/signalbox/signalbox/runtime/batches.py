"""Batches from SQS: each message for itself, and only what failed comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from signalbox.domain.errors import RetryableError, SignalboxError
from signalbox.runtime.logging import count, logger
from signalbox.runtime.queues import OwnQueue, Record, group_of

Answer = dict[str, list[dict[str, str]]]


def handle_batch(
    event: Mapping[str, Any],
    handle_one: Callable[[Mapping[str, Any]], None],
    *,
    fifo: bool = False,
    queue: OwnQueue | None = None,
) -> Answer:
    """Like ``handle_records``, for messages whose body is JSON of our own making."""
    return handle_records(
        event, lambda record: handle_one(json.loads(record["body"])), fifo=fifo, queue=queue
    )


def handle_records(
    event: Mapping[str, Any],
    handle_record: Callable[[Record], None],
    *,
    fifo: bool = False,
    queue: OwnQueue | None = None,
) -> Answer:
    """Handle each message of a batch; the answer names those that SQS shall deliver again.

    Whatever ``handle_record`` raises fails that message alone. ``queue``, the one that delivered
    the batch, brings it again soon where that may help, and gives it up in the end.

    With ``fifo``, what follows a failure in the same message group fails untried, so that the
    group keeps its order (Lambda developer guide, "Using Lambda with Amazon SQS", partial batch
    responses with FIFO queues). It waits no longer than what failed: SQS gives out nothing of a
    group of which it waits for anything.
    """
    failures: list[dict[str, str]] = []
    stopped: dict[str, int | None] = {}
    for record in event["Records"]:
        group = group_of(record)
        if fifo and group in stopped:
            delay = stopped[group]
        else:
            error = _error_of(record, handle_record)
            if error is None or (queue and queue.gives_up(record, error)):
                continue
            delay = queue.delay(record, error) if queue else None
            stopped[group] = delay
        failures.append({"itemIdentifier": record["messageId"]})
        if queue and delay is not None:
            queue.put_off(record, delay)
    return {"batchItemFailures": failures}


def _error_of(record: Record, handle_record: Callable[[Record], None]) -> Exception | None:
    try:
        handle_record(record)
    except RetryableError as error:
        return _reported(record, error, "warning")
    except SignalboxError as error:
        return _reported(record, error, "error")
    except Exception as error:  # a defect must not take the rest of its batch along
        return _reported(record, error, "exception")
    return None


def _reported(record: Record, error: Exception, how: str) -> Exception:
    count("FailedMessages")
    say = getattr(logger(), how)
    say(str(error), error=type(error).__name__, message_id=record["messageId"])
    return error
