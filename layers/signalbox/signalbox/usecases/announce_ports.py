"""What all parts of ``announce`` share: their ports, and how long Slack's silence is borne."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from signalbox.domain.errors import (
    ChannelBusyError,
    SettingMissingError,
    SlackRefusedError,
    SlackUnavailableError,
)
from signalbox.usecases.needs import (
    HasArtifacts,
    HasAudit,
    HasBuilds,
    HasClock,
    HasCommands,
    HasCounters,
    HasDirectory,
    HasEffects,
    HasGates,
    HasHolds,
    HasIncidents,
    HasMessenger,
    HasPace,
    HasPeople,
    HasPipelines,
    HasPolicies,
    HasPublisher,
    HasReleases,
    HasRoutes,
    HasServices,
    HasStorms,
    HasSweeps,
)

PATIENCE = timedelta(minutes=3)
"""So long does Slack get after the news; then e-mail tells it, and Slack is tried now and then."""

HOPE = timedelta(days=3)
"""So long after the news is Slack tried again, each time that ``reconcile`` rings."""

TURN_WITHIN = timedelta(seconds=5)
"""A longer wait for a channel's next free second is not worth a sleeping function."""

CROWDED_FOR = timedelta(seconds=20)
"""News that is older when its bell is heard comes out of a crowd: where its channel has no free
second at once, a summary tells it. With ``PATIENCE`` that ends: what is left takes its turn."""

SILENT = (SlackRefusedError, SlackUnavailableError, SettingMissingError)
"""What Slack's silence looks like; an empty secret, the default, leaves Slack out."""


class Announcer(
    HasReleases,
    HasGates,
    HasCommands,
    HasHolds,
    HasDirectory,
    HasArtifacts,
    HasEffects,
    HasIncidents,
    HasSweeps,
    HasServices,
    HasPipelines,
    HasBuilds,
    HasPolicies,
    HasPeople,
    HasMessenger,
    HasPublisher,
    HasRoutes,
    HasPace,
    HasStorms,
    HasCounters,
    HasAudit,
    HasClock,
    Protocol,
):
    """The ports of ``announce``, together because every step needs most of them."""


def raise_while_patient(error: Exception, since: datetime, ports: Announcer) -> None:
    """Raise a passing error, so that the queue brings the bell again, until ``PATIENCE`` ends.

    A ``Retry-After`` beyond that end is not waited for: the news would be late.
    """
    if not isinstance(error, SlackUnavailableError):
        return
    waited = ports.clock.now() - since
    wait = timedelta(seconds=error.retry_after_seconds or 0)
    if isinstance(error, ChannelBusyError) or waited + wait < PATIENCE:
        raise error


def take_turn(channel: str, ports: Announcer, *, within: timedelta = TURN_WITHIN) -> None:
    """Wait for the channel's turn. Raises ChannelBusyError where too many are waiting."""
    if not ports.pace.turn(channel, within=within):
        raise ChannelBusyError(
            f"too many messages wait for {channel}",
            retry_after_seconds=int(TURN_WITHIN.total_seconds()),
        )


def code_of(error: Exception) -> str:
    """Slack's own word for its refusal, or what kept us from hearing one."""
    if isinstance(error, SlackRefusedError):
        return error.code
    return "no_secret" if isinstance(error, SettingMissingError) else "no answer"
