"""Keeps the heads of audit chains where nobody can rewrite them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Protocol

from signalbox.domain.errors import SignalboxError
from signalbox.ports import Anchors, Audit
from signalbox.usecases.needs import HasAnchoring, HasAnchors, HasAudit, HasClock

LOG = logging.getLogger(__name__)

DUE_AFTER = timedelta(minutes=45)
"""With a run every five minutes and ``SETTLED``, each entry is anchored within the hour."""

SETTLED = timedelta(minutes=5)
"""Younger entries are left to the next time: the index lags, and clocks differ."""

LOOK_BACK = timedelta(hours=24)
"""How far the first run looks back, and how much time one run covers at most."""

CHAINS_PER_RUN = 500
"""Two calls each. What is left over is the next run's."""


class AnchoringPorts(HasClock, HasAudit, HasAnchors, HasAnchoring, Protocol):
    """What anchoring grown chains needs."""


def anchor_audit(subject: str, *, audit: Audit, anchors: Anchors) -> bool:
    """Anchor the newest entry of a subject's chain; False where there is no chain."""
    number, head = audit.head(subject)
    if not number:
        return False
    anchors.anchor(subject, number, head)
    return True


def anchor_grown(ports: AnchoringPorts) -> int:
    """Anchor every chain that has grown since the last time, if that is due; how many.

    Costs a query per hour that passed and two calls per grown chain, however many chains there
    are. What fails is tried again the next time, and does not keep the others from being anchored.
    Raises the first error.
    """
    now = ports.clock.now()
    since = ports.anchoring.anchored_until() or now - LOOK_BACK
    if now - since < DUE_AFTER:
        return 0
    subjects, until = _grown(since, min(now - SETTLED, since + LOOK_BACK), ports.audit)
    errors: list[SignalboxError] = []
    for subject in subjects:
        try:
            anchor_audit(subject, audit=ports.audit, anchors=ports.anchors)
        except SignalboxError as error:
            LOG.error("could not anchor %s: %s", subject, error)
            errors.append(error)
    if errors:
        raise errors[0]
    ports.anchoring.note_anchored(until)
    return len(subjects)


def _grown(since: datetime, until: datetime, audit: Audit) -> tuple[list[str], datetime]:
    """The chains with entries in that time, oldest growth first, and how far this list reaches."""
    subjects: dict[str, None] = {}
    last = since
    for at, subject in audit.grown(since, until):
        if len(subjects) >= CHAINS_PER_RUN and at > last:
            return list(subjects), last
        subjects[subject] = None
        last = at
    return list(subjects), until
