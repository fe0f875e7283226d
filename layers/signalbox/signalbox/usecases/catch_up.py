"""Records what CodePipeline says of a release and no event has said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from signalbox.domain.facts import PipelineChanged
from signalbox.domain.identity import ReleaseId
from signalbox.domain.releases import fold
from signalbox.domain.scopes import name_of
from signalbox.domain.services import Service
from signalbox.usecases.budget import in_turn
from signalbox.usecases.needs import HasPipelines
from signalbox.usecases.record_fact import RecordingPorts, record_fact

NEWEST = 5
OPEN_AT_MOST = 25
"""Of one service: releases wait between stages, but SUPERSEDED pipelines keep few of them alive."""

ENDED_FOR_GOOD_AFTER = timedelta(hours=2)
"""Until then a release that has ended is read again: the events before its last may be missing."""

HEARD_WITHIN = timedelta(minutes=1)
"""A younger fact is no loss when it is found here: its event may still be on the way."""


class CatchingUpPorts(RecordingPorts, HasPipelines, Protocol):
    """What catching up needs: all that recording needs, and the truth."""


def worth_reading(
    service: Service, open_releases: Sequence[ReleaseId], ports: CatchingUpPorts
) -> Iterator[ReleaseId]:
    """The releases of a service that may lack facts: those that are open, and the newest ones, for
    a release whose first event was lost is known to nobody but CodePipeline.
    """
    opened = [one for one in open_releases if one.pipeline == service.pipeline]
    mine = in_turn(opened, ports.clock.now())[:OPEN_AT_MOST]
    newest = ports.pipelines.newest(service, NEWEST)
    yield from mine
    for release in newest:
        if release not in mine and not _ended_for_good(release, ports):
            yield release


def catch_up(service: Service, release: ReleaseId, ports: CatchingUpPorts) -> int:
    """Record the missing facts of one release; returns how many no event had said in good time.

    They need no list of allowed accounts: the service registered its pipeline here by itself.
    """
    own_account = {service.pipeline.account}
    known = {name_of(fact) for fact in ports.releases.heard(release)}
    unheard = 0
    for fact in ports.pipelines.facts(service, release):
        # Pipeline facts are always written again: they keep the list of open releases true where a
        # crash came between a fact and that list.
        if name_of(fact) in known and not isinstance(fact, PipelineChanged):
            continue
        written = record_fact(fact, ports, allowed_accounts=own_account)
        unheard += written and _overdue(fact.at, ports.clock.now())
    return unheard


def _ended_for_good(release: ReleaseId, ports: CatchingUpPorts) -> bool:
    known = fold(release, ports.releases.heard(release))
    ended = known.ended_at
    return ended is not None and ports.clock.now() - ended > ENDED_FOR_GOOD_AFTER


def _overdue(at: datetime, now: datetime) -> bool:
    return now - at > HEARD_WITHIN
