"""What people do reaches the app as Slack sends it: signed, and in Slack's shape."""

import json
from pathlib import Path

import httpx
import pytest
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from starlette.testclient import TestClient

from sandbox.slack.delivery import reachable, signature
from sandbox.slack.workspace import SlackWorkspace

from .conftest import Api, RecordingApp
from .test_web_api import MODAL

VECTOR = Path(__file__).with_name("signature_vector.json")
BUTTONS = {
    "type": "actions",
    "block_id": "gate:g1",
    "elements": [
        {
            "type": "button",
            "action_id": "approve_gate",
            "text": {"type": "plain_text", "text": "Approve"},
            "style": "primary",
            "value": '{"gate":"g1","digest":"d"}',
        }
    ],
}


@pytest.fixture
def ts(api: Api) -> str:
    posted = api.call("chat.postMessage", channel="#releases", text="card", blocks=[BUTTONS])
    return str(posted["ts"])


def click(http: TestClient, ts: str, **more: object) -> httpx.Response:
    wish = {"ts": ts, "action_id": "approve_gate", **more}
    response: httpx.Response = http.post("/_sandbox/slack/click", json=wish)
    return response


def test_the_signature_is_that_of_slacks_published_example() -> None:
    vector = json.loads(VECTOR.read_text())
    signed = signature(vector["signing_secret"], vector["timestamp"], vector["body"].encode())
    assert signed == vector["signature"]


def test_slacks_own_verifier_takes_a_press(
    app: RecordingApp, http: TestClient, ts: str, workspace: SlackWorkspace
) -> None:
    assert click(http, ts).json()["status"] == 200
    (request,) = app.requests
    verifier = SignatureVerifier(workspace.settings.signing_secret, SlackClock())
    assert verifier.is_valid_request(request.content, dict(request.headers))
    assert not verifier.is_valid_request(request.content + b"x", dict(request.headers))


@pytest.mark.parametrize("kind", ["forged", "old", "missing"])
def test_a_bad_signature_can_be_ordered(
    app: RecordingApp, http: TestClient, ts: str, workspace: SlackWorkspace, kind: str
) -> None:
    workspace.configure(workspace.settings.changed({"signature": kind}))
    click(http, ts)
    verifier = SignatureVerifier(workspace.settings.signing_secret, SlackClock())
    (request,) = app.requests
    assert not verifier.is_valid_request(request.content, dict(request.headers))


def test_a_press_has_the_shape_of_block_actions(
    app: RecordingApp, http: TestClient, ts: str
) -> None:
    click(http, ts, user="U0OLGA0003")
    payload = app.payload
    assert payload["type"] == "block_actions"
    assert payload["user"] == {
        **{"id": "U0OLGA0003", "username": "olga", "name": "olga"},
        "team_id": "T0SANDBOX1",
    }
    assert payload["channel"] == {"id": "C0RELEASES", "name": "releases"}
    assert isinstance(payload["container"], dict)
    assert payload["container"]["message_ts"] == ts
    assert (app.action["action_id"], app.action["block_id"]) == ("approve_gate", "gate:g1")
    assert app.action["value"] == '{"gate":"g1","digest":"d"}'
    assert {"team", "api_app_id", "token", "trigger_id", "message", "response_url"} <= set(payload)


def test_the_press_goes_to_loopback_with_the_apis_own_host(
    app: RecordingApp, http: TestClient, ts: str
) -> None:
    click(http, ts)
    (request,) = app.requests
    assert (request.url.host, request.url.port) == ("127.0.0.1", 4600)
    assert request.headers["Host"] == "abc123.execute-api.localhost:4600"


def test_other_hosts_are_left_alone() -> None:
    url = "https://example.com/slack/interactions"
    assert reachable(url) == (url, "example.com")


def test_a_button_that_is_gone_cannot_be_pressed_except_by_an_old_client(
    app: RecordingApp, http: TestClient, api: Api, ts: str
) -> None:
    api.call("chat.update", channel="C0RELEASES", ts=ts, text="settled")
    assert click(http, ts).status_code == 409
    assert app.requests == []
    assert click(http, ts, value="stale").json()["status"] == 200
    assert app.action["value"] == "stale"


