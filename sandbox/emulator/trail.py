"""CloudTrail's trails: MiniStack keeps them, and the sandbox begins with one that logs.

`GET /_sandbox/trail` tells whether a trail logs; `POST {"logging": false}` stops the sandbox's own
one, as an account that has none. Other trails are made and stopped over CloudTrail's API.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.emulator.borrowed import borrow
from sandbox.emulator.environment import ACCOUNT, REGION

MODULE: Final = "ministack.services.cloudtrail"
TRAIL: Final = "sandbox"


def start_trail() -> None:
    """Make the sandbox's own trail, and let it log."""
    _operate("_create_trail", Name=TRAIL, S3BucketName="sandbox-trail", IsMultiRegionTrail=True)
    _operate("_start_logging", Name=TRAIL)


def a_trail_logs() -> bool:
    """Whether a trail of the account records calls that write, in this region."""
    trails = list(borrow(f"{MODULE}:_trails").all_items())
    return any(
        trail["IsLogging"] and _records_writes(account, region, name)
        for (account, region, name), trail in trails
        if account == ACCOUNT and (region == REGION or trail["IsMultiRegionTrail"])
    )


def _records_writes(account: str, region: str, name: str) -> bool:
    """Whether its selectors admit management events; advanced ones must name that category."""
    selectors = borrow(f"{MODULE}:_event_selectors").get_scoped(account, region, name, None)
    return selectors is None or any(_admits(each) for each in selectors)


def _admits(selector: Mapping[str, Any]) -> bool:
    if "FieldSelectors" in selector:
        named = {each["Field"]: each.get("Equals", []) for each in selector["FieldSelectors"]}
        category, read_only = named.get("eventCategory", []), named.get("readOnly", ["false"])
        return "Management" in category and "false" in read_only
    return bool(selector["IncludeManagementEvents"]) and selector["ReadWriteType"] != "ReadOnly"


def _operate(operation: str, **request: Any) -> None:
    status, _, body = borrow(f"{MODULE}:{operation}")(request)
    if status != 200:
        raise RuntimeError(f"the trail {TRAIL}: {json.loads(body)['message']}")


async def _look(_: Request) -> JSONResponse:
    return JSONResponse({"logging": a_trail_logs()})


async def _switch(request: Request) -> JSONResponse:
    try:
        wish = await request.json()
    except ValueError:
        return JSONResponse({"error": "the body is not JSON"}, status_code=400)
    logging = wish.get("logging") if isinstance(wish, dict) else None
    if not isinstance(logging, bool):
        return JSONResponse({"error": "needed: logging, true or false"}, status_code=400)
    _operate("_start_logging" if logging else "_stop_logging", Name=TRAIL)
    return await _look(request)


trail_routes = [
    Route("/_sandbox/trail", _look, methods=["GET"]),
    Route("/_sandbox/trail", _switch, methods=["POST"]),
]
