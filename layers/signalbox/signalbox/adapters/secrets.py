"""Slack's secrets, read from Secrets Manager and kept for five minutes; a failure, for one."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import (
    AwsRefusedError,
    AwsUnavailableError,
    SettingMissingError,
    SignalboxError,
)

if TYPE_CHECKING:
    from signalbox.ports import Clock, Counters

LOG = logging.getLogger(__name__)
KEPT_FOR = timedelta(minutes=5)
FAILED_FOR = timedelta(minutes=1)
"""So long a read that failed is not tried again: forged requests come by the hundred, and each
would cost a call before anybody knows that it is forged. A minute, not five: whoever has just
filled the secret in, or given the right to read it, need not wait for longer."""

OUTLASTS = timedelta(hours=1)
"""So long since it was last read a secret is good while Secrets Manager does not answer. Not for
ever: it may have been replaced because somebody else knows it. What is refused, or is no secret any
more, ends it at once."""


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
    """Reads the secret at most once in five minutes, so that a flood of requests costs one call;
    where that fails, once a minute. ``counters`` count what was not renewed in time.
    """

    def __init__(
        self, client: Any, arn: str, clock: Clock, counters: Counters | None = None
    ) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._counters = counters
        self._kept: SlackSecret | None = None
        self._read_at: datetime | None = None
        self._failure: SignalboxError = SettingMissingError("Slack's secret was never read")
        self._failed_at: datetime | None = None

    def current(self) -> SlackSecret:
        """The secret. Raises AwsUnavailableError, AwsRefusedError, SettingMissingError."""
        now = self._clock.now()
        if not _within(self._read_at, KEPT_FOR, now) and not _within(
            self._failed_at, FAILED_FOR, now
        ):
            self._read(now)
        if self._kept is not None and _within(self._read_at, OUTLASTS, now):
            return self._kept
        # One error raised again and again would gather a longer traceback each time.
        raise self._failure.with_traceback(None)

    def _read(self, now: datetime) -> None:
        try:
            with aws_call("read Slack's secret"):
                answer = self._client.get_secret_value(SecretId=self._arn)
            self._kept, self._read_at = _parse(answer.get("SecretString", "")), now
            self._failed_at = None
        except AwsUnavailableError as error:
            self._failure, self._failed_at = error, now
            if self._kept is not None:
                LOG.warning("Slack's secret stays as it was at %s: %s", self._read_at, error)
                self._count("SlackSecretNotRenewed")
        except (AwsRefusedError, SettingMissingError) as error:
            self._failure, self._failed_at = error, now
            self._kept = self._read_at = None

    def _count(self, name: str) -> None:
        if self._counters is not None:
            self._counters.count(name)


def _within(since: datetime | None, length: timedelta, now: datetime) -> bool:
    """Whether less than ``length`` has gone by; a clock that was put back has not told."""
    return since is not None and timedelta() <= now - since < length


def _parse(text: str) -> SlackSecret:
    try:
        document = json.loads(text)
        token, present = document["botToken"], document["signingSecret"]
        previous = document.get("previousSigningSecret") or ""
        if not all(isinstance(each, str) for each in (token, present, previous)):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError):
        # Without the cause: it would carry the secret's text into the traceback.
        raise SettingMissingError(
            "Slack's secret lacks botToken or signingSecret as text, or is no JSON"
        ) from None
    if not present:
        raise SettingMissingError("Slack's secret has an empty signingSecret")
    return SlackSecret(bot_token=token, signing_secrets=tuple(filter(None, (present, previous))))
