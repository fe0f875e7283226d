"""Who is who in Slack, for a message that does not wait for a name."""

from __future__ import annotations

import logging

from signalbox.domain.effects import Effect
from signalbox.usecases.announce_ports import SILENT, Announcer, code_of, raise_while_patient

LOG = logging.getLogger(__name__)


class LenientPeople:
    """Slack's users, or nobody where Slack does not say: a message does not wait for a name."""

    def __init__(self, effect: Effect, ports: Announcer) -> None:
        self._effect = effect
        self._ports = ports

    def id_of_email(self, email: str) -> str | None:
        """The Slack user id of an e-mail. Raises SlackUnavailableError while that may pass."""
        try:
            return self._ports.people.id_of_email(email)
        except SILENT as error:
            raise_while_patient(error, self._effect.created_at, self._ports)
            LOG.warning("Slack does not say who wrote it: %s", code_of(error))
            return None
