"""The switch on the console: `POST /_sandbox/alarms/{name}` sets a state by hand."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import alarms
from sandbox.alarms.evaluation import ALARM, INSUFFICIENT_DATA, OK


async def _set_state(request: Request) -> JSONResponse:
    try:
        wish = await request.json()
    except ValueError:
        return JSONResponse({"error": "the body is not JSON"}, status_code=400)
    state = wish.get("state") if isinstance(wish, dict) else None
    if state not in (OK, ALARM, INSUFFICIENT_DATA):
        return JSONResponse({"error": f"{state!r} is no alarm state"}, status_code=400)
    reason = str(wish.get("reason") or "Set by hand in the sandbox")
    name = request.path_params["name"]
    try:
        await run_in_threadpool(alarms.watch().force, name, state, reason)
    except KeyError:
        return JSONResponse({"error": f"there is no alarm {name!r}"}, status_code=404)
    return JSONResponse({"name": name, "state": state, "reason": reason})


async def _list(_: Request) -> JSONResponse:
    return JSONResponse(alarms.snapshot())


routes = [
    Route("/_sandbox/alarms", _list, methods=["GET"]),
    Route("/_sandbox/alarms/{name}", _set_state, methods=["POST"]),
]
