"""Tells what a cleanup would delete."""

from __future__ import annotations

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.routes import DEFAULT_TOPIC
from signalbox.notifications.messages import sweep_message
from signalbox.notifications.routes import Kind, News, Severity, destinations
from signalbox.usecases.announce_by_mail import publish
from signalbox.usecases.announce_ports import (
    SILENT,
    Announcer,
    code_of,
    raise_while_patient,
    take_turn,
)
from signalbox.usecases.announce_routes import routes_in_force


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
    topics, status = set(to.topics), EffectStatus.DONE
    for channel in to.channels:
        try:
            take_turn(channel, ports)
            ports.audit.append(
                effect.subject, "sweep posted", {"channel": channel, "sweep": sweep.id}
            )
            ports.messenger.post(channel, message)
        except SILENT as error:
            raise_while_patient(error, effect.created_at, ports)
            ports.counters.count("SlackRefused" if code_of(error) != "no answer" else "SlackSilent")
            topics.add(DEFAULT_TOPIC)
            status = EffectStatus.REFUSED
    for topic in sorted(topics):
        ports.audit.append(effect.subject, "e-mail published", {"sweep": sweep.id})
        publish(f"Cleanup of {sweep.service}", message["text"], topic, ports)
    return status
