"""The Web API answers as Slack's does: HTTP 200 and `ok: false`, but for rate limits."""

import json

import pytest
from starlette.testclient import TestClient

from sandbox.slack.workspace import SlackWorkspace

from .conftest import Api, Clock

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*hello*"}}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "callback_id": "why",
    "private_metadata": "{}",
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "reason", "multiline": True},
        }
    ],
}


def test_a_message_is_posted_by_channel_name_and_edited_in_place(
    api: Api, http: TestClient
) -> None:
    posted = api.call("chat.postMessage", channel="#releases", text="hello", blocks=[SECTION])
    assert posted["ok"] is True
    changed = api.call("chat.update", channel=posted["channel"], ts=posted["ts"], text="changed")
    assert (changed["ok"], changed["text"], changed["ts"]) == (True, "changed", posted["ts"])
    (message,) = http.get("/_sandbox/slack/messages").json()
    assert (message["text"], message["edited"], message["channel"]) == ("changed", 1, "C0RELEASES")


def test_a_form_carries_its_blocks_as_json_text(http: TestClient, api: Api) -> None:
    form = {
        "channel": "C0RELEASES",
        "text": "x",
        "blocks": json.dumps([SECTION]),
        "token": api.token,
    }
    assert http.post("/slack/api/chat.postMessage", data=form).json()["ok"] is True


def test_timestamps_ascend_and_never_repeat(api: Api) -> None:
    stamps = [api.call("chat.postMessage", channel="#releases", text="x")["ts"] for _ in range(20)]
    assert stamps == sorted(set(map(str, stamps)))


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#releases"}, "no_text"),
        ("chat.postMessage", {"channel": "#releases", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "#releases", "blocks": "{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": "#releases", "blocks": [{"type": "x"}]}, "invalid_blocks"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.update", {"channel": "C0RELEASES", "ts": "1.2", "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": "#releases", "ts": "1.2", "text": "x"}, "channel_not_found"),
        ("views.open", {"trigger_id": "1.2.3", "view": MODAL}, "invalid_trigger_id"),
        ("views.open", {"trigger_id": "1.2.3", "view": {"type": "home"}}, "invalid_arguments"),
        ("conversations.list", {}, "unknown_method"),
    ],
)
def test_slack_refuses_with_its_own_word(
    api: Api, method: str, arguments: dict[str, object], error: str
) -> None:
    response = api.response(method, **arguments)
    assert response.status_code == 200
    assert (response.json()["ok"], response.json()["error"]) == (False, error)


def test_an_update_is_held_to_four_thousand_characters(api: Api) -> None:
    posted = api.call("chat.postMessage", channel="#releases", text="x")
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    assert api.call("chat.update", **where, text="x" * 4000)["ok"] is True
    assert api.call("chat.update", **where, text="x" * 4001)["error"] == "msg_too_long"


def test_what_a_person_wrote_cannot_be_updated(api: Api, workspace: SlackWorkspace) -> None:
    said = workspace.say("U0DANA0001", "C0RELEASES", "hi")
    answer = api.call("chat.update", channel="C0RELEASES", ts=said.ts, text="x")
    assert answer["error"] == "cant_update_message"


@pytest.mark.parametrize(
    ("headers", "error"), [({}, "not_authed"), ({"Authorization": "Bearer x"}, "invalid_auth")]
)
def test_a_wrong_token_is_told_from_none(
    http: TestClient, headers: dict[str, str], error: str
) -> None:
    answer = http.post("/slack/api/auth.test", headers=headers).json()
    assert answer == {"ok": False, "error": error}


def test_a_missing_scope_is_named(api: Api, workspace: SlackWorkspace) -> None:
    workspace.configure(workspace.settings.changed({"scopes": ["chat:write"]}))
    answer = api.call("users.lookupByEmail", email="dana@example.com")
    assert answer["error"] == "missing_scope"
    assert (answer["needed"], answer["provided"]) == ("users:read.email", "chat:write")


