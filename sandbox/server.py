"""The sandbox's one server: AWS, the Code* engine, Slack's double and the console on one port.

A request goes to the engine by its `X-Amz-Target`, to MiniStack when it is signed as AWS's are or
asks for an API by host name, and by its path to the rest.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, Router

from sandbox import alarms, calendars, emulator, pushes
from sandbox.alarms import switch
from sandbox.lifeline import end_with

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ENGINE_TARGETS = ("CodePipeline_", "CodeBuild_", "CodeDeploy_")
OWN_PATHS = ("/slack/api/", "/_sandbox/", "/console")


class Switchboard:
    """The ASGI application that gives each request to the part it is meant for."""

    def __init__(
        self, *, aws: Application, engine: Application, routes: Sequence[BaseRoute]
    ) -> None:
        self._aws = aws
        self._engine = engine
        self._own = Router(list(routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection; the lifespan is MiniStack's."""
        await self._part_for(scope)(scope, receive, send)

    def _part_for(self, scope: Scope) -> Application:
        if scope["type"] != "http":
            return self._aws
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        if headers.get("x-amz-target", "").startswith(ENGINE_TARGETS):
            return self._engine
        signed = headers.get("authorization", "").startswith("AWS4-HMAC")
        if signed or ".execute-api." in headers.get("host", ""):
            return self._aws
        path = scope["path"]
        return self._own if path == "/" or path.startswith(OWN_PATHS) else self._aws


def serve(*, port: int, scratch: Path, lifeline: int | None) -> None:
    """Serve until SIGTERM, SIGINT, or the end of whoever holds the other end of `lifeline`."""
    if lifeline is not None:
        end_with(lifeline, scratch)
    emulator.configure(port, scratch)
    application = build(scratch)
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    try:
        asyncio.run(_until_told(application, config))
    finally:
        emulator.stop_workers()


def build(scratch: Path) -> Switchboard:
    """Put the parts together; the emulator must be configured already."""
    from sandbox.console import app as console
    from sandbox.engine import api as engine
    from sandbox.slack import app as slack

    aws = emulator.application()
    emulator.start_trail()
    engine.start(scratch / "repositories", scratch / "builds")
    alarms.start()
    calendars.start()
    return Switchboard(
        aws=aws,
        engine=engine.app,
        routes=[
            Route("/_sandbox/health", _health),
            *switch.routes,
            *emulator.bus_routes,
            *emulator.trail_routes,
            *pushes.routes(scratch),
            *engine.routes,
            *slack.routes,
            *console.routes,
        ],
    )


async def _until_told(application: Application, config: Config) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await hypercorn_serve(application, config, shutdown_trigger=told.wait)  # type: ignore[arg-type]


async def _health(_: Request) -> JSONResponse:
    return JSONResponse({"ok": True})
