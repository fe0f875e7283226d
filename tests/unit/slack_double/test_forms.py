"""Modals with inputs of every kind: what may be asked, what is sent, what the answer does."""

import json
from collections.abc import Mapping

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.slack.blocks import faults_of_modal
from sandbox.slack.workspace import SlackWorkspace

from .conftest import Api, RecordingApp
from .test_blocks import plain
from .test_interactions import BUTTONS, click
from .test_web_api import MODAL, SECTION

Json = dict[str, object]


def option(value: str, **more: object) -> Json:
    return {"text": plain(value.upper()), "value": value, **more}


CHOICES = [option("a"), option("b"), option("c")]


def asking(kind: str, **element: object) -> Json:
    return {
        "type": "input",
        "block_id": kind,
        "label": plain(kind),
        "element": {"type": kind, "action_id": "it", **element},
    }


FORM: Json = {
    **MODAL,
    "blocks": [
        SECTION,
        {"type": "context", "elements": [plain("one moment")]},
        asking("plain_text_input", initial_value="because"),
        asking("static_select", options=CHOICES),
        asking("radio_buttons", options=CHOICES, initial_option=CHOICES[1]),
        {**asking("checkboxes", options=CHOICES), "optional": True},
    ],
}


@pytest.fixture
def view_id(api: Api, workspace: SlackWorkspace) -> str:
    opened = api.call("views.open", trigger_id=workspace.new_trigger("U0AMIR0002"), view=FORM)
    assert opened["ok"] is True, opened
    return str(opened["view"]["id"])  # type: ignore[index]


def submit(http: TestClient, view_id: str, **values: Mapping[str, object]) -> httpx.Response:
    given = {kind: {"it": value} for kind, value in values.items()}
    wish = {"view_id": view_id, "values": given}
    response: httpx.Response = http.post("/_sandbox/slack/submit", json=wish)
    return response


def state(app: RecordingApp) -> dict[str, object]:
    view = app.payload["view"]
    assert isinstance(view, dict)
    return {kind: value["it"] for kind, value in view["state"]["values"].items()}


def test_every_kind_of_input_sends_its_own_shape(
    app: RecordingApp, http: TestClient, view_id: str
) -> None:
    submit(http, view_id, static_select={"value": "a"}, checkboxes={"values": ["a", "c"]})
    assert state(app) == {
        "plain_text_input": {"type": "plain_text_input", "value": "because"},
        "static_select": {"type": "static_select", "selected_option": CHOICES[0]},
        "radio_buttons": {"type": "radio_buttons", "selected_option": CHOICES[1]},
        "checkboxes": {"type": "checkboxes", "selected_options": [CHOICES[0], CHOICES[2]]},
    }


def test_values_may_come_as_slack_writes_them(
    app: RecordingApp, http: TestClient, view_id: str
) -> None:
    submit(
        http,
        view_id,
        static_select={"selected_option": CHOICES[2]},
        checkboxes={"selected_options": [CHOICES[1]]},
    )
    sent = state(app)
    assert sent["static_select"] == {"type": "static_select", "selected_option": CHOICES[2]}
    assert sent["checkboxes"] == {"type": "checkboxes", "selected_options": [CHOICES[1]]}


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, "static_select"),
        ({"static_select": {"value": "z"}}, "static_select"),
        ({"static_select": {"value": "a"}, "radio_buttons": {"value": ""}}, "radio_buttons"),
        ({"static_select": {"value": "a"}, "checkboxes": {"values": ["z"]}}, "checkboxes"),
    ],
)
def test_what_the_client_would_not_send_stays(
    app: RecordingApp,
    http: TestClient,
    view_id: str,
    values: dict[str, Mapping[str, object]],
    wrong: str,
) -> None:
    refused = submit(http, view_id, **values)
    assert refused.status_code == 409
    assert set(refused.json()["errors"]) == {wrong}
    assert app.requests == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("checkboxes", {"options": CHOICES}, {"options": []}),
        ("checkboxes", {"options": CHOICES}, {"options": [*CHOICES, *CHOICES, *CHOICES, *CHOICES]}),
        (
            "checkboxes",
            {"options": CHOICES, "initial_options": CHOICES[:2]},
            {"options": CHOICES, "initial_options": [option("z")]},
        ),
        (
            "radio_buttons",
            {"options": CHOICES, "initial_option": CHOICES[0]},
            {"options": CHOICES, "initial_option": option("z")},
        ),
        (
            "radio_buttons",
            {"options": [option("a", description=plain("x" * 75))]},
            {"options": [option("a", description=plain("x" * 76))]},
        ),
        (
            "static_select",
            {"options": [option("x" * 75)]},
            {"options": [{"text": plain("x"), "value": "x" * 151}]},
        ),
        ("static_select", {"options": CHOICES}, {"options": [{"text": plain("x")}]}),
        ("static_select", {"options": CHOICES}, {"options": CHOICES, "values": []}),
    ],
)
def test_choices_have_limits(kind: str, good: Json, bad: Json) -> None:
    assert faults_of_modal({**FORM, "blocks": [asking(kind, **good)]}) == []
    assert faults_of_modal({**FORM, "blocks": [asking(kind, **bad)]}) != []


