"""Batches from SQS: each message for itself, and only what failed comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from signalbox.domain.errors import RetryableError, SignalboxError
from signalbox.runtime.logging import count, logger

Record = Mapping[str, Any]
"""One message as Lambda hands it over, with its ``body`` as text."""


def handle_batch(
    event: Mapping[str, Any],
    handle_one: Callable[[Mapping[str, Any]], None],
    *,
    fifo: bool = False,
) -> dict[str, list[dict[str, str]]]:
    """Like ``handle_records``, for messages whose body is JSON of our own making."""
    return handle_records(event, lambda record: handle_one(json.loads(record["body"])), fifo=fifo)


def handle_records(
    event: Mapping[str, Any], handle_record: Callable[[Record], None], *, fifo: bool = False
) -> dict[str, list[dict[str, str]]]:
    """Handle each message of a batch; the answer names those that SQS shall deliver again.

    Whatever ``handle_record`` raises fails that message alone: the queue delivers it again and
    gives it to its dead-letter queue in the end. With ``fifo``, what follows a failure in the same
    message group fails untried, so that the group keeps its order (Lambda developer guide, "Using
    Lambda with Amazon SQS", partial batch responses with FIFO queues).
    """
    failures: list[dict[str, str]] = []
    stopped: set[str] = set()
    for record in event["Records"]:
        group = record.get("attributes", {}).get("MessageGroupId", "") if fifo else ""
        if group in stopped or not _handled(record, handle_record):
            failures.append({"itemIdentifier": record["messageId"]})
            if fifo:
                stopped.add(group)
    return {"batchItemFailures": failures}


def _handled(record: Record, handle_record: Callable[[Record], None]) -> bool:
    try:
        handle_record(record)
    except RetryableError as error:
        _report(record, error, "warning")
    except SignalboxError as error:
        _report(record, error, "error")
    except Exception as error:  # a defect must not take the rest of its batch along
        _report(record, error, "exception")
    else:
        return True
    return False


def _report(record: Record, error: Exception, how: str) -> None:
    count("FailedMessages")
    say = getattr(logger(), how)
    say(str(error), error=type(error).__name__, message_id=record["messageId"])
