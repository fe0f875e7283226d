"""Who is in the workspace and in its channels, and what only one of them sees."""

import pytest
from starlette.testclient import TestClient

from sandbox.slack.workspace import SlackWorkspace

from .conftest import Api, RecordingApp
from .test_interactions import BUTTONS, click

AMIR, GUEST, LEAVER = "U0AMIR0002", "U0GINA0007", "U0LEOX0008"


def whisper(api: Api, user: str = AMIR, channel: str = "#releases") -> dict[str, object]:
    return api.call("chat.postEphemeral", channel=channel, user=user, text="psst", blocks=[BUTTONS])


def info(api: Api, user: str) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = api.http.get("/slack/api/users.info", params={"user": user}, headers=headers)
    return answer.json()  # type: ignore[no-any-return]


def test_there_are_enough_people_for_a_crowd(workspace: SlackWorkspace) -> None:
    able = [u for u in workspace.users.values() if not u.deleted and not u.is_restricted]
    assert len(able) >= 6
    assert [u.id for u in workspace.users.values() if u.is_restricted] == [GUEST]
    assert [u.id for u in workspace.users.values() if u.deleted] == [LEAVER]


def test_slack_tells_a_guest_and_a_leaver_from_the_others(api: Api) -> None:
    kinds = {}
    for user in (AMIR, GUEST, LEAVER):
        told = info(api, user)["user"]
        assert isinstance(told, dict)
        kinds[user] = (told["is_restricted"], told["deleted"], told["team_id"])
    assert kinds == {
        AMIR: (False, False, "T0SANDBOX1"),
        GUEST: (True, False, "T0SANDBOX1"),
        LEAVER: (False, True, "T0SANDBOX1"),
    }
    assert info(api, "U0NOBODY99")["error"] == "user_not_found"


def test_a_leaver_is_not_found_by_address(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    found = api.http.get(
        "/slack/api/users.lookupByEmail", params={"email": "leo@example.com"}, headers=headers
    )
    assert found.json()["error"] == "users_not_found"


def test_an_ephemeral_message_is_for_one_and_cannot_be_edited(api: Api, http: TestClient) -> None:
    said = whisper(api)
    assert set(said) == {"ok", "message_ts"}
    (message,) = http.get("/_sandbox/slack/messages").json()
    assert (message["ts"], message["only_for"]) == (said["message_ts"], AMIR)
    edit = api.call("chat.update", channel="C0RELEASES", ts=said["message_ts"], text="loud")
    assert edit["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("user", "channel", "error"),
    [
        (GUEST, "#incidents", "user_not_in_channel"),
        (LEAVER, "#releases", "user_not_in_channel"),
        ("U0NOBODY99", "#releases", "user_not_in_channel"),
        (AMIR, "#nowhere", "channel_not_found"),
    ],
)
def test_an_ephemeral_message_reaches_members_only(
    api: Api, http: TestClient, user: str, channel: str, error: str
) -> None:
    assert whisper(api, user, channel)["error"] == error
    assert http.get("/_sandbox/slack/messages").json() == []


def test_a_guest_hears_in_the_one_channel(api: Api) -> None:
    assert whisper(api, GUEST)["ok"] is True


def test_a_press_on_an_ephemeral_message_brings_no_message(
    app: RecordingApp, api: Api, http: TestClient
) -> None:
    ts = str(whisper(api)["message_ts"])
    assert click(http, ts, user="U0OLGA0003").status_code == 409
    assert click(http, ts).json()["status"] == 200
    assert "message" not in app.payload
    assert app.payload["container"] == {
        **{"type": "message", "message_ts": ts, "channel_id": "C0RELEASES"},
        "is_ephemeral": True,
    }


def test_an_ephemeral_message_is_replaced_and_deleted_by_its_response_url(
    app: RecordingApp, api: Api, http: TestClient
) -> None:
    click(http, str(whisper(api)["message_ts"]))
    url = str(app.payload["response_url"])
    http.post(url, json={"text": "done", "replace_original": True})
    (message,) = http.get("/_sandbox/slack/messages").json()
    assert (message["text"], message["only_for"]) == ("done", AMIR)
    http.post(url, json={"delete_original": True})
    assert http.get("/_sandbox/slack/messages").json() == []


def test_a_deactivated_person_presses_nothing(
    app: RecordingApp, api: Api, http: TestClient
) -> None:
    posted = api.call("chat.postMessage", channel="#releases", text="card", blocks=[BUTTONS])
    assert click(http, str(posted["ts"]), user=LEAVER).status_code == 409
    assert app.requests == []
