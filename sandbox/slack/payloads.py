"""The JSON that Slack sends about messages, views and what people do with them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sandbox.slack.model import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    Message,
    User,
    View,
)
from sandbox.slack.workspace import SlackWorkspace

Json = dict[str, object]

VERIFICATION_TOKEN = "deprecated-verification-token"  # noqa: S105 (Slack still sends one; nobody should read it)


def message_body(message: Message) -> Json:
    """A message as Slack embeds it in answers and payloads."""
    body: Json = {
        **{"type": "message", "user": message.user, "ts": message.ts, "team": TEAM_ID},
        **{"text": message.text, "blocks": list(message.blocks)},
    }
    if message.user == BOT_USER_ID:
        body |= {"bot_id": BOT_ID, "app_id": APP_ID}
    if message.thread_ts is not None:
        body["thread_ts"] = message.thread_ts
    if message.edited:
        body["edited"] = {"user": BOT_USER_ID, "ts": message.ts}
    return body


def view_body(view: View, values: Mapping[str, object] | None = None) -> Json:
    """A modal as Slack embeds it, with the state of its inputs."""
    return {
        **{"id": view.id, "team_id": TEAM_ID, "app_id": APP_ID, "bot_id": BOT_ID},
        **{"app_installed_team_id": TEAM_ID, "external_id": "", "previous_view_id": None},
        **{"root_view_id": view.id, "hash": view.hash, "private_metadata": "", "callback_id": ""},
        **{"clear_on_close": False, "notify_on_close": False, "close": None, "submit": None},
        **view.content,
        "state": {"values": dict(values or {})},
    }


def _envelope(kind: str, user: User) -> Json:
    person = {"id": user.id, "username": user.name, "name": user.name, "team_id": TEAM_ID}
    return {
        **{"type": kind, "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN}, "user": person},
        **{"api_app_id": APP_ID, "token": VERIFICATION_TOKEN},
        **{"enterprise": None, "is_enterprise_install": False},
    }


def press(
    workspace: SlackWorkspace,
    message: Message,
    element: Mapping[str, object],
    user: User,
    *,
    trigger_id: str,
    response_url: str,
) -> Json:
    """`block_actions`: a person pressed a button; `element` brings its `block_id` along.

    What only one person sees is not sent back: a press on it has no `message`.
    """
    at = f"{workspace.clock():.6f}"
    sent = {name: element[name] for name in _SENT_OF_AN_ELEMENT if name in element}
    return {
        **_envelope("block_actions", user),
        "container": {
            **{"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "is_ephemeral": message.only_for is not None,
        },
        "trigger_id": trigger_id,
        "channel": {"id": message.channel, "name": workspace.channels[message.channel]},
        **({} if message.only_for else {"message": message_body(message)}),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**sent, "action_ts": at}],
    }


_SENT_OF_AN_ELEMENT = ("type", "action_id", "block_id", "text", "value", "style", "confirm")


def submission(view: View, user: User, values: Mapping[str, object], trigger_id: str) -> Json:
    """`view_submission`: a person sent a modal off."""
    return {
        **_envelope("view_submission", user),
        "trigger_id": trigger_id,
        "view": view_body(view, values),
        "response_urls": [],
    }


def closing(view: View, user: User) -> Json:
    """`view_closed`: a person closed a modal that wanted to be told."""
    return {**_envelope("view_closed", user), "view": view_body(view), "is_cleared": False}


def command(user: User, channel: str, channel_name: str, name: str, text: str) -> dict[str, str]:
    """The form of a slash command, but for its trigger and response URL.

    Slack's deprecated `token` is left out, and `enterprise_id` is not sent outside of a grid.
    """
    return {
        **{"team_id": TEAM_ID, "team_domain": TEAM_DOMAIN},
        **{"channel_id": channel, "channel_name": channel_name, "user_id": user.id},
        **{"user_name": user.name, "command": name, "text": text, "api_app_id": APP_ID},
        "is_enterprise_install": "false",
    }


def forged(payload: Mapping[str, object], lies: Mapping[str, str]) -> Json:
    """The payload with false identities, each in every place where this kind of payload has it."""
    copy: Json = json.loads(json.dumps(payload))
    for name, value in lies.items():
        for *path, last in _PLACES[name]:
            holder: object = copy
            for step in path:
                holder = holder.get(step) if isinstance(holder, dict) else None
            if isinstance(holder, dict) and last in holder:
                holder[last] = value
    return copy


_PLACES: Mapping[str, Sequence[Sequence[str]]] = {
    "team": (("team", "id"), ("view", "team_id"), ("team_id",)),
    "user": (("user", "id"), ("user_id",)),
    "user_team": (("user", "team_id"),),
    "app": (("api_app_id",), ("view", "app_id")),
    "channel": (("channel", "id"), ("container", "channel_id"), ("channel_id",)),
    "ts": (("message", "ts"), ("container", "message_ts")),
}


def listed(message: Message) -> Json:
    """A message as the sandbox lists it."""
    return {**asdict(message), "blocks": list(message.blocks)}


def listed_view(view: View) -> Json:
    """A modal as the sandbox lists it: with its viewer and the errors it shows."""
    return {**view_body(view), "user": view.user, "errors": dict(view.errors)}
