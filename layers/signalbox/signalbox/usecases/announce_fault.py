"""Mails what is wrong with a document that people have written."""

from __future__ import annotations

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.notifications.emails import document_subject, document_text
from signalbox.usecases.announce_ports import Announcer


def announce_fault(effect: Effect, ports: Announcer) -> EffectStatus:
    """To the stack's own topic, for a document of one pipeline may be in force for all."""
    ports.counters.count("DocumentInvalid")
    ports.audit.append(effect.subject, "e-mail published", {"key": effect.key})
    ports.publisher.publish(document_subject(), document_text(effect.payload["fault"]["what"]))
    return EffectStatus.DONE
