"""Slack's secrets, read from Secrets Manager and kept for five minutes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import SettingMissingError

if TYPE_CHECKING:
    from signalbox.ports import Clock

KEPT_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SlackSecret:
    """The bot's token, and the secrets by which Slack signs: the present one, then the previous.

    Its repr hides them all: a repr ends in logs and tracebacks.
    """

    bot_token: str
    signing_secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"SlackSecret(signing_secrets={len(self.signing_secrets)})"


class SlackSecrets:
    """Reads the secret at most once in five minutes, so that a flood of requests costs one call."""

    def __init__(self, client: Any, arn: str, clock: Clock) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._kept: SlackSecret | None = None
        self._read_at: datetime | None = None

    def current(self) -> SlackSecret:
        """The secret. Raises AwsUnavailableError, AwsRefusedError, SettingMissingError."""
        now = self._clock.now()
        if self._kept is None or self._read_at is None or now - self._read_at >= KEPT_FOR:
            with aws_call("read Slack's secret"):
                answer = self._client.get_secret_value(SecretId=self._arn)
            self._kept, self._read_at = _parse(answer.get("SecretString", "")), now
        return self._kept


def _parse(text: str) -> SlackSecret:
    try:
        document = json.loads(text)
        token, present = document["botToken"], document["signingSecret"]
        previous = document.get("previousSigningSecret") or ""
    except (ValueError, KeyError, TypeError, AttributeError):
        # Without the cause: it would carry the secret's text into the traceback.
        raise SettingMissingError(
            "Slack's secret lacks botToken or signingSecret, or is no JSON"
        ) from None
    if not present:
        raise SettingMissingError("Slack's secret has an empty signingSecret")
    return SlackSecret(bot_token=token, signing_secrets=tuple(filter(None, (present, previous))))
