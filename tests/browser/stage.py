"""The console with a double of everything behind it, on a port of its own.

The request endpoint stands where the control plane does: it checks the signature with slack_sdk,
records the payload, and answers as Signalbox does (a modal for a rejection, an edited message).
"""

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

from hypercorn.asyncio import serve
from hypercorn.config import Config
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.console.app import console_routes
from sandbox.console.sources import Sources
from sandbox.slack.app import slack_routes
from sandbox.slack.workspace import SlackWorkspace

from . import scenery

Json = dict[str, Any]


@dataclass(slots=True)
class Stage(AbstractContextManager["Stage"]):
    """The running fixture: what the page shows can be set, what it did was recorded."""

    port: int
    workspace: SlackWorkspace = field(default_factory=SlackWorkspace)
    pipelines: Json = field(default_factory=scenery.pipelines)
    alarms: list[Json] = field(default_factory=scenery.alarms)
    facts: list[Json] = field(default_factory=scenery.facts)
    payloads: list[Json] = field(default_factory=list)
    pushes: list[Json] = field(default_factory=list)
    switched: list[Json] = field(default_factory=list)
    refuse_reason: str = ""
    answer_status: int = 200
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}/"

    def card(self) -> str:
        """Post the card of a release that waits for approval; gives its `ts`."""
        text, blocks = scenery.card()
        return self.workspace.post("C0RELEASES", text=text, blocks=blocks).ts

    def __enter__(self) -> "Stage":
        host = f"abc123.execute-api.localhost:{self.port}"
        url = f"http://{host}/slack/interactions"
        self.workspace.configure(self.workspace.settings.changed({"request_url": url}))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        _wait_for(f"{self.url}console/static/logo.svg")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(timeout=10)

    def _run(self) -> None:
        config = Config()
        config.bind = [f"127.0.0.1:{self.port}"]
        config.graceful_timeout = 0.2
        config.accesslog = config.errorlog = None

        async def stopped() -> None:
            while not self._stop.is_set():
                await asyncio.sleep(0.05)

        asyncio.run(serve(self._application(), config, shutdown_trigger=stopped))  # type: ignore[arg-type]

    def _application(self) -> Starlette:
        sources = Sources(
            slack=lambda: self.workspace,
            pipelines=lambda: self.pipelines,
            alarms=lambda: self.alarms,
            facts=lambda: self.facts,
        )
        return Starlette(
            routes=[
                *console_routes(lambda: sources),
                *slack_routes(lambda: self.workspace),
                Route("/slack/interactions", self._interaction, methods=["POST"]),
                Route("/_sandbox/push", self._push, methods=["POST"]),
                Route("/_sandbox/alarms/{name}", self._alarm, methods=["POST"]),
            ]
        )

    async def _interaction(self, request: Request) -> Response:
        body = await request.body()
        verifier = SignatureVerifier(self.workspace.settings.signing_secret)
        if not verifier.is_valid_request(body, dict(request.headers)):
            return Response(status_code=401)
        if self.answer_status != 200:
            return Response(status_code=self.answer_status)
        payload: Json = json.loads(parse_qs(body.decode())["payload"][0])
        self.payloads.append(payload)
        return (
            self._submitted(payload)
            if payload["type"] == "view_submission"
            else self._pressed(payload)
        )

    def _pressed(self, payload: Mapping[str, Any]) -> Response:
        channel, ts = payload["channel"]["id"], payload["message"]["ts"]
        if payload["actions"][0]["action_id"] == "reject_gate":
            self.workspace.open_view(payload["trigger_id"], scenery.modal(channel, ts))
        else:
            self._settle(channel, ts, f"✅ *Approved* by <@{payload['user']['id']}>")
        return Response()

    def _submitted(self, payload: Mapping[str, Any]) -> Response:
        if self.refuse_reason:
            errors = {"reason": self.refuse_reason}
            return JSONResponse({"response_action": "errors", "errors": errors})
        view = payload["view"]
        metadata = json.loads(view["private_metadata"])
        reason = view["state"]["values"]["reason"]["reason"]["value"]
        self._settle(metadata["channel"], metadata["ts"], f"⛔ *Rejected*: {reason}")
        return Response()

    def _settle(self, channel: str, ts: str, line: str) -> None:
        text, blocks = scenery.card()
        settled = [block for block in blocks if block["type"] != "actions"]
        ending = {"type": "section", "text": {"type": "mrkdwn", "text": line}}
        self.workspace.update(channel, ts, text=text, blocks=[*settled, ending])

    async def _push(self, request: Request) -> Response:
        self.pushes.append(await request.json())
        return JSONResponse({"ok": True})

    async def _alarm(self, request: Request) -> Response:
        wish = await request.json()
        name = request.path_params["name"]
        self.switched.append({"name": name, **wish})
        self.alarms = [{**a, **wish} if a["name"] == name else a for a in self.alarms]
        return JSONResponse({"ok": True})


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(100):
        try:
            opener.open(url, timeout=2).close()
            return
        except OSError:
            threading.Event().wait(0.05)
    raise RuntimeError(f"{url} does not answer")
