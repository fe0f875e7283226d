"""Tells what a cleanup would delete."""

from __future__ import annotations

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.routes import DEFAULT_TOPIC
from signalbox.notifications.messages import sweep_message
from signalbox.notifications.routes import Kind, News, Severity, destinations
from signalbox.usecases.announce_by_mail import publish
from signalbox.usecases.announce_ports import Announcer
from signalbox.usecases.announce_routes import routes_in_force
from signalbox.usecases.announce_to_channels import announce_to_channels


def announce_sweep(effect: Effect, ports: Announcer) -> EffectStatus:
    """Post the report of a sweep to each channel it is routed to, once."""
    sweep = ports.sweeps.sweep(effect.payload["sweep"])
    if sweep is None:
        return EffectStatus.REFUSED
    message = sweep_message(sweep)
    service = next((one for one in ports.services.all() if one.name == sweep.service), None)
    news = News(
        pipeline=service.pipeline.name if service else sweep.service,
        kind=Kind.CLEANUP,
        severity=Severity.INFO,
    )
    table = routes_in_force(ports)
    to = destinations(news, table, own_channel=service.channel if service else "")
    status = announce_to_channels(effect, to.channels, message, "sweep posted", ports)
    topics = {*to.topics, *([DEFAULT_TOPIC] if status is EffectStatus.REFUSED else [])}
    for topic in sorted(topics):
        ports.audit.append(effect.subject, "e-mail published", {"sweep": sweep.id})
        publish(f"Cleanup of {sweep.service}", message["text"], topic, ports)
    return status
