"""CloudWatch alarms (metric, composite, anomaly) in the three forms in which they arrive.

EventBridge puts the alarm into ``detail``; an alarm that calls a function directly puts it into
``alarmData`` and has no detail type; SNS has its own PascalCase form, whose ``Region`` is a display
name. Offsets are written ``+0000``. Names of alarms may hold any character. Tags come only where
the alarm propagates them (user guide, *Alarm tags in action payloads*).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import AlarmChanged
from signalbox.domain.identity import AlarmId
from signalbox.domain.states import AlarmState
from signalbox.events.envelope import Envelope
from signalbox.events.fields import (
    Key,
    Name,
    Payload,
    Text,
    Word,
    account,
    known,
    mapping,
    mappings,
    parse,
    text,
)
from signalbox.events.leftovers import leftovers
from signalbox.events.reading import Reading
from signalbox.events.times import moment


def _tags(value: object) -> dict[str, str]:
    """Tags as an object, or as a list of pairs of ``key`` and ``value``, as other services have."""
    pairs = [
        (pair.get("key") or pair.get("Key"), pair.get("value") or pair.get("Value"))
        for pair in mappings(value)
    ]
    named = {text(name): text(said) for name, said in [*mapping(value).items(), *pairs]}
    return {name: said for name, said in named.items() if name}


Tags = Annotated[dict[str, str], BeforeValidator(_tags)]


class _State(Payload):
    value: Word
    reason: Text = ""
    timestamp: Text = ""
    suppressed_by: Text = Field(default="", alias="actionsSuppressedBy")


class _Previous(Payload):
    value: Text = ""


class _Alarm(Payload):
    name: Name = Field(alias="alarmName")
    state: _State
    previous: Annotated[_Previous, BeforeValidator(mapping)] = Field(
        default=_Previous(), alias="previousState"
    )
    tags: Tags = Field(default_factory=dict, alias="alarmTags")


class _Message(Payload):
    name: Name = Field(alias="AlarmName")
    state: Word = Field(alias="NewStateValue")
    previous: Text = Field(default="", alias="OldStateValue")
    reason: Text = Field(default="", alias="NewStateReason")
    tags: Tags = Field(default_factory=dict, alias="AlarmTags")


class _Place(Payload):
    account: Key
    region: Name


def read_state_change(event: Envelope) -> Reading:
    """``CloudWatch Alarm State Change``."""
    kind = "cloudwatch.alarm"
    alarm = parse(_Alarm, event.detail, where=f"{kind}: detail")
    return _reading(kind, alarm, event.place(kind), event.said_at, replayed=event.replayed)


def is_direct(payload: Mapping[str, Any]) -> bool:
    """Whether an alarm called a Lambda function with this, without EventBridge or SNS."""
    return "alarmData" in payload


def read_direct(payload: Mapping[str, Any], received_at: datetime | None) -> Reading:
    """An alarm's call of a Lambda function."""
    kind = "cloudwatch.alarm"
    alarm = parse(_Alarm, payload["alarmData"], where=f"{kind}: alarmData")
    arn = _arn(payload.get("alarmArn"))
    place = _place(
        kind,
        account(payload.get("accountId")) or arn[4],
        text(payload.get("region")).strip() or arn[3].strip(),
    )
    return _reading(kind, alarm, place, moment(payload.get("time")) or received_at)


def is_message(payload: Mapping[str, Any]) -> bool:
    """Whether this is what an alarm publishes to SNS."""
    return "AlarmName" in payload and "NewStateValue" in payload


def read_message(payload: Mapping[str, Any], received_at: datetime | None) -> Reading:
    """An alarm's SNS message. Before 2020 it had no ``AlarmArn``: then the region is as it says."""
    kind = "cloudwatch.alarm"
    message = parse(_Message, payload, where=kind)
    arn = _arn(payload.get("AlarmArn"))
    place = _place(
        kind,
        account(payload.get("AWSAccountId")) or arn[4],
        arn[3].strip() or text(payload.get("Region")).strip(),
    )
    alarm = _Alarm.model_validate(
        {
            "alarmName": message.name,
            "state": {"value": message.state, "reason": message.reason},
            "previousState": {"value": message.previous},
            "alarmTags": message.tags,
        }
    )
    at = moment(payload.get("StateChangeTime")) or received_at
    return _reading(kind, alarm, place, at, said_in=message)


def _reading(
    kind: str,
    alarm: _Alarm,
    place: tuple[str, str],
    sent_at: datetime | None,
    said_in: Payload | None = None,
    replayed: bool = False,
) -> Reading:
    at = moment(alarm.state.timestamp) or sent_at
    if at is None:
        raise UnreadableEventError(f"{kind}: time: is missing or not a time")
    state, raw_state = known(AlarmState, alarm.state.value, AlarmState.UNKNOWN)
    previous, _ = known(AlarmState, alarm.previous.value, AlarmState.UNKNOWN)
    fact = AlarmChanged(
        alarm=AlarmId(account=place[0], region=place[1], name=alarm.name),
        state=state,
        previous=previous,
        at=at,
        reason=alarm.state.reason,
        suppressed_by=alarm.state.suppressed_by,
        tags=alarm.tags,
        raw_state=raw_state,
        replayed=replayed,
        extra=leftovers(said_in or alarm),
    )
    return Reading(kind=kind, fact=fact)


def _place(kind: str, owner: str, region: str) -> tuple[str, str]:
    place = parse(_Place, {"account": owner, "region": region}, where=kind)
    return place.account, place.region


def _arn(value: object) -> list[str]:
    parts = text(value).split(":", 6)
    return parts if len(parts) == 7 else [""] * 7
