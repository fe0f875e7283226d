"""`POST /_sandbox/events`: events of AWS services, many at a time, as only AWS may put them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.emulator.events import emit_event


class _Event(BaseModel):
    """An event as it stands on the bus. Account, region and id are the sandbox's own."""

    model_config = ConfigDict(extra="ignore")

    source: str
    detail_type: str = Field(alias="detail-type")
    detail: Mapping[str, Any]
    resources: Sequence[str] = ()
    time: datetime | None = None


_EVENTS = TypeAdapter(list[_Event])


async def _emit(request: Request) -> JSONResponse:
    try:
        events = _EVENTS.validate_json(await request.body())
    except ValidationError as error:
        return JSONResponse({"error": str(error.errors()[0]["msg"])}, status_code=400)
    await run_in_threadpool(_emit_all, events)
    return JSONResponse({"emitted": len(events)})


def _emit_all(events: Sequence[_Event]) -> None:
    for event in events:
        emit_event(**event.model_dump())


bus_routes = [Route("/_sandbox/events", _emit, methods=["POST"])]
