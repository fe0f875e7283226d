"""What Slack sends when somebody presses, submits or types something, as small facts of ours.

No pydantic here: this is on the path that must answer within three seconds of a cold start.
Payload shapes: docs.slack.dev "block_actions payload", "view_submission payload".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.voters import Card, Voter


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovePressed:
    """Somebody pressed Approve and confirmed it."""

    card: Card
    voter: Voter


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectPressed:
    """Somebody pressed Reject; ``trigger_id`` opens a dialog within three seconds."""

    card: Card
    voter: Voter
    trigger_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonGiven:
    """Somebody submitted the dialog that asks why."""

    card: Card
    voter: Voter
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTyped:
    """Somebody typed a slash command."""

    command: str
    text: str
    voter: Voter


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingForUs:
    """Readable, and nothing that Signalbox acts on."""

    kind: str


Interaction = ApprovePressed | RejectPressed | ReasonGiven | CommandTyped | NothingForUs


def parse_interaction(body: bytes) -> Interaction:
    """Read the form that Slack posts. Raises UnreadableEventError naming what is wrong."""
    try:
        form = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
    except ValueError as wrong:
        raise UnreadableEventError(f"the body is no form in UTF-8: {wrong}") from wrong
    if "command" in form:
        return _command({name: values[0] for name, values in form.items()})
    if len(form.get("payload", [])) != 1:
        raise UnreadableEventError("the form has not exactly one payload")
    payload = _object(form["payload"][0], "payload")
    match payload.get("type"):
        case "block_actions":
            return _click(payload)
        case "view_submission":
            return _submission(payload)
        case kind:
            return NothingForUs(kind=str(kind)[:80])


def _command(form: Mapping[str, str]) -> CommandTyped:
    voter = Voter(
        team=form.get("team_id", ""), user=form.get("user_id", ""), name=form.get("user_name", "")
    )
    return CommandTyped(command=form["command"][:80], text=form.get("text", "")[:500], voter=voter)


def _click(payload: Mapping[str, Any]) -> Interaction:
    pressed = payload.get("actions")
    action = pressed[0] if isinstance(pressed, list) and len(pressed) == 1 else None
    action_id = action.get("action_id") if isinstance(action, dict) else None
    if not isinstance(action, dict) or action_id not in {"approve_gate", "reject_gate"}:
        return NothingForUs(kind="block_actions")
    said = _object(_text(action, "value"), "value")
    message, channel = _inner(payload, "message"), _inner(payload, "channel")
    card = Card(
        gate=_text(said, "gate"),
        digest=_text(said, "digest"),
        channel=_text(channel, "id"),
        ts=_text(message, "ts"),
    )
    if action.get("block_id") != f"gate:{card.gate}":
        raise UnreadableEventError("the button is not in the block of its gate")
    voter = _voter(payload)
    if action_id == "approve_gate":
        return ApprovePressed(card=card, voter=voter)
    return RejectPressed(card=card, voter=voter, trigger_id=_text(payload, "trigger_id"))


def _submission(payload: Mapping[str, Any]) -> Interaction:
    view = _inner(payload, "view")
    if view.get("callback_id") != "reject_gate_reason":
        return NothingForUs(kind="view_submission")
    said = _object(_text(view, "private_metadata"), "private_metadata")
    values = _inner(_inner(view, "state"), "values")
    reason = _inner(_inner(values, "reason"), "reason").get("value")
    card = Card(**{name: _text(said, name) for name in ("gate", "digest", "channel", "ts")})
    return ReasonGiven(
        card=card, voter=_voter(payload), reason=reason if isinstance(reason, str) else ""
    )


def _voter(payload: Mapping[str, Any]) -> Voter:
    """The person, who must belong to the workspace: a stranger of Slack Connect has no say.

    An organisation-wide installation sends ``team: null``; then the user's own team counts.
    """
    user = _inner(payload, "user")
    team = payload.get("team")
    home = user.get("team_id")
    team_id = _text(team, "id") if isinstance(team, dict) else home
    if home and home != team_id:
        raise UnreadableEventError("the user is not of this workspace")
    name = user.get("name") or user.get("username") or ""
    return Voter(
        team=_text({"team_id": team_id}, "team_id"), user=_text(user, "id"), name=str(name)[:200]
    )


def _object(text: str, what: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
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


def _text(outer: Mapping[str, Any], name: str) -> str:
    value = outer.get(name)
    # Ids, and values that we wrote ourselves: none of them holds anything but ASCII.
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= 3000:
        raise UnreadableEventError(f"{name} is missing, empty, too long or no ASCII text")
    return value
