"""The envelope around every EventBridge event, and its two dialects.

EventBridge says ``detail-type``; CodeStar notifications say ``detailType``, have no ``id`` and
carry ``additionalAttributes`` beside the detail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from signalbox.domain.errors import UnreadableEventError
from signalbox.events.fields import Key, Payload, account, mapping, parse, text
from signalbox.events.leftovers import quoted
from signalbox.events.times import moment
from signalbox.events.wrappers import json_object


class _Place(Payload):
    account: Key
    region: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event, not yet read further.

    ``said_at`` is None where its time is missing or odd; ``replayed`` says that it comes out of an
    archive (EventBridge then adds ``replay-name``).
    """

    source: str
    detail_type: str
    account: str
    region: str
    said_at: datetime | None
    resources: tuple[str, ...]
    detail: object
    attributes: Mapping[str, Any]
    replayed: bool = False

    def place(self, kind: str) -> tuple[str, str]:
        """Its account and region. Raises UnreadableEventError where either is missing."""
        place = parse(_Place, {"account": self.account, "region": self.region}, where=kind)
        return place.account, place.region

    def at(self, kind: str) -> datetime:
        """When it happened, in UTC. Raises UnreadableEventError where it does not say."""
        if self.said_at is None:
            raise UnreadableEventError(f"{kind}: time: is missing or not a time")
        return self.said_at


def is_envelope(payload: Mapping[str, Any]) -> bool:
    """Whether this claims to be an EventBridge event or a CodeStar notification."""
    return "detail-type" in payload or "detailType" in payload


def open_envelope(payload: Mapping[str, Any], received_at: datetime | None) -> Envelope:
    """Open the envelope. ``received_at`` (of an SNS or SQS wrapper) stands in for a missing time.

    Account and region are taken from the first resource's ARN where the envelope lacks them.
    Raises UnreadableEventError where it names no source or no detail type.
    """
    source = text(payload.get("source")).strip()
    detail_type = text(payload.get("detail-type") or payload.get("detailType")).strip()
    if not source:
        raise UnreadableEventError("source: is missing")
    if not detail_type:
        raise UnreadableEventError(f"{quoted(source)}: detail-type: is missing")
    resources = payload.get("resources")
    arns = tuple(text(arn) for arn in resources if text(arn)) if isinstance(resources, list) else ()
    partition = next((arn.split(":") for arn in arns if arn.count(":") >= 5), [""] * 5)
    detail = payload.get("detail")
    return Envelope(
        source=source,
        detail_type=detail_type,
        account=account(payload.get("account")) or partition[4],
        region=text(payload.get("region")).strip() or partition[3],
        said_at=moment(payload.get("time")) or received_at,
        resources=arns,
        detail=(json_object(detail) or detail) if isinstance(detail, str) else detail,
        attributes=mapping(payload.get("additionalAttributes")),
        replayed="replay-name" in payload,
    )
