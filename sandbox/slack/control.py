"""What the real Slack has no API for: people's doings, the registration, a look inside."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.slack import people
from sandbox.slack.blocks import faults_of_blocks
from sandbox.slack.delivery import Reply
from sandbox.slack.model import SlackRefusalError, View
from sandbox.slack.payloads import listed, listed_view
from sandbox.slack.workspace import SlackWorkspace

DEFAULT_USER = "U0AMIR0002"


class Lies(BaseModel):
    """What an attacker, or another workspace, would put into the payload instead."""

    model_config = ConfigDict(extra="forbid")

    team: str | None = None
    user: str | None = None
    user_team: str | None = None
    app: str | None = None
    channel: str | None = None
    ts: str | None = None

    def told(self) -> dict[str, str]:
        """Those that are told."""
        return self.model_dump(exclude_none=True)


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user: str = DEFAULT_USER
    forge: Lies = Field(default_factory=Lies)


class Press(_Wish):
    """`POST /_sandbox/slack/click`."""

    ts: str
    action_id: str
    block_id: str | None = None
    value: str | None = None


class Submission(_Wish):
    """`POST /_sandbox/slack/submit`."""

    view_id: str
    values: dict[str, dict[str, dict[str, object]]] = Field(default_factory=dict)


class Closing(_Wish):
    """`POST /_sandbox/slack/close`."""

    view_id: str


class Command(_Wish):
    """`POST /_sandbox/slack/command`."""

    command: str = "/signalbox"
    text: str = ""
    channel: str | None = None


Handler = Callable[[SlackWorkspace, Request], Awaitable[Response]]


def _said(reply: Reply, view: View | None) -> Response:
    body = {"status": reply.status, "body": reply.body, "late": reply.late}
    return JSONResponse({**body, "view": listed_view(view) if view else None})


async def _click(box: SlackWorkspace, request: Request) -> Response:
    wish = Press.model_validate(await request.json())
    reply, view = await people.press(
        box, _base(request), ts=wish.ts, action_id=wish.action_id, user_id=wish.user,
        block_id=wish.block_id, value=wish.value, lies=wish.forge.told(),
    )  # fmt: skip
    return _said(reply, view)


async def _submit(box: SlackWorkspace, request: Request) -> Response:
    wish = Submission.model_validate(await request.json())
    reply, view = await people.submit(
        box,
        view_id=wish.view_id,
        user_id=wish.user,
        values=wish.values,
        lies=wish.forge.told(),
    )
    return _said(reply, view)


async def _close(box: SlackWorkspace, request: Request) -> Response:
    wish = Closing.model_validate(await request.json())
    reply = await people.close(box, view_id=wish.view_id)
    return JSONResponse({"told": reply is not None, "status": reply.status if reply else None})


async def _command(box: SlackWorkspace, request: Request) -> Response:
    wish = Command.model_validate(await request.json())
    reply, view = await people.command(
        box, _base(request), user_id=wish.user, name=wish.command, text=wish.text,
        channel=wish.channel, lies=wish.forge.told(),
    )  # fmt: skip
    return _said(reply, view)


async def _settings(box: SlackWorkspace, request: Request) -> Response:
    if request.method == "POST":
        box.configure(box.settings.changed(await request.json()))
    return JSONResponse(box.settings.model_dump())


async def _respond(box: SlackWorkspace, request: Request) -> Response:
    """The response URL: replace or delete the message, or say something to the one who asked."""
    known = box.use_response_url(request.path_params["secret"])
    body = await request.json()
    text, blocks = str(body.get("text") or ""), body.get("blocks") or []
    if faults_of_blocks(blocks):
        raise SlackRefusalError("invalid_blocks")
    if body.get("delete_original") and known.ts is not None:
        box.delete(known.channel, known.ts)
    elif not text and not blocks:
        raise SlackRefusalError("no_text")
    elif body.get("replace_original") and known.ts is not None:
        box.update(known.channel, known.ts, text=text, blocks=blocks, by_response_url=True)
    else:
        only_for = None if body.get("response_type") == "in_channel" else known.user
        box.post(known.channel, text=text, blocks=blocks, only_for=only_for)
    return JSONResponse({"ok": True})


async def _messages(box: SlackWorkspace, _request: Request) -> Response:
    """All that was posted; what one person alone sees says whom it is `only_for`."""
    return JSONResponse([listed(message) for message in box.everything()])


async def _ephemerals(box: SlackWorkspace, _request: Request) -> Response:
    return JSONResponse([listed(message) for message in box.ephemerals()])


async def _users(box: SlackWorkspace, _request: Request) -> Response:
    return JSONResponse([asdict(user) for user in box.users.values()])


async def _views(box: SlackWorkspace, _request: Request) -> Response:
    return JSONResponse([listed_view(view) for view in box.views()])


async def _calls(box: SlackWorkspace, _request: Request) -> Response:
    return JSONResponse(list(box.calls))


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _guarded(of: Callable[[], SlackWorkspace], handler: Handler) -> Callable[..., object]:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(of(), request)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"]))
            return JSONResponse({"error": f"{where}: {problem['msg']}"}, status_code=400)
        except ValueError as error:
            return JSONResponse({"error": f"not JSON: {error}"}, status_code=400)
        except people.NotSentError as error:
            body = {"error": str(error), "errors": error.errors}
            return JSONResponse(body, status_code=409)
        except SlackRefusalError as refusal:
            return JSONResponse({"error": refusal.error}, status_code=404)

    return endpoint


_POSTS: dict[str, Handler] = {
    "click": _click,
    "submit": _submit,
    "close": _close,
    "command": _command,
    "settings": _settings,
    "response/{secret}": _respond,
}
_GETS: dict[str, Handler] = {
    "settings": _settings,
    "messages": _messages,
    "ephemerals": _ephemerals,
    "users": _users,
    "views": _views,
    "calls": _calls,
}


def control_routes(of: Callable[[], SlackWorkspace]) -> list[Route]:
    """The routes under `/_sandbox/slack/`."""
    return [
        Route(f"/_sandbox/slack/{path}", _guarded(of, handler), methods=[method])
        for method, table in (("POST", _POSTS), ("GET", _GETS))
        for path, handler in table.items()
    ]
