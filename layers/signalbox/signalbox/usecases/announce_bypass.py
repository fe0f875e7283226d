"""Tells what was done to a pipeline past Signalbox, where its policy decides."""

from __future__ import annotations

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.identity import PipelineId
from signalbox.domain.policy import Mode
from signalbox.domain.routes import DEFAULT_TOPIC
from signalbox.notifications.bypass import bypass_message
from signalbox.notifications.routes import Kind, News, Severity, destinations
from signalbox.usecases.announce_by_mail import publish
from signalbox.usecases.announce_ports import Announcer
from signalbox.usecases.announce_routes import routes_in_force
from signalbox.usecases.announce_to_channels import announce_to_channels


def announce_bypass(effect: Effect, ports: Announcer) -> EffectStatus:
    """Post it in the pipeline's channels and mail it, once; nothing where no policy enforces."""
    about = effect.payload["bypass"]
    account, region, name = about["pipeline"].split("/")
    pipeline = PipelineId(account=account, region=region, name=name)
    service = ports.services.of_pipeline(pipeline)
    if service is None or ports.policies.policy_for(pipeline).mode is not Mode.ENFORCE:
        return EffectStatus.DONE
    message = bypass_message(about)
    news = News(pipeline=name, kind=Kind.OPERATIONS, severity=Severity.WARNING)
    to = destinations(news, routes_in_force(ports), own_channel=service.channel)
    status = announce_to_channels(effect, to.channels, message, "bypass told", ports)
    for topic in sorted({*to.topics, DEFAULT_TOPIC}):
        ports.audit.append(effect.subject, "e-mail published", {"topic": topic, **about})
        publish(f"Past Signalbox: {about['call']} on {name}", message["text"], topic, ports)
    return status
