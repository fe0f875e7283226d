"""The page, its stream of snapshots, its static files."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from sandbox.console.sources import Sources, of_this_process, snapshot

HERE = Path(__file__).parent
SECONDS_BETWEEN_LOOKS = 0.4
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def console_routes(of: Callable[[], Sources]) -> list[BaseRoute]:
    """The console's routes over the sources that `of` gives."""
    templates = Jinja2Templates(directory=HERE / "templates")

    async def page(request: Request) -> Response:
        people = [each for each in of().slack().users.values() if not each.deleted]
        context = {"people": people, "host": request.url.netloc}
        return templates.TemplateResponse(request, "console.html", context, headers=SECURITY)

    async def events(request: Request) -> Response:
        return EventSourceResponse(changes(of(), request), ping=15)

    return [
        Route("/", page),
        Route("/console/events", events),
        Mount("/console/static", StaticFiles(directory=HERE / "static")),
    ]


async def changes(sources: Sources, request: Request) -> AsyncIterator[dict[str, str]]:
    """A snapshot at once, and one after each change, until the page goes away."""
    sent = ""
    while not await request.is_disconnected():
        text = json.dumps(await asyncio.to_thread(snapshot, sources), default=str)
        if text != sent:
            yield {"event": "snapshot", "data": text}
            sent = text
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


routes = console_routes(cache(of_this_process))
