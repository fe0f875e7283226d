"""Coalesces: many releases of one pipeline in one state share a summary in a crowded channel."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

from signalbox.domain.errors import ChannelBusyError
from signalbox.domain.truth import Summary
from signalbox.notifications.summaries import storm_message
from signalbox.notifications.view import Headline, ReleaseView, headline
from signalbox.usecases.announce_ports import Announcer, take_turn

LOG = logging.getLogger(__name__)
SHARED_FOR = timedelta(hours=1)
"""Releases that began in the same hour share a summary."""

CLAIMED_FOR = timedelta(seconds=20)
"""Longer than Slack's answer takes: two summaries must not be posted at once, and whoever crashed
with the claim loses it then. Edits need none."""


def announce_storm(view: ReleaseView, channel: str, ports: Announcer) -> None:
    """Add a release to the summary of its pipeline and state, and see to it that it is told.

    Raises ChannelBusyError, so that the queue brings the bell again, until the summary as it was
    last sent counts this release: then nothing is left to do for it, whoever sent it. It is sent
    only in a second that is free at once: nobody waits to tell what the next one tells as well.
    """
    word = headline(view)
    storm = _storm(view, word, channel, ports)
    ports.storms.join(storm, view.release.id)
    if _all_are_told(storm, ports):
        return
    take_turn(channel, ports, within=timedelta(0))
    until = ports.clock.now() + CLAIMED_FOR
    if ports.storms.summary(storm) is None and not ports.storms.claim(storm, until):
        raise ChannelBusyError(f"somebody else tells {channel}", retry_after_seconds=2)
    _send(storm, view, word, channel, ports)


def shares_summary(view: ReleaseView, channel: str, ports: Announcer, *, crowded: bool) -> bool:
    """Whether a summary tells this state of a release in a channel where it has no message: one
    that it has joined, or, where the channel is ``crowded``, one that there is already.
    """
    storm = _storm(view, headline(view), channel, ports)
    if crowded and ports.storms.members(storm):
        return True
    return ports.storms.has(storm, view.release.id)


def _all_are_told(storm: str, ports: Announcer) -> bool:
    summary = ports.storms.summary(storm)
    return summary is not None and summary.told == len(ports.storms.members(storm))


def _send(storm: str, view: ReleaseView, word: Headline, channel: str, ports: Announcer) -> None:
    members, before = ports.storms.members(storm), ports.storms.summary(storm)
    message = storm_message(view.service, word, members)
    if before is None:
        ports.audit.append(storm, "summary posted", {"channel": channel, "told": len(members)})
        at, ts = ports.messenger.post(channel, message)
    else:
        at, ts = before.channel, before.ts
        ports.audit.append(storm, "summary edited", {"ts": ts, "told": len(members)})
        ports.messenger.update(at, ts, message)
    ports.storms.write_summary(storm, Summary(channel=at, ts=ts, told=len(members)))


def _storm(view: ReleaseView, word: Headline, channel: str, ports: Announcer) -> str:
    began = view.release.started_at or ports.clock.now()
    hour = int(began.timestamp() // SHARED_FOR.total_seconds())
    name = f"{channel} {view.release.id.pipeline.key} {word} {hour}"
    return f"storm#{hashlib.sha256(name.encode()).hexdigest()[:32]}"
