"""What the scenes share: the sandbox, what was deployed, and what happened so far."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.deploy import Deployment
from sandbox.process import Box

APPROVER = "U0AMIR0002"


@dataclass(slots=True, kw_only=True)
class Release:
    """A commit that was pushed, and what became of it as far as the demo has seen.

    `after` is the commit of the good release before it.
    """

    commit: str
    after: str | None = None
    execution: str = ""
    message_ts: str = ""


@dataclass(slots=True, kw_only=True)
class World:
    """The stage on which the demo plays."""

    box: Box
    deployment: Deployment
    releases: dict[str, Release] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def aws(self, service: str) -> Any:
        """A client of the sandbox's AWS, made once."""
        if service not in self._clients:
            self._clients[service] = self.box.client(service)
        return self._clients[service]

    def web(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call one of the sandbox's own routes; gives the JSON answer."""
        with self.box.web() as web:
            response = web.request(method, path, json=body)
        if response.status_code >= 400:
            raise httpx.HTTPStatusError(
                f"{path} answered {response.status_code}: {response.text[:300]}",
                request=response.request,
                response=response,
            )
        return response.json()

    def messages(self) -> list[dict[str, Any]]:
        """Everything that was posted to Slack's channels, as it stands now; threads aside."""
        return [each for each in self._posted() if not each.get("thread_ts")]

    def thread(self, ts: str) -> list[dict[str, Any]]:
        """The replies to a message, oldest first."""
        return [each for each in self._posted() if each.get("thread_ts") == ts]

    def _posted(self) -> list[dict[str, Any]]:
        messages = self.web("GET", "/_sandbox/slack/messages")
        return [each for each in messages if each["only_for"] is None]


def words_of(message: Mapping[str, Any]) -> str:
    """All that a message says, in one text."""
    return json.dumps([message["text"], message["blocks"]], ensure_ascii=False)
