"""Slack at its client's boundary: a channel that keeps what was posted, and fails as told."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from tests.faults.injection import DiedError, Injector


class ScriptedSlack:
    """Messages of one channel, by ts, in the order of posting."""

    def __init__(self, injector: Injector) -> None:
        self._injector = injector
        self.messages: dict[str, dict[str, Any]] = {}
        self.edits = 0
        self._calls = itertools.count()

    def kept(self) -> dict[str, dict[str, Any]]:
        """A copy, to come back to."""
        return copy.deepcopy(self.messages)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Stand in for Slack."""

        def api_call(client: WebClient, method: str, **how: Any) -> SlackResponse:
            return self._answer(client, method, **how)

        with patch.object(WebClient, "api_call", api_call):
            yield

    def _answer(self, client: WebClient, method: str, **how: Any) -> SlackResponse:
        arguments = how.get("json") or how.get("params") or how.get("data") or {}
        kind = self._injector.meet(f"slack.{method}", f"slack-{next(self._calls)}")
        match kind:
            case "reset":
                raise ConnectionResetError
            case "connect-timeout":
                raise TimeoutError
            case "die-before":
                raise DiedError
            case "throttle":
                raise _error(client, 429, {"ok": False, "error": "ratelimited"}, "30")
            case "500" | "503":
                raise _error(client, int(kind), "<html>upstream</html>")
            case "deny":
                raise _error(client, 200, {"ok": False, "error": "invalid_auth"})
        said = self._apply(client, method, json.loads(json.dumps(arguments)))
        if kind in {"lost-reply", "lost-replies"}:
            raise TimeoutError
        if kind == "die-after":
            raise DiedError
        return _response(client, 200, {"ok": True, **said})

    def _apply(self, client: WebClient, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "chat.postMessage":
                ts = f"1700000000.{len(self.messages) + 1:06d}"
                self.messages[ts] = arguments
                return {"channel": "C1", "ts": ts}
            case "chat.update":
                ts = arguments["ts"]
                if ts not in self.messages:
                    raise _error(client, 200, {"ok": False, "error": "message_not_found"})
                self.messages[ts] |= arguments
                self.edits += 1
                return {"channel": "C1", "ts": ts}
            case "users.lookupByEmail":
                return {"user": {"id": "U1"}}
        raise NotImplementedError(method)


def _response(client: WebClient, status: int, data: Any, retry_after: str = "") -> SlackResponse:
    return SlackResponse(
        client=client,
        http_verb="POST",
        api_url="",
        req_args={},
        data=data,
        headers={"Retry-After": retry_after} if retry_after else {},
        status_code=status,
    )


def _error(client: WebClient, status: int, data: Any, retry_after: str = "") -> SlackApiError:
    return SlackApiError("injected", _response(client, status, data, retry_after))
