"""The double's routes: `/slack/api/{method}` for the app, `/_sandbox/slack/…` for people."""

import asyncio
import json
from collections.abc import Callable
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.slack import control, webapi
from sandbox.slack.model import SlackRefusalError
from sandbox.slack.settings import Failure
from sandbox.slack.workspace import SlackWorkspace


@cache
def workspace() -> SlackWorkspace:
    """The workspace of this process."""
    return SlackWorkspace()


def slack_routes(of: Callable[[], SlackWorkspace]) -> list[Route]:
    """The double's routes over the workspace that `of` gives."""

    async def api(request: Request) -> Response:
        return await answer(of(), request)

    return [
        Route("/slack/api/{method}", api, methods=["GET", "POST"]),
        *control.control_routes(of),
    ]


async def answer(box: SlackWorkspace, request: Request) -> Response:
    """One call of the Web API, with the failures that the settings ask for."""
    method = request.path_params["method"]
    failure = _take_failure(box, method)
    if failure is not None and failure.hang:
        await asyncio.sleep(failure.hang)
    if failure is not None and not failure.after and _fails(failure):
        return _record(box, method, {}, _failed(failure))
    arguments, token = await _arguments(request, method)
    try:
        done = {"ok": True, **webapi.call(box, method, token, arguments)}
        response: Response = JSONResponse(done)
    except SlackRefusalError as refusal:
        response = JSONResponse({"ok": False, "error": refusal.error, **refusal.details})
    except webapi.RateLimitedError:
        response = _rate_limited(1)
    if failure is not None and failure.after and _fails(failure):
        response = _failed(failure)
    return _record(box, method, arguments, response)


def _fails(failure: Failure) -> bool:
    return failure.error is not None or failure.status is not None


def _take_failure(box: SlackWorkspace, method: str) -> Failure | None:
    failure = box.settings.fail_with
    if failure is None or not failure.concerns(method):
        return None
    if failure.times is not None:
        fewer = failure.model_copy(update={"times": failure.times - 1})
        box.configure(box.settings.model_copy(update={"fail_with": fewer}))
    return failure


def _failed(failure: Failure) -> Response:
    if failure.status == 429:
        return _rate_limited(failure.retry_after)
    if failure.status is not None:
        return Response("upstream connect error", status_code=failure.status)
    return JSONResponse({"ok": False, "error": failure.error})


def _rate_limited(seconds: int) -> Response:
    headers = {"Retry-After": str(seconds)}
    return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers=headers)


async def _arguments(request: Request, method: str) -> tuple[dict[str, object], str | None]:
    """The arguments of a call, from query, form or JSON, and its token."""
    arguments: dict[str, object] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        body = await request.body()
        if method in webapi.TAKES_JSON:
            arguments |= _json_object(body)
    elif request.method == "POST":
        arguments |= {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    in_body = arguments.pop("token", None)
    if scheme.casefold() == "bearer" and bearer.strip():
        return arguments, bearer.strip()
    return arguments, in_body if isinstance(in_body, str) else None


def _json_object(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _record(
    box: SlackWorkspace, method: str, arguments: dict[str, object], response: Response
) -> Response:
    try:
        body = json.loads(bytes(response.body))
    except ValueError:
        body = {}
    box.calls.append(
        {
            **{"method": method, "arguments": arguments, "status": response.status_code},
            **{"ok": body.get("ok", False), "error": body.get("error"), "at": box.clock()},
        }
    )
    return response


routes = slack_routes(workspace)
