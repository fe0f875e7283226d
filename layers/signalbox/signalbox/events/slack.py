"""What Slack sends when somebody presses, submits or types something, as small facts of ours.

No pydantic here: this is on the path that must answer within three seconds of a cold start.
Payload shapes: docs.slack.dev "block_actions payload", "view_submission payload", "Slash commands".
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.gates import Choice
from signalbox.domain.voters import Card, Voter

BUTTONS = frozenset({"approve_gate", "reject_gate", "review_gate"})
FORMS = {
    "approve_gate_form": Choice.APPROVE,
    "reject_gate_reason": Choice.REJECT,
    "break_glass_form": Choice.BREAK_GLASS,
}
"""Our modals by ``callback_id``, and what submitting one of them says."""

LONGEST_TEXT = 3000
_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_DIGEST = re.compile(r"[A-Za-z0-9:]{1,200}", re.ASCII)
_TS = re.compile(r"[0-9]{1,20}\.[0-9]{1,10}", re.ASCII)
_TRIGGER = re.compile(r"[!-~]{1,250}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed:
    """Somebody pressed a button of a card; ``trigger_id`` opens a dialog within three seconds."""

    button: str
    card: Card
    voter: Voter
    trigger_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSent:
    """Somebody submitted one of our modals. ``reason`` and ``ticket`` are strangers' text."""

    choice: Choice
    card: Card
    voter: Voter
    reason: str
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTyped:
    """Somebody typed a slash command in ``channel``. ``text`` is what stood behind it."""

    text: str
    voter: Voter
    channel: str
    trigger_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingForUs:
    """Readable, and nothing that Signalbox acts on."""

    kind: str


