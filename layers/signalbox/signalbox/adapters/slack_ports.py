"""What answering Slack needs: the ledger, bells and modals, and no right to a pipeline.

For the type checker alone: nothing here is loaded on the way to an answer.
"""

from __future__ import annotations

from typing import Protocol

from signalbox.adapters.secrets import SlackSecret
from signalbox.domain.identity import PipelineId
from signalbox.domain.voters import SlackApp
from signalbox.ports import NotedReleases
from signalbox.usecases.needs import (
    HasBells,
    HasClock,
    HasCommands,
    HasCounters,
    HasGates,
    HasHolds,
    HasModals,
)


class KnownSecrets(Protocol):
    """Slack's secrets, kept for five minutes."""

    def current(self) -> SlackSecret:
        """The secrets in force."""


class EndpointPorts(
    HasGates,
    HasCommands,
    HasHolds,
    HasBells,
    HasModals,
    HasCounters,
    HasClock,
    Protocol,
):
    """What answering needs."""

    @property
    def slack_secrets(self) -> KnownSecrets:
        """Slack's secrets."""

    @property
    def noted(self) -> NotedReleases:
        """What releases are recognised by."""

    @property
    def slack_app(self) -> SlackApp:
        """For whom requests must be."""

    @property
    def here(self) -> PipelineId:
        """The account and region of a pipeline that people name without them; its name is empty."""
