"""Reads where news goes. A document that nobody can read must not silence anything."""

from __future__ import annotations

import hashlib
import logging

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.routes import RouteTable
from signalbox.notifications.emails import routes_subject, routes_text
from signalbox.usecases.announce_ports import Announcer

LOG = logging.getLogger(__name__)
SUBJECT = "routes"


def routes_in_force(ports: Announcer) -> RouteTable:
    """The last good routes. What is wrong with the newest document is mailed once."""
    routes = ports.routes.in_force()
    if routes.fault:
        LOG.error("The routes cannot be read: %s", routes.fault)
        ports.counters.count("RoutesInvalid")
        _tell_once(routes.fault, ports)
    return routes.table


def _tell_once(fault: str, ports: Announcer) -> None:
    key = f"routes-{hashlib.sha256(fault.encode()).hexdigest()[:32]}"
    mail = Effect(kind=EffectKind.ANNOUNCE, subject=SUBJECT, key=key, created_at=ports.clock.now())
    known = ports.effects.effect(SUBJECT, key, kind=EffectKind.ANNOUNCE)
    if known is None:
        ports.effects.add([mail])
    elif known.status is not EffectStatus.PENDING:
        return
    ports.audit.append(SUBJECT, "e-mail published", {"key": key})
    ports.publisher.publish(routes_subject(), routes_text(fault))
    ports.effects.finish(mail, EffectStatus.DONE)