Interaction = ButtonPressed | FormSent | CommandTyped | NothingForUs


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One request of Slack, read as far as it takes to tell for whom it is.

    ``kind`` is ``command`` or the payload's ``type``, and ``content`` the form or the payload.
    ``teams`` holds every workspace that it names, the person's own included, ``organisation`` the
    Enterprise organisation and ``app`` the app that it is for.
    """

    kind: str
    content: Mapping[str, Any]
    teams: frozenset[str]
    organisation: str
    app: str

    def is_for(self, teams: Collection[str], app: str) -> bool:
        """Whether it comes from these workspaces and organisations alone, and is for this app.

        Without ``teams`` it may name one workspace: a stranger of Slack Connect, whose own is
        another than the channel's, has no say. Without ``app`` any will do.
        """
        if app and self.app != app:
            return False
        if not teams:
            return len(self.teams) <= 1
        named = self.teams | {self.organisation} - {""}
        return bool(named) and named <= set(teams)


def read_posted(body: bytes) -> Posted:
    """Read the form that Slack posts. Raises UnreadableEventError naming what is wrong."""
    try:
        form = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
    except ValueError as wrong:
        raise UnreadableEventError(f"the body is no form in UTF-8: {wrong}") from wrong
    if "command" in form:
        return _posted_command({name: values[0] for name, values in form.items()})
    if len(form.get("payload", [])) != 1:
        raise UnreadableEventError("the form has not exactly one payload")
    payload = _object(form["payload"][0], "payload")
    teams = {_at(payload, *path) for path in (("team", "id"), ("user", "team_id"))}
    apps = {_at(payload, "api_app_id"), _at(payload, "view", "app_id")} - {""}
    return Posted(
        kind=str(payload.get("type"))[:80],
        content=payload,
        teams=frozenset(teams) - {""},
        organisation=_at(payload, "enterprise", "id"),
        app=apps.pop() if len(apps) == 1 else "",
    )


def understand(posted: Posted) -> Interaction:
    """What it says. Raises UnreadableEventError naming what is wrong."""
    match posted.kind:
        case "command":
            return _command(posted.content)
        case "block_actions":
            return _click(posted.content)
        case "view_submission":
            return _submission(posted.content)
    return NothingForUs(kind=posted.kind)


def parse_interaction(body: bytes) -> Interaction:
    """Read and understand at once."""
    return understand(read_posted(body))


def _posted_command(form: Mapping[str, str]) -> Posted:
    return Posted(
        kind="command",
        content=form,
        teams=frozenset({form.get("team_id", "")}) - {""},
        organisation=form.get("enterprise_id", ""),
        app=form.get("api_app_id", ""),
    )


def _command(form: Mapping[str, str]) -> CommandTyped:
    voter = Voter(
        team=_like(_ID, form, "team_id"),
        user=_like(_ID, form, "user_id"),
        name=form.get("user_name", "")[:200],
    )
    return CommandTyped(
        text=form.get("text", "")[:LONGEST_TEXT],
        voter=voter,
        channel=_like(_ID, form, "channel_id") if form.get("channel_id") else "",
        trigger_id=_like(_TRIGGER, form, "trigger_id") if form.get("trigger_id") else "",
    )


def _click(payload: Mapping[str, Any]) -> Interaction:
    pressed = payload.get("actions")
    action = pressed[0] if isinstance(pressed, list) and len(pressed) == 1 else None
    button = action.get("action_id") if isinstance(action, dict) else None
    if not isinstance(action, dict) or not isinstance(button, str) or button not in BUTTONS:
        return NothingForUs(kind="block_actions")
    said = _object(action.get("value"), "value")
    message, channel = _inner(payload, "message"), _inner(payload, "channel")
    card = Card(
        gate=_like(_ID, said, "gate"),
        digest=_like(_DIGEST, said, "digest") if button != "review_gate" else "",
        channel=_like(_ID, channel, "id"),
        ts=_like(_TS, message, "ts"),
        thread=_like(_TS, message, "thread_ts") if message.get("thread_ts") else "",
    )
    if action.get("block_id") not in {f"gate:{card.gate}", f"review:{card.gate}"}:
        raise UnreadableEventError("the button is not in the block of its gate")
    return ButtonPressed(
        button=button,
        card=card,
        voter=_voter(payload),
        trigger_id=_like(_TRIGGER, payload, "trigger_id"),
    )


def _submission(payload: Mapping[str, Any]) -> Interaction:
    view = _inner(payload, "view")
    choice = FORMS.get(str(view.get("callback_id")))
    if choice is None:
        return NothingForUs(kind="view_submission")
    said = _object(view.get("private_metadata"), "private_metadata")
    values = _inner(_inner(view, "state"), "values")
    card = Card(
        gate=_like(_ID, said, "gate"),
        digest=_like(_DIGEST, said, "digest"),
        channel=_like(_ID, said, "channel") if said.get("channel") else "",
        ts=_like(_TS, said, "ts") if said.get("ts") else "",
    )
    return FormSent(
        choice=choice,
        card=card,
        voter=_voter(payload),
        reason=_at(values, "reason", "reason", "value"),
        ticket=_at(values, "ticket", "ticket", "value"),
    )


def _voter(payload: Mapping[str, Any]) -> Voter:
    """The person. An organisation-wide installation sends ``team: null``; then the user's own team
    counts.
    """
    user = _inner(payload, "user")
    team = payload.get("team")
    team_id = team.get("id") if isinstance(team, dict) else user.get("team_id")
    return Voter(
        team=_like(_ID, {"team": team_id}, "team"),
        user=_like(_ID, user, "id"),
        name=(_at(user, "name") or _at(user, "username"))[:200],
    )


def _object(text: object, what: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as wrong:
        raise UnreadableEventError(f"{what} is no JSON") from wrong
    if not isinstance(value, dict):
        raise UnreadableEventError(f"{what} is no JSON object")
    return value


def _inner(outer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = outer.get(name)
    if not isinstance(value, dict):
        raise UnreadableEventError(f"{name} is missing or no object")
    return value


def _at(outer: object, *path: str) -> str:
    """The text at a path, or nothing where there is none."""
    for name in path:
        outer = outer.get(name) if isinstance(outer, dict) else None
    return outer if isinstance(outer, str) else ""


def _like(form: re.Pattern[str], outer: Mapping[str, Any], name: str) -> str:
    """An id, or a value that we wrote ourselves: none of them has other letters than these."""
    value = outer.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise UnreadableEventError(f"{name} is missing or not what it must be")
    return value
