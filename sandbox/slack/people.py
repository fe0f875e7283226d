"""What people do in the workspace: press a button, send a modal off, give a command."""

import json
from collections.abc import Iterator, Mapping

from sandbox.slack import payloads
from sandbox.slack.blocks import faults_of_blocks, faults_of_modal
from sandbox.slack.delivery import Reply, deliver
from sandbox.slack.forms import Values, filled_in, inputs_of
from sandbox.slack.model import Message, User, View
from sandbox.slack.workspace import SlackWorkspace

Json = dict[str, object]

NO_LIES: Mapping[str, str] = {}
TROUBLE = "We had some trouble connecting. Try again?"


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
    lies: Mapping[str, str] = NO_LIES,
) -> tuple[Reply, View | None]:
    """Press a button of a message, and see the modal it opens, if it opens one.

    Of the app's answer only the status counts: Slack reads no body there. `value` presses as a
    client that has not yet seen the message's last edit (or that lies); `lies` are further
    falsehoods (`payloads.forged`).
    """
    message = workspace.message(ts)
    user = _present(workspace, user_id, message.channel)
    if message.only_for not in (None, user.id):
        raise NotSentError(f"{user.name} does not see message {ts}")
    wanted = {"action_id": action_id} | ({"block_id": block_id} if block_id else {})
    element = next((e for e in _elements(message) if wanted.items() <= e.items()), None)
    if element is None and value is None:
        raise NotSentError(f"message {ts} has no button {action_id}")
    element = {"type": "button", "block_id": "gone", **wanted, **(element or {})}
    if value is not None:
        element["value"] = value
    trigger_id = workspace.new_trigger(user.id)
    secret = workspace.new_response_url(user.id, message.channel, message.ts)
    payload = payloads.press(
        workspace, message, element, user,
        trigger_id=trigger_id, response_url=f"{base_url}/_sandbox/slack/response/{secret}",
    )  # fmt: skip
    reply = await _send(workspace, payloads.forged(payload, lies))
    return reply, workspace.view_opened_by(trigger_id)


async def submit(
    workspace: SlackWorkspace,
    *,
    view_id: str,
    user_id: str,
    values: Values,
    lies: Mapping[str, str] = NO_LIES,
) -> tuple[Reply, View | None]:
    """Send a modal off; the view that stays open afterwards comes back."""
    view = workspace.view(view_id)
    state, errors = filled_in(view, values)
    if errors:
        workspace.show_errors(view_id, errors)
        raise NotSentError("the modal is not filled in", errors)
    user = workspace.user(user_id)
    trigger_id = workspace.new_trigger(user.id)
    payload = payloads.submission(view, user, state, trigger_id)
    reply = await _send(workspace, payloads.forged(payload, lies))
    if not reply.acknowledged:
        return reply, view
    return reply, _follow(workspace, view, reply)


def _follow(workspace: SlackWorkspace, view: View, reply: Reply) -> View | None:
    """Do what the answer to a submission says; what Slack cannot follow keeps the modal open.

    Errors may stand at input blocks only, and another modal is held to every rule of a first one.
    """
    if not reply.body.strip():
        workspace.close_view(view.id)
        return None
    answer = reply.json()
    blocks = {block["block_id"] for block in inputs_of(view.content)}
    match answer.get("response_action"):
        case None if answer or reply.body.strip() == "{}":
            workspace.close_view(view.id)
            return None
        case "clear":
            workspace.close_views_of(view.user)
            return None
        case "errors" if isinstance(shown := answer.get("errors"), dict) and shown:
            if shown.keys() <= blocks:
                return workspace.show_errors(view.id, shown)
        case "update" if isinstance(content := answer.get("view"), dict):
            if not faults_of_modal(content):
                return workspace.replace_view(view.id, content)
    return workspace.show_errors(view.id, {"*": TROUBLE})


async def close(workspace: SlackWorkspace, *, view_id: str) -> Reply | None:
    """Close a modal; the app is told if it wanted to be."""
    view = workspace.view(view_id)
    workspace.close_view(view_id)
    if not view.content.get("notify_on_close"):
        return None
    return await _send(workspace, payloads.closing(view, workspace.user(view.user)))


async def command(
    workspace: SlackWorkspace,
    base_url: str,
    *,
    user_id: str,
    name: str,
    text: str,
    channel: str | None = None,
    lies: Mapping[str, str] = NO_LIES,
) -> tuple[Reply, View | None]:
    """Give a slash command in a channel, the first one unless told otherwise."""
    settings = workspace.settings
    url = settings.command_url or _request_url(workspace).replace("/interactions", "/commands")
    where = workspace.channel_id(channel or next(iter(workspace.channels)), names=True)
    user = _present(workspace, user_id, where)
    trigger_id = workspace.new_trigger(user.id)
    secret = workspace.new_response_url(user.id, where, None)
    form = {
        **payloads.command(user, where, workspace.channels[where], name, text),
        "response_url": f"{base_url}/_sandbox/slack/response/{secret}",
        "trigger_id": trigger_id,
    }
    told = {key: str(value) for key, value in payloads.forged(form, lies).items()}
    reply = await deliver(url, settings, told, transport=workspace.transport)
    if reply.acknowledged and reply.body.strip():
        _show(workspace, where, user.id, f"{name} {text}".strip(), reply)
    return reply, workspace.view_opened_by(trigger_id)


def _show(workspace: SlackWorkspace, channel: str, user_id: str, typed: str, reply: Reply) -> None:
    """Show the answer to a command; `in_channel` shows everybody what was typed as well."""
    answer = reply.json() or {"text": reply.body}
    text, blocks = str(answer.get("text") or ""), answer.get("blocks") or []
    if faults_of_blocks(blocks) or not (text or blocks):
        return
    shown = blocks if isinstance(blocks, list) else []
    if answer.get("response_type") != "in_channel":
        workspace.post(channel, text=text, blocks=shown, only_for=user_id)
        return
    workspace.say(user_id, channel, typed)
    workspace.post(channel, text=text, blocks=shown)


def _present(workspace: SlackWorkspace, user_id: str, channel: str) -> User:
    user = workspace.user(user_id)
    if not workspace.is_member(user_id, channel):
        raise NotSentError(f"{user.name} is not in #{workspace.channels[channel]}")
    return user


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