def test_people_are_found_by_address_but_not_through_a_json_body(
    api: Api, http: TestClient
) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    url = "/slack/api/users.lookupByEmail"
    found = http.get(url, params={"email": "Dana@Example.com"}, headers=headers).json()
    assert found["user"]["id"] == "U0DANA0001"
    unknown = http.get(url, params={"email": "eve@example.com"}, headers=headers).json()
    assert unknown["error"] == "users_not_found"
    assert api.call("users.lookupByEmail", email="dana@example.com")["error"] == "invalid_arguments"


def test_a_trigger_opens_one_modal_within_three_seconds(
    api: Api, workspace: SlackWorkspace, clock: Clock
) -> None:
    trigger = workspace.new_trigger("U0AMIR0002")
    clock.now += 2.9
    opened = api.call("views.open", trigger_id=trigger, view=MODAL)
    assert opened["ok"] is True
    assert isinstance(opened["view"], dict)
    assert opened["view"]["callback_id"] == "why"
    again = api.call("views.open", trigger_id=trigger, view=MODAL)
    assert again["error"] == "exchanged_trigger_id"
    late = workspace.new_trigger("U0AMIR0002")
    clock.now += 3.1
    assert api.call("views.open", trigger_id=late, view=MODAL)["error"] == "expired_trigger_id"


def test_the_limit_of_a_message_a_second_is_per_channel_and_off_at_first(
    api: Api, workspace: SlackWorkspace, clock: Clock
) -> None:
    for _ in range(3):
        assert api.call("chat.postMessage", channel="#releases", text="x")["ok"] is True
    workspace.configure(workspace.settings.changed({"rate_limit": True}))
    refused = api.response("chat.postMessage", channel="#releases", text="x")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert refused.json() == {"ok": False, "error": "ratelimited"}
    assert api.call("chat.postMessage", channel="#incidents", text="x")["ok"] is True
    clock.now += 1.0
    assert api.call("chat.postMessage", channel="#releases", text="x")["ok"] is True


def test_failures_strike_the_named_method_as_often_as_told(api: Api, http: TestClient) -> None:
    failure = {"method": "chat.update", "error": "channel_not_found", "times": 1}
    assert http.post("/_sandbox/slack/settings", json={"fail_with": failure}).status_code == 200
    posted = api.call("chat.postMessage", channel="#releases", text="x")
    where = {"channel": posted["channel"], "ts": posted["ts"], "text": "y"}
    assert api.call("chat.update", **where)["error"] == "channel_not_found"
    assert api.call("chat.update", **where)["ok"] is True


@pytest.mark.parametrize(("status", "retry_after"), [(429, "7"), (500, None), (503, None)])
def test_a_failure_can_be_a_status(
    api: Api, http: TestClient, status: int, retry_after: str | None
) -> None:
    failure = {"method": "*", "status": status, "retry_after": 7}
    http.post("/_sandbox/slack/settings", json={"fail_with": failure})
    response = api.response("chat.postMessage", channel="#releases", text="x")
    assert (response.status_code, response.headers.get("Retry-After")) == (status, retry_after)
    assert http.get("/_sandbox/slack/messages").json() == []


def test_a_lost_reply_leaves_the_message_there(api: Api, http: TestClient) -> None:
    failure = {"method": "chat.postMessage", "status": 502, "after": True, "times": 1}
    http.post("/_sandbox/slack/settings", json={"fail_with": failure})
    assert api.response("chat.postMessage", channel="#releases", text="x").status_code == 502
    assert len(http.get("/_sandbox/slack/messages").json()) == 1


def test_a_misspelt_setting_is_refused(http: TestClient) -> None:
    response = http.post("/_sandbox/slack/settings", json={"request_uri": "http://x"})
    assert response.status_code == 400
    assert "request_uri" in response.json()["error"]
