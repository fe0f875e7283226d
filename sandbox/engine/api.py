"""The engine's doors in the sandbox's server: one ASGI application, one route, start and stop.

`app` answers the targets that `wire.gateway.serves` names; `routes` is where a bare repository's
post-receive hook says that a push has arrived.
"""

import atexit
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from sandbox.engine.engine import Engine
from sandbox.engine.repositories import RepositoryMissing
from sandbox.engine.wire.gateway import Receive, Scope, Send

_FIELDS: Final = ("repository", "branch", "before", "after")
_running: list[Engine] = []


def start(repositories: Path, builds: Path) -> Engine:
    """Start the one engine of this process; it also stops with the process.

    `repositories` holds the bare repositories, `builds` is where builds work.
    """
    if _running:
        raise RuntimeError("the engine runs already")
    engine = Engine(repositories=repositories, builds=builds)
    _running.append(engine)
    atexit.register(shutdown)
    return engine


def shutdown() -> None:
    """Kill builds and end threads; harmless when nothing runs."""
    while _running:
        _running.pop().shutdown()


def snapshot() -> dict[str, Any]:
    """What the console shows; no pipelines before the engine's start."""
    return _running[-1].snapshot() if _running else {"pipelines": []}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one AWS request."""
    await _current().application(scope, receive, send)


async def _received(request: Request) -> JSONResponse:
    try:
        push = await request.json()
    except ValueError:
        return JSONResponse({"error": "the body is not JSON"}, status_code=400)
    if not isinstance(push, dict) or not all(isinstance(push.get(each), str) for each in _FIELDS):
        return JSONResponse({"error": f"needed: {', '.join(_FIELDS)}"}, status_code=400)
    try:
        started = await run_in_threadpool(_current().received, *(push[each] for each in _FIELDS))
    except RepositoryMissing as missing:
        return JSONResponse({"error": str(missing)}, status_code=404)
    return JSONResponse({"started": started})


def _current() -> Engine:
    if not _running:
        raise RuntimeError("the engine has not been started")
    return _running[-1]


routes: Final[list[BaseRoute]] = [Route("/_sandbox/git/received", _received, methods=["POST"])]
