"""Tells the channels of the pipelines it covers that a hold began or ended, or what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.holds import Hold, HoldSource
from signalbox.domain.routes import DEFAULT_TOPIC
from signalbox.domain.services import Service
from signalbox.notifications.hold_message import (
    blocked_message,
    hold_message,
    left_message,
    restarted_message,
    stuck_message,
)
from signalbox.notifications.routes import Kind, News, Severity, destinations
from signalbox.usecases.announce_by_mail import publish
from signalbox.usecases.announce_ports import Announcer
from signalbox.usecases.announce_routes import routes_in_force
from signalbox.usecases.announce_to_channels import announce_to_channels
from signalbox.usecases.effects_of_holds import HoldNews, StageNews

TITLES: dict[str, str] = {
    HoldNews.STARTED: "A hold has begun",
    HoldNews.ENDED: "A hold has ended",
    StageNews.BLOCKED: "A stage stays closed",
    StageNews.LEFT: "A stage stays closed",
    StageNews.RESTARTED: "A release was started again",
    StageNews.STUCK: "A release does not go on",
}


def announce_hold(effect: Effect, ports: Announcer) -> EffectStatus:
    """Post it once in each channel that the routes name for any of the pipelines.

    Where Slack does not take it, it goes by e-mail. What is no longer so is not told.
    """
    told = _of_hold(effect, ports) if effect.payload["hold"] else _of_stage(effect, ports)
    if told is None:
        return EffectStatus.DONE
    message, services = told
    table = routes_in_force(ports)
    to = [
        destinations(_news(service), table, own_channel=service.channel) for service in services
    ] or [destinations(_news(None), table)]
    channels = dict.fromkeys(channel for one in to for channel in one.channels)
    topics = dict.fromkeys(topic for one in to for topic in one.topics)
    status = announce_to_channels(effect, channels, message, "hold told", ports)
    if status is EffectStatus.REFUSED:
        topics[DEFAULT_TOPIC] = None
    for topic in topics:
        ports.audit.append(effect.subject, "e-mail published", {"topic": topic, "key": effect.key})
        publish(TITLES[effect.payload["news"]], message["text"], topic, ports)
    return status


Told = tuple[Mapping[str, Any], Sequence[Service]]


def _of_hold(effect: Effect, ports: Announcer) -> Told | None:
    hold = ports.holds.hold(effect.payload["hold"])
    if hold is None:
        return None
    covered = [one for one in ports.services.all() if _covers(hold, one, effect)]
    names = [service.pipeline.name for service in covered]
    ended = effect.payload["news"] == HoldNews.ENDED
    return hold_message(hold, names, ended=ended), covered


def _covers(hold: Hold, service: Service, effect: Effect) -> bool:
    """What a window holds was written down when it began, by the policies of that moment."""
    if hold.source is HoldSource.WINDOW:
        return service.pipeline.key in effect.payload.get("pipelines", ())
    return bool(hold.scope.stages_of(service))


def _of_stage(effect: Effect, ports: Announcer) -> Told | None:
    about = effect.payload
    pipeline, _, stage = about["stage"].rpartition("/")
    name = pipeline.rpartition("/")[2]
    services = [one for one in ports.services.all() if one.pipeline.key == pipeline]
    match StageNews(about["news"]):
        case StageNews.BLOCKED:
            closed = ports.holds.closed_stage(about["stage"])
            waits = closed is not None and closed.waiting_for
            return (blocked_message(closed), services) if closed and waits else None
        case StageNews.LEFT:
            return left_message(name, stage, about["by"]), services
        case StageNews.RESTARTED:
            return restarted_message(name, stage, about["execution"]), services
        case StageNews.STUCK:
            return stuck_message(name, stage, about["execution"]), services


def _news(service: Service | None) -> News:
    name = service.pipeline.name if service else ""
    return News(pipeline=name, kind=Kind.OPERATIONS, severity=Severity.WARNING)
