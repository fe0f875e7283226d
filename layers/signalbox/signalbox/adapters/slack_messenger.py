"""Slack's Web API by slack_sdk: messages, and who is who."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from signalbox.adapters.secrets import SlackSecrets
from signalbox.adapters.slack_errors import slack_error
from signalbox.domain.errors import SlackRefusedError, SlackUnavailableError

TIMEOUT_SECONDS = 3
WORTH_WAITING_SECONDS = 3
"""A longer ``Retry-After`` is left to the queue: a function that sleeps is paid for."""

SILENT_CALLS = 2
SILENT_FOR_SECONDS = 20
"""After so many calls in a row without any answer no more are made for so long: a batch of ten
messages must not outlast its function by waiting three seconds for each of their calls."""

UNKNOWN_USER = {"users_not_found", "invalid_email"}


class SlackMessenger:
    """Messenger and People. slack_sdk by itself waits for 30 s, and retries what was lost."""

    def __init__(
        self,
        secrets: SlackSecrets,
        api_url: str,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets = secrets
        self._api_url = api_url
        self._sleep = sleep
        self._monotonic = monotonic
        self._ids: dict[str, str | None] = {}
        self._silent_calls = 0
        self._last_silence = 0.0

    def post(self, channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
        """Post a message; returns its (channel id, ts). Not repeated where the reply was lost."""
        answer = self._call("chat.postMessage", channel=channel, unfurl_links=False, **message)
        return str(answer["channel"]), str(answer["ts"])

    def update(self, channel: str, ts: str, message: Mapping[str, Any]) -> None:
        """Replace a message's content."""
        self._call("chat.update", channel=channel, ts=ts, **message)

    def reply(self, channel: str, ts: str, message: Mapping[str, Any], *, broadcast: bool) -> str:
        """Answer in a message's thread; returns the reply's ts."""
        answer = self._call(
            "chat.postMessage",
            channel=channel,
            thread_ts=ts,
            reply_broadcast=broadcast,
            unfurl_links=False,
            **message,
        )
        return str(answer["ts"])

    def whisper(self, channel: str, user: str, message: Mapping[str, Any]) -> None:
        """Show a message to one person of a channel, and to nobody else; Slack keeps it nowhere."""
        self._call("chat.postEphemeral", channel=channel, user=user, **message)

    def id_of_email(self, email: str) -> str | None:
        """The Slack user id of an e-mail; asked once per execution environment where it is known.

        A deactivated user is nobody: Slack answers ``users_not_found`` for one, and ``deleted`` is
        looked at all the same.
        """
        if email not in self._ids:
            try:
                user = self._call("users.lookupByEmail", form=True, email=email)["user"]
            except SlackRefusedError as refused:
                if refused.code not in UNKNOWN_USER:
                    raise
                return None  # not kept: the person may be invited in a minute
            self._ids[email] = None if user.get("deleted") else str(user["id"])
        return self._ids[email]

    def _call(self, method: str, *, form: bool = False, **arguments: Any) -> Any:
        try:
            return self._once(method, form, arguments)
        except SlackUnavailableError as busy:
            wait = busy.retry_after_seconds
            if wait is None or wait > WORTH_WAITING_SECONDS:
                raise
            self._sleep(wait)
        return self._once(method, form, arguments)

    def _once(self, method: str, form: bool, arguments: Mapping[str, Any]) -> Any:
        since = self._monotonic() - self._last_silence
        if self._silent_calls >= SILENT_CALLS and since < SILENT_FOR_SECONDS:
            raise SlackUnavailableError(f"Slack was silent just now; {method} was not tried")
        client = WebClient(
            token=self._secrets.current().bot_token,
            base_url=self._api_url,
            timeout=TIMEOUT_SECONDS,
            retry_handlers=[],
        )
        how: dict[str, Any] = {"params": arguments} if form else {"json": arguments}
        try:
            data = client.api_call(method, **how).data
            self._silent_calls = 0
            return data
        except SlackApiError as error:
            self._silent_calls = 0
            answer = error.response
            data = answer.data if isinstance(answer.data, dict) else {}
            raise slack_error(method, answer.status_code, data, answer.headers) from error
        except (SlackClientError, OSError, ValueError) as error:
            # OSError covers resets and timeouts; a body that is no JSON is a ValueError.
            self._silent_calls += 1
            self._last_silence = self._monotonic()
            raise SlackUnavailableError(
                f"Slack did not answer {method}: {type(error).__name__}"
            ) from error
