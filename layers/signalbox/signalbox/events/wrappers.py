"""SNS, SQS, Lambda and PutEvents put events into one another; here they come out again.

SNS to Lambda says ``SigningCertUrl``, SNS in an SQS body ``SigningCertURL``; neither is read: the
policy of the topic or queue decides who may write to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from signalbox.domain.errors import UnreadableEventError
from signalbox.events.times import moment

_DEEPEST = 12
"""Objects and lists counted alike; SNS in SQS in a function's records takes six."""
_LISTS = ("Records", "records", "Messages", "messages", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """One payload and the way it came.

    ``payload`` is an object, or text where a message holds no JSON. ``by`` names the innermost
    wrapper (``sns``, ``sqs``), or is empty. ``received_at`` is the wrapper's own time, and
    ``topic_arn`` the SNS topic it came through.
    """

    payload: Mapping[str, Any] | str
    by: str = ""
    received_at: datetime | None = None
    topic_arn: str = ""


def unwrap(payload: object) -> list[Unwrapped]:
    """Take every payload out of its wrappers, in order.

    Raises UnreadableEventError where there is none, or where wrappers nest too deep.
    """
    found = list(_unwrap(payload, Unwrapped(payload=""), _DEEPEST))
    if not found:
        raise UnreadableEventError("the event is an empty list")
    return found


def json_object(document: str) -> Mapping[str, Any] | list[Any] | None:
    """The object or list in a JSON text, or None where there is neither."""
    try:
        value = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _unwrap(payload: object, way: Unwrapped, depth: int) -> Iterator[Unwrapped]:
    if depth == 0:
        raise UnreadableEventError("the event is wrapped too deep")
    if isinstance(payload, list):
        for part in payload:
            yield from _unwrap(part, way, depth - 1)
    elif isinstance(payload, Mapping):
        yield from _unwrap_object(payload, way, depth)
    else:
        raise UnreadableEventError("the event is not a JSON object")


def _unwrap_object(payload: Mapping[str, Any], way: Unwrapped, depth: int) -> Iterator[Unwrapped]:
    for name in _LISTS:
        parts = payload.get(name)
        if isinstance(parts, list) and all(isinstance(part, Mapping) for part in parts):
            yield from _unwrap(parts, way, depth - 1)
            return
    if isinstance(payload.get("Sns"), Mapping):
        yield from _unwrap(payload["Sns"], replace(way, by="sns"), depth - 1)
    elif "Message" in payload and ("TopicArn" in payload or payload.get("Type") == "Notification"):
        yield from _message(payload["Message"], _published(payload, way), depth)
    elif "body" in payload and _is_queued(payload, "receiptHandle", "messageId"):
        yield from _message(payload["body"], _queued(payload, "attributes"), depth)
    elif "Body" in payload and _is_queued(payload, "ReceiptHandle", "MessageId"):
        yield from _message(payload["Body"], _queued(payload, "Attributes"), depth)
    elif "DetailType" in payload and "Source" in payload:
        yield replace(way, payload=_put_events_entry(payload))
    else:
        yield replace(way, payload=payload)


def _message(content: object, way: Unwrapped, depth: int) -> Iterator[Unwrapped]:
    if isinstance(content, str):
        inner = json_object(content)
        if inner is None:
            yield replace(way, payload=content)
            return
        content = inner
    yield from _unwrap(content, way, depth - 1)


def _is_queued(payload: Mapping[str, Any], *marks: str) -> bool:
    return any(mark in payload for mark in marks) or payload.get("eventSource") == "aws:sqs"


def _published(payload: Mapping[str, Any], way: Unwrapped) -> Unwrapped:
    at = moment(payload.get("Timestamp")) or way.received_at
    topic = payload.get("TopicArn")
    arn = topic if isinstance(topic, str) else ""
    return Unwrapped(payload="", by="sns", received_at=at, topic_arn=arn)


def _queued(payload: Mapping[str, Any], name: str) -> Unwrapped:
    attributes = payload.get(name)
    sent = attributes.get("SentTimestamp") if isinstance(attributes, Mapping) else None
    return Unwrapped(payload="", by="sqs", received_at=moment(sent))


def _put_events_entry(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry as PutEvents takes it, in the shape in which EventBridge delivers it."""
    return {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "time": entry.get("Time"),
        "resources": entry.get("Resources"),
        "detail": entry.get("Detail"),
    }