def open_views(http: TestClient) -> list[Json]:
    views: list[Json] = http.get("/_sandbox/slack/views").json()
    return views


def answered(http: TestClient, app: RecordingApp, view_id: str, answer: str) -> Json | None:
    app.answer = answer
    shown: Json | None = submit(http, view_id, static_select={"value": "a"}).json()["view"]
    return shown


@pytest.mark.parametrize("answer", ["", "{}", '{"response_action": "clear"}'])
def test_these_answers_close_the_modal(
    app: RecordingApp, http: TestClient, view_id: str, answer: str
) -> None:
    assert answered(http, app, view_id, answer) is None
    assert open_views(http) == []


def test_clear_closes_everything_that_the_person_has_open(
    app: RecordingApp, http: TestClient, view_id: str, api: Api, workspace: SlackWorkspace
) -> None:
    for user in ("U0AMIR0002", "U0OLGA0003"):
        api.call("views.open", trigger_id=workspace.new_trigger(user), view=MODAL)
    answered(http, app, view_id, '{"response_action": "clear"}')
    assert [view["user"] for view in open_views(http)] == ["U0OLGA0003"]


def test_update_shows_another_modal(app: RecordingApp, http: TestClient, view_id: str) -> None:
    answer = json.dumps({"response_action": "update", "view": {**MODAL, "callback_id": "next"}})
    shown = answered(http, app, view_id, answer)
    assert shown is not None
    assert shown["callback_id"] == "next"


@pytest.mark.parametrize(
    "answer",
    [
        "ok",
        json.dumps({"response_action": "errors", "errors": {"elsewhere": "No."}}),
        json.dumps({"response_action": "errors", "errors": {}}),
        json.dumps({"response_action": "update", "view": {**MODAL, "blocks": [{"type": "x"}]}}),
        json.dumps({"response_action": "dance"}),
    ],
)
def test_what_slack_cannot_follow_is_trouble_in_the_open_modal(
    app: RecordingApp, http: TestClient, view_id: str, answer: str
) -> None:
    shown = answered(http, app, view_id, answer)
    assert shown is not None
    assert shown["errors"] == {"*": "We had some trouble connecting. Try again?"}


def test_slack_reads_nothing_but_the_status_of_the_answer_to_a_press(
    app: RecordingApp, api: Api, http: TestClient
) -> None:
    posted = api.call("chat.postMessage", channel="#releases", text="card", blocks=[BUTTONS])
    before = http.get("/_sandbox/slack/messages").json()
    for answer in (
        {"text": "You may not.", "response_type": "ephemeral"},
        {"replace_original": True, "text": "settled"},
        {"response_action": "update", "view": MODAL},
    ):
        app.answer = json.dumps(answer)
        assert click(http, str(posted["ts"])).json()["view"] is None
    assert http.get("/_sandbox/slack/messages").json() == before
    assert open_views(http) == []


def test_a_press_may_pretend_to_come_from_elsewhere(
    app: RecordingApp, api: Api, http: TestClient
) -> None:
    posted = api.call("chat.postMessage", channel="#releases", text="card", blocks=[BUTTONS])
    lies = {"team": "T9", "user_team": "T8", "app": "A9", "ts": "1.5", "channel": "C9"}
    click(http, str(posted["ts"]), forge=lies)
    told = app.payload
    assert (told["team"], told["api_app_id"]) == (
        *({"id": "T9", "domain": "signalbox-sandbox"}, "A9"),
    )
    assert told["user"]["team_id"] == "T8"  # type: ignore[index]
    assert told["message"]["ts"] == told["container"]["message_ts"] == "1.5"  # type: ignore[index]
    assert told["channel"]["id"] == told["container"]["channel_id"] == "C9"  # type: ignore[index]
    assert click(http, str(posted["ts"]), forge={"colour": "red"}).status_code == 400


def test_a_submission_may_pretend_to_come_from_elsewhere(
    app: RecordingApp, http: TestClient, view_id: str
) -> None:
    wish = {
        "view_id": view_id,
        "values": {"static_select": {"it": {"value": "a"}}},
        "forge": {"team": "T9", "app": "A9", "user": "U9"},
    }
    http.post("/_sandbox/slack/submit", json=wish)
    told = app.payload
    assert told["team"]["id"] == told["view"]["team_id"] == "T9"  # type: ignore[index]
    assert told["api_app_id"] == told["view"]["app_id"] == "A9"  # type: ignore[index]
    assert told["user"]["id"] == "U9"  # type: ignore[index]
