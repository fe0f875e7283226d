"""Slash commands: what Slack sends, and what it shows of the answer."""

import json

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.slack.workspace import SlackWorkspace

from .conftest import RecordingApp
from .test_web_api import MODAL, SECTION

MESSAGES = "/_sandbox/slack/messages"


def give(http: TestClient, text: str = "hold hello", **more: object) -> httpx.Response:
    wish = {"command": "/signalbox", "text": text, **more}
    response: httpx.Response = http.post("/_sandbox/slack/command", json=wish)
    return response


def form_of(app: RecordingApp) -> dict[str, str]:
    content = app.requests[-1].content.decode()
    return dict(httpx.QueryParams(content))


def seen(http: TestClient) -> list[tuple[str, str | None]]:
    return [(each["text"], each["only_for"]) for each in http.get(MESSAGES).json()]


def test_a_command_is_a_signed_form_at_its_own_path(app: RecordingApp, http: TestClient) -> None:
    give(http, user="U0OLGA0003", channel="#incidents")
    (request,) = app.requests
    assert request.url.path == "/slack/commands"
    assert "X-Slack-Signature" in request.headers
    form = form_of(app)
    assert form.pop("response_url").startswith("http://127.0.0.1:4600/_sandbox/slack/response/")
    assert form.pop("trigger_id")
    assert form == {
        "team_id": "T0SANDBOX1",
        "team_domain": "signalbox-sandbox",
        "channel_id": "C0INCIDENT",
        "channel_name": "incidents",
        "user_id": "U0OLGA0003",
        "user_name": "olga",
        "command": "/signalbox",
        "text": "hold hello",
        "api_app_id": "A0SIGNALBX",
        "is_enterprise_install": "false",
    }


def test_what_was_typed_is_nobody_elses_business(app: RecordingApp, http: TestClient) -> None:
    give(http)
    assert seen(http) == []


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (json.dumps({"text": "Held."}), [("Held.", "U0AMIR0002")]),
        (json.dumps({"response_type": "ephemeral", "text": "Held."}), [("Held.", "U0AMIR0002")]),
        (
            json.dumps({"response_type": "in_channel", "text": "Held."}),
            [("/signalbox hold hello", None), ("Held.", None)],
        ),
        ("Held.", [("Held.", "U0AMIR0002")]),
        (json.dumps({"blocks": [{"type": "sektion"}]}), []),
    ],
)
def test_the_answer_is_shown_to_whom_it_is_for(
    app: RecordingApp, http: TestClient, answer: str, shown: list[tuple[str, str | None]]
) -> None:
    app.answer = answer
    give(http)
    assert seen(http) == shown


def test_an_answer_may_have_blocks(app: RecordingApp, http: TestClient) -> None:
    app.answer = json.dumps({"blocks": [SECTION]})
    give(http)
    (message,) = http.get(MESSAGES).json()
    assert message["blocks"][0]["text"] == SECTION["text"]


def test_an_answer_that_failed_is_not_shown(app: RecordingApp, http: TestClient) -> None:
    app.status, app.answer = 500, json.dumps({"text": "Held."})
    assert give(http).json()["status"] == 500
    assert seen(http) == []


def test_a_command_may_open_a_modal(http: TestClient, workspace: SlackWorkspace) -> None:
    def opening(request: httpx.Request) -> httpx.Response:
        form = dict(httpx.QueryParams(request.content.decode()))
        workspace.open_view(form["trigger_id"], MODAL)
        return httpx.Response(200)

    workspace.transport = httpx.MockTransport(opening)
    assert give(http).json()["view"]["callback_id"] == "why"


def test_its_response_url_speaks_to_the_one_who_asked(app: RecordingApp, http: TestClient) -> None:
    give(http, user="U0DANA0001")
    url = form_of(app)["response_url"]
    http.post(url, json={"text": "Held.", "replace_original": True})
    assert seen(http) == [("Held.", "U0DANA0001")]
    assert http.post(url, json={"text": ""}).json()["error"] == "no_text"
    bad = {"blocks": [{"type": "sektion"}]}
    assert http.post(url, json=bad).json()["error"] == "invalid_blocks"


@pytest.mark.parametrize(
    ("user", "channel"), [("U0GINA0007", "#incidents"), ("U0LEOX0008", "#releases")]
)
def test_who_is_not_in_the_channel_gives_no_command_there(
    app: RecordingApp, http: TestClient, user: str, channel: str
) -> None:
    refused = give(http, user=user, channel=channel)
    assert refused.status_code == 409
    assert "is not in" in refused.json()["error"]
    assert app.requests == []


def test_a_command_may_pretend_to_come_from_elsewhere(app: RecordingApp, http: TestClient) -> None:
    give(http, forge={"team": "T9", "app": "A9", "user": "U9", "channel": "C9"})
    form = form_of(app)
    told = [form[name] for name in ("team_id", "api_app_id", "user_id", "channel_id")]
    assert told == ["T9", "A9", "U9", "C9"]
