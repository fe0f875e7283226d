"""The methods of the Web API: arguments in, Slack's answer or a `SlackRefusalError` out."""

import json
from collections.abc import Callable, Mapping

from sandbox.slack.blocks import faults_of_blocks, faults_of_modal
from sandbox.slack.model import (
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    Block,
    Message,
    SlackRefusalError,
    User,
)
from sandbox.slack.payloads import message_body, view_body
from sandbox.slack.workspace import SlackWorkspace

Arguments = Mapping[str, object]
Answer = dict[str, object]

LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000


class RateLimitedError(Exception):
    """HTTP 429: more than a message a second in one channel."""


def _needed(arguments: Arguments, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        detail = f"[ERROR] missing required field: {name}"
        raise SlackRefusalError("invalid_arguments", response_metadata={"messages": [detail]})
    return value


def _decoded(value: object, otherwise: str) -> object:
    """A form sends structures as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise SlackRefusalError(otherwise) from error


def _content(arguments: Arguments, longest: int) -> tuple[str, list[Block]]:
    text = arguments.get("text") or ""
    if not isinstance(text, str):
        raise SlackRefusalError("invalid_arguments")
    blocks = _decoded(arguments.get("blocks") or [], "invalid_blocks_format")
    faults = faults_of_blocks(blocks)
    if faults:
        raise SlackRefusalError(
            "invalid_blocks", errors=faults, response_metadata={"messages": faults}
        )
    if not text and not blocks:
        raise SlackRefusalError("no_text")
    if len(text) > longest:
        raise SlackRefusalError("msg_too_long")
    return text, blocks if isinstance(blocks, list) else []


def _posted(message: Message) -> Answer:
    return {"channel": message.channel, "ts": message.ts, "message": message_body(message)}


def _chat_post_message(workspace: SlackWorkspace, arguments: Arguments) -> Answer:
    channel = workspace.channel_id(_needed(arguments, "channel"), names=True)
    text, blocks = _content(arguments, LONGEST_POST)
    thread_ts = arguments.get("thread_ts")
    if workspace.too_soon(channel):
        raise RateLimitedError
    thread = thread_ts if isinstance(thread_ts, str) else None
    return _posted(workspace.post(channel, text=text, blocks=blocks, thread_ts=thread))


def _chat_post_ephemeral(workspace: SlackWorkspace, arguments: Arguments) -> Answer:
    channel = workspace.channel_id(_needed(arguments, "channel"), names=True)
    user = _needed(arguments, "user")
    if not workspace.is_member(user, channel):
        raise SlackRefusalError("user_not_in_channel")
    text, blocks = _content(arguments, LONGEST_POST)
    given = arguments.get("thread_ts")
    thread = given if isinstance(given, str) else None
    message = workspace.post(channel, text=text, blocks=blocks, thread_ts=thread, only_for=user)
    return {"message_ts": message.ts}


def _chat_update(workspace: SlackWorkspace, arguments: Arguments) -> Answer:
    channel = workspace.channel_id(_needed(arguments, "channel"), names=False)
    ts = _needed(arguments, "ts")
    text, blocks = _content(arguments, LONGEST_UPDATE)
    message = workspace.update(channel, ts, text=text, blocks=blocks)
    return {**_posted(message), "text": message.text}


def _views_open(workspace: SlackWorkspace, arguments: Arguments) -> Answer:
    trigger_id = _needed(arguments, "trigger_id")
    view = _decoded(arguments.get("view"), "invalid_arguments")
    if not isinstance(view, dict):
        raise SlackRefusalError("invalid_arguments")
    faults = faults_of_modal(view)
    if faults:
        raise SlackRefusalError("invalid_arguments", response_metadata={"messages": faults})
    return {"view": view_body(workspace.open_view(trigger_id, view))}


def _users_lookup_by_email(workspace: SlackWorkspace, arguments: Arguments) -> Answer:
    return {"user": _user(workspace.user_by_email(_needed(arguments, "email")))}


def _users_info(workspace: SlackWorkspace, arguments: Arguments) -> Answer:
    return {"user": _user(workspace.user(_needed(arguments, "user")))}


def _user(user: User) -> Answer:
    profile = {"email": user.email, "real_name": user.real_name, "display_name": user.name}
    return {
        **{"id": user.id, "team_id": TEAM_ID, "name": user.name, "deleted": user.deleted},
        **{"real_name": user.real_name, "is_bot": False, "profile": profile},
        **{"is_restricted": user.is_restricted, "is_ultra_restricted": user.is_restricted},
    }


def _auth_test(_workspace: SlackWorkspace, _arguments: Arguments) -> Answer:
    return {
        **{"url": f"https://{TEAM_DOMAIN}.slack.com/", "team": "Signalbox sandbox"},
        **{"user": "signalbox", "team_id": TEAM_ID, "user_id": BOT_USER_ID, "bot_id": BOT_ID},
    }


Method = Callable[[SlackWorkspace, Arguments], Answer]
METHODS: Mapping[str, Method] = {
    "chat.postMessage": _chat_post_message,
    "chat.postEphemeral": _chat_post_ephemeral,
    "chat.update": _chat_update,
    "views.open": _views_open,
    "users.lookupByEmail": _users_lookup_by_email,
    "users.info": _users_info,
    "auth.test": _auth_test,
}
SCOPES: Mapping[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "users.lookupByEmail": "users:read.email",
    "users.info": "users:read",
}
TAKES_JSON = METHODS.keys() - {"users.lookupByEmail", "users.info"}


def call(workspace: SlackWorkspace, method: str, token: str | None, arguments: Arguments) -> Answer:
    """Carry out one call, as the app that `token` belongs to.

    Raises `SlackRefusalError` for everything Slack answers `ok: false` to, and
    `RateLimitedError` for its 429.
    """
    if method not in METHODS:
        raise SlackRefusalError("unknown_method", req_method=method)
    if not token:
        raise SlackRefusalError("not_authed")
    if token != workspace.settings.bot_token:
        raise SlackRefusalError("invalid_auth")
    scope = SCOPES.get(method)
    if scope is not None and scope not in workspace.settings.scopes:
        raise SlackRefusalError(
            "missing_scope", needed=scope, provided=",".join(workspace.settings.scopes)
        )
    return METHODS[method](workspace, arguments)