def test_before_the_app_has_a_request_url_a_press_says_so(
    app: RecordingApp, http: TestClient, ts: str, workspace: SlackWorkspace
) -> None:
    workspace.configure(workspace.settings.changed({"request_url": None}))
    refused = click(http, ts)
    assert refused.status_code == 409
    assert "request URL" in refused.json()["error"]


def test_an_app_that_cannot_be_reached_is_status_zero(
    http: TestClient, ts: str, workspace: SlackWorkspace
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    workspace.transport = httpx.MockTransport(refuse)
    answer = click(http, ts).json()
    assert answer["status"] == 0
    assert "ConnectError" in answer["body"]


@pytest.fixture
def view_id(api: Api, workspace: SlackWorkspace) -> str:
    trigger = workspace.new_trigger("U0AMIR0002")
    opened = api.call("views.open", trigger_id=trigger, view={**MODAL, "private_metadata": "pm"})
    return str(opened["view"]["id"])  # type: ignore[index]


def submit(http: TestClient, view_id: str, text: str) -> httpx.Response:
    values = {"reason": {"reason": {"value": text}}}
    wish = {"view_id": view_id, "values": values}
    response: httpx.Response = http.post("/_sandbox/slack/submit", json=wish)
    return response


def test_the_modal_a_press_opens_comes_back_with_it(
    api: Api, http: TestClient, ts: str, workspace: SlackWorkspace
) -> None:
    def opening(request: httpx.Request) -> httpx.Response:
        payload = json.loads(dict(httpx.QueryParams(request.content.decode()))["payload"])
        workspace.open_view(payload["trigger_id"], MODAL)
        return httpx.Response(200)

    workspace.transport = httpx.MockTransport(opening)
    view = click(http, ts).json()["view"]
    assert view["callback_id"] == "why"
    assert [open_view["id"] for open_view in http.get("/_sandbox/slack/views").json()] == [
        view["id"]
    ]


def test_a_submission_carries_state_and_metadata_and_closes_the_modal(
    app: RecordingApp, http: TestClient, view_id: str
) -> None:
    assert submit(http, view_id, "too risky").json()["view"] is None
    view = app.payload["view"]
    assert app.payload["type"] == "view_submission"
    assert isinstance(view, dict)
    assert view["private_metadata"] == "pm"
    reason = view["state"]["values"]["reason"]["reason"]
    assert reason == {"type": "plain_text_input", "value": "too risky"}
    assert http.get("/_sandbox/slack/views").json() == []


def test_an_empty_required_input_never_leaves_the_client(
    app: RecordingApp, http: TestClient, view_id: str
) -> None:
    refused = submit(http, view_id, "")
    assert refused.status_code == 409
    assert set(refused.json()["errors"]) == {"reason"}
    assert app.requests == []


def test_errors_of_the_app_stand_in_the_modal(
    app: RecordingApp, http: TestClient, view_id: str
) -> None:
    app.answer = json.dumps({"response_action": "errors", "errors": {"reason": "Say more."}})
    assert submit(http, view_id, "no").json()["view"]["errors"] == {"reason": "Say more."}
    assert len(http.get("/_sandbox/slack/views").json()) == 1


def test_a_failed_submission_keeps_the_modal(
    app: RecordingApp, http: TestClient, view_id: str
) -> None:
    app.status = 500
    assert submit(http, view_id, "no").json()["view"]["id"] == view_id


def test_the_response_url_serves_five_times_and_speaks_to_the_presser_alone(
    app: RecordingApp, http: TestClient, ts: str
) -> None:
    click(http, ts)
    url = str(app.payload["response_url"])
    for _ in range(5):
        assert http.post(url, json={"text": "You may not."}).status_code == 200
    assert http.post(url, json={"text": "You may not."}).status_code == 404
    heard = http.get("/_sandbox/slack/messages").json()
    assert [each["only_for"] for each in heard] == [None, *["U0AMIR0002"] * 5]
    assert http.get("/_sandbox/slack/ephemerals").json() == heard[1:]
