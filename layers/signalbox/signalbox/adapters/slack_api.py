"""``views.open`` without slack_sdk, whose import alone costs a third of the time a click has."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from signalbox.adapters.deadline import seconds_left
from signalbox.adapters.secrets import SlackSecrets
from signalbox.adapters.slack_errors import slack_error
from signalbox.domain.errors import SettingMissingError, SlackUnavailableError

TIMEOUT_SECONDS = 1.5
"""``trigger_id`` expires three seconds after the click, and the ledger was read before."""

SHORTEST_SECONDS = 0.1
"""With less than this left nobody is asked."""


class SlackModals:
    """Opens modals."""

    def __init__(self, secrets: SlackSecrets, api_url: str) -> None:
        if not api_url.startswith(("https://", "http://")):
            raise SettingMissingError(f"SLACK_API_URL is no web address: {api_url}")
        self._secrets = secrets
        self._url = api_url.rstrip("/") + "/views.open"

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Open a modal. Raises SlackRefusedError (as ``expired_trigger_id``) or its passing kin."""
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self._url,
            data=json.dumps({"trigger_id": trigger_id, "view": view}).encode(),
            headers={
                "Authorization": f"Bearer {self._secrets.current().bot_token}",
                "Content-Type": "application/json; charset=utf-8",
            },
        )
        status, headers, body = _send(request)
        try:
            answer = json.loads(body)
        except ValueError:
            answer = {}
        if status != 200 or not isinstance(answer, dict) or answer.get("ok") is not True:
            said = answer if isinstance(answer, dict) else {}
            raise slack_error("views.open", status, said, headers)


def _send(request: urllib.request.Request) -> tuple[int, Mapping[str, str], bytes]:
    timeout = min(TIMEOUT_SECONDS, seconds_left())
    if timeout < SHORTEST_SECONDS:
        raise SlackUnavailableError("no time is left to ask Slack")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()
    except OSError as error:
        raise SlackUnavailableError("Slack did not answer views.open") from error
