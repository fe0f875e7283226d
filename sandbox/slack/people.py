"""What people do in the workspace: press a button, send a modal off, give a command."""

import json
from collections.abc import Iterator, Mapping

from sandbox.slack import payloads
from sandbox.slack.delivery import Reply, deliver
from sandbox.slack.model import Message, View
from sandbox.slack.workspace import SlackWorkspace

Json = dict[str, object]
Values = Mapping[str, Mapping[str, Mapping[str, object]]]


class NotSentError(Exception):
    """Slack's own client would not send this; `errors` are per block."""

    def __init__(self, reason: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.errors = dict(errors or {})


async def press(
    workspace: SlackWorkspace,
    base_url: str,
    *,
    ts: str,
    action_id: str,
    user_id: str,
    block_id: str | None = None,
    value: str | None = None,
) -> tuple[Reply, View | None]:
    """Press a button of a message, and see the modal it opens, if it opens one.

    `value` presses as a client that has not yet seen the message's last edit (or that lies).
    """
    message = workspace.message(ts)
    user = workspace.user(user_id)
    wanted = {"action_id": action_id} | ({"block_id": block_id} if block_id else {})
    element = next((e for e in _elements(message) if wanted.items() <= e.items()), None)
    if element is None and value is None:
        raise NotSentError(f"message {ts} has no button {action_id}")
    element = {"type": "button", "block_id": "gone", **wanted, **(element or {})}
    if value is not None:
        element["value"] = value
    trigger_id = workspace.new_trigger(user.id)
    secret = workspace.new_response_url(user.id, message)
    payload = payloads.press(
        workspace, message, element, user,
        trigger_id=trigger_id, response_url=f"{base_url}/_sandbox/slack/response/{secret}",
    )  # fmt: skip
    reply = await _send(workspace, payload)
    return reply, workspace.view_opened_by(trigger_id)


async def submit(
    workspace: SlackWorkspace, *, view_id: str, user_id: str, values: Values
) -> tuple[Reply, View | None]:
    """Send a modal off; the view that stays open afterwards comes back."""
    view = workspace.view(view_id)
    state, errors = _state(view, values)
    if errors:
        workspace.show_errors(view_id, errors)
        raise NotSentError("the modal is not filled in", errors)
    user = workspace.user(user_id)
    trigger_id = workspace.new_trigger(user.id)
    payload = payloads.submission(view, user, state, trigger_id)
    reply = await _send(workspace, payload)
    if not reply.acknowledged:
        return reply, view
    answer = reply.json()
    match answer.get("response_action"):
        case "errors" if isinstance(shown := answer.get("errors"), dict):
            return reply, workspace.show_errors(view_id, shown)
        case "update" if isinstance(content := answer.get("view"), dict):
            return reply, workspace.replace_view(view_id, content)
    workspace.close_view(view_id)
    return reply, None


async def close(workspace: SlackWorkspace, *, view_id: str) -> Reply | None:
    """Close a modal; the app is told if it wanted to be."""
    view = workspace.view(view_id)
    workspace.close_view(view_id)
    if not view.content.get("notify_on_close"):
        return None
    return await _send(workspace, payloads.closing(view, workspace.user(view.user)))


async def command(
    workspace: SlackWorkspace, base_url: str, *, user_id: str, name: str, text: str
) -> Reply:
    """Give a slash command in the first channel."""
    settings = workspace.settings
    url = settings.command_url or _request_url(workspace).replace("/interactions", "/commands")
    channel, channel_name = next(iter(workspace.channels.items()))
    user = workspace.user(user_id)
    said = workspace.say(user.id, channel, f"{name} {text}".strip())
    form = {
        **payloads.command(user, channel, channel_name, name, text),
        "trigger_id": workspace.new_trigger(user.id),
        "response_url": f"{base_url}/_sandbox/slack/response/"
        f"{workspace.new_response_url(user.id, said)}",
    }
    reply = await deliver(url, settings, form, transport=workspace.transport)
    answer = reply.json()
    if reply.acknowledged and isinstance(answer.get("text"), str):
        only_for = None if answer.get("response_type") == "in_channel" else user.id
        workspace.post(channel, text=str(answer["text"]), blocks=(), only_for=only_for)
    return reply


def _request_url(workspace: SlackWorkspace) -> str:
    if workspace.settings.request_url is None:
        raise NotSentError("the app has no request URL yet: deploy the control plane first")
    return workspace.settings.request_url


async def _send(workspace: SlackWorkspace, payload: Json) -> Reply:
    text = json.dumps(payload, separators=(",", ":"))
    url, form = _request_url(workspace), {"payload": text}
    return await deliver(url, workspace.settings, form, transport=workspace.transport)


def _elements(message: Message) -> Iterator[Json]:
    for block in message.blocks:
        inside = block.get("elements")
        candidates = inside if isinstance(inside, list) else [block.get("accessory")]
        for element in candidates:
            if isinstance(element, dict):
                yield {**element, "block_id": block.get("block_id")}


def _state(view: View, values: Values) -> tuple[Json, dict[str, str]]:
    """The state of the modal's inputs, and what Slack's client would complain of."""
    state: Json = {}
    errors: dict[str, str] = {}
    blocks = view.content.get("blocks")
    for block in blocks if isinstance(blocks, list) else []:
        if block.get("type") != "input":
            continue
        block_id, element = block["block_id"], block["element"]
        action_id = element.get("action_id", "")
        given = values.get(block_id, {}).get(action_id, {})
        text = str(given.get("value") or "")
        if element["type"] == "static_select":
            chosen = next((o for o in element["options"] if o["value"] == text), None)
            state[block_id] = {action_id: {"type": "static_select", "selected_option": chosen}}
        else:
            state[block_id] = {action_id: {"type": element["type"], "value": text or None}}
        problem = _complaint(text, element, optional=bool(block.get("optional")))
        if problem:
            errors[block_id] = problem
    return state, errors


def _complaint(text: str, element: Mapping[str, object], *, optional: bool) -> str | None:
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    if not text:
        return None if optional else "Please complete this required field."
    if isinstance(shortest, int) and len(text) < shortest:
        return f"Must be at least {shortest} characters long."
    if isinstance(longest, int) and len(text) > longest:
        return f"Must be less than {longest + 1} characters long."
    return None
