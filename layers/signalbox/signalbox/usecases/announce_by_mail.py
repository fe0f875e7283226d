"""Writes e-mails: one for each thing there is to say and each topic it goes to."""

from __future__ import annotations

import hashlib
import logging

from signalbox.domain.effects import EffectKind, EffectStatus
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.routes import DEFAULT_TOPIC
from signalbox.notifications.emails import release_subject, release_text
from signalbox.notifications.view import ReleaseView
from signalbox.usecases.announce_ports import Announcer
from signalbox.usecases.effects_of_gates import announcement

LOG = logging.getLogger(__name__)


def announce_by_mail(
    view: ReleaseView,
    key: str,
    ports: Announcer,
    *,
    topic: str = DEFAULT_TOPIC,
    why: str = "",
    about: str = "",
) -> None:
    """Publish one e-mail per key and topic; an effect of its own remembers that it went out.

    ``why`` says why it comes by e-mail, ``about`` what it is about where that is not the headline.
    A crash before that effect is done leaves it pending: ``reconcile`` rings for it, and the mail
    goes out then.
    """
    whose = "" if topic == DEFAULT_TOPIC else f"-{hashlib.sha256(topic.encode()).hexdigest()[:16]}"
    mail = announcement(view.release.id, f"mail-{key}{whose}", ports.clock.now())
    known = ports.effects.effect(mail.subject, mail.key, kind=EffectKind.ANNOUNCE)
    if known is None:
        ports.effects.add([mail])
    elif known.status is not EffectStatus.PENDING:
        return
    subject = release_subject(view, about)
    details = {"key": mail.key, "subject": subject, "topic": topic}
    ports.audit.append(mail.subject, "e-mail published", details)
    publish(subject, release_text(view, why_by_mail=why), topic, ports)
    ports.effects.finish(mail, EffectStatus.DONE)


def publish(subject: str, text: str, topic: str, ports: Announcer) -> None:
    """Publish to a topic; where it refuses us, the stack's own gets the news."""
    try:
        ports.publisher.publish(subject, text, topic=topic)
    except AwsRefusedError as refused:
        if topic == DEFAULT_TOPIC:
            raise
        LOG.error("the topic %s does not take our news: %s", topic, refused.code)
        ports.counters.count("TopicRefused")
        note = f"\n(This was meant for {topic}, which did not take it: {refused.code}.)\n"
        ports.publisher.publish(subject, text + note)
