"""Requests as Slack makes them, and the world of fakes that answers them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from signalbox.adapters.slack_endpoint import answer_request
from signalbox.domain.gates import Gate
from signalbox.domain.identity import PipelineId
from signalbox.domain.voters import SlackApp

from tests.fakes import ACCOUNT, REGION
from tests.gate_world import MESSAGE, GateWorld

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM, APP = "T0001", "A0001"


class SlackWorld(GateWorld):
    """The world of a gate, as the endpoint sees it."""

    def __init__(self, teams: frozenset[str] = frozenset({TEAM}), app: str = APP) -> None:
        super().__init__()
        self.noted = self.ledger
        self.slack_app = SlackApp(teams=teams, app=app)
        self.here = PipelineId(account=ACCOUNT, region=REGION, name="")


def sign(body: bytes, timestamp: str, secret: str = SECRET) -> str:
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def a_click(gate: Gate, action: str = "approve_gate", **changes: Any) -> dict[str, Any]:
    value = json.dumps({"gate": gate.id, "digest": gate.shown_digest})
    pressed = {"type": "button", "action_id": action, "block_id": f"gate:{gate.id}", "value": value}
    return {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": "U0GRACE", "name": "grace", "team_id": TEAM},
        "api_app_id": APP,
        "trigger_id": "1.2.abc",
        "channel": {"id": MESSAGE[0]},
        "message": {"ts": MESSAGE[1]},
        "actions": [pressed],
    } | changes


def a_submission(view: Mapping[str, Any], **given: str | None) -> dict[str, Any]:
    """The form as it was opened, filled in."""
    values = {name: {name: {"value": text}} for name, text in given.items()}
    return {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": "U0GRACE", "name": "grace", "team_id": TEAM},
        "api_app_id": APP,
        "view": dict(view) | {"state": {"values": values}},
    }


def a_command(text: str, **changes: str) -> dict[str, str]:
    return {
        "team_id": TEAM,
        "channel_id": "C0001",
        "user_id": "U0GRACE",
        "user_name": "grace",
        "command": "/signalbox",
        "text": text,
        "api_app_id": APP,
        "trigger_id": "1.2.abc",
    } | changes


def signed(world: Any, body: str, *, encoded: bool = False) -> dict[str, Any]:
    """The event of a request that Slack signs now."""
    timestamp = str(int(world.clock.now().timestamp()))
    headers = {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": sign(body.encode(), timestamp),
    }
    sent = base64.b64encode(body.encode()).decode() if encoded else body
    return {"headers": headers, "body": sent, "isBase64Encoded": encoded}


def command_form(text: str, **changes: str) -> str:
    return urlencode(a_command(text, **changes))


def form_of(payload: object) -> str:
    return urlencode({"payload": json.dumps(payload)})


def post(world: Any, payload: object) -> dict[str, Any]:
    """Post what somebody pressed or submitted."""
    return answer_request(signed(world, form_of(payload)), world)


def typed(world: Any, text: str, **changes: str) -> str:
    """What somebody reads who types a command; empty where a modal opened instead."""
    answer = answer_request(signed(world, command_form(text, **changes)), world)
    assert answer["statusCode"] == 200, answer
    if not answer["body"]:
        return ""
    said = json.loads(answer["body"])
    assert said["response_type"] == "ephemeral"
    return str(said["text"])


def told(world: Any) -> str:
    """What the modal that was opened last says."""
    _, view = world.modals.opened[-1]
    assert view["callback_id"] == "told"
    return str(view["blocks"][0]["text"]["text"])
