"""What the Slack endpoint answers, and what it touches for it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.domain.errors import (
    AwsUnavailableError,
    SlackRefusedError,
    SlackUnavailableError,
    UnreadableEventError,
)
from signalbox.domain.gates import Choice, Gate, Verdict
from signalbox.events.slack import ApprovePressed, NothingForUs, parse_interaction

from tests.gate_world import MESSAGE, GateWorld
from tests.unit.slack.test_signed_requests import sign

SAMPLE = Path(__file__).parents[3] / "events" / "slack_click_http_api.json"


def a_click(gate: Gate, action: str = "approve_gate", **changes: Any) -> dict[str, Any]:
    value = json.dumps({"gate": gate.id, "digest": gate.shown_digest})
    pressed = {"type": "button", "action_id": action, "block_id": f"gate:{gate.id}", "value": value}
    return {
        "type": "block_actions",
        "team": {"id": "T0001"},
        "user": {"id": "U0GRACE", "name": "grace", "team_id": "T0001"},
        "trigger_id": "1.2.abc",
        "channel": {"id": MESSAGE[0]},
        "message": {"ts": MESSAGE[1]},
        "actions": [pressed],
    } | changes


def a_submission(view: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return {
        "type": "view_submission",
        "team": {"id": "T0001"},
        "user": {"id": "U0GRACE", "name": "grace", "team_id": "T0001"},
        "view": dict(view) | {"state": {"values": {"reason": {"reason": {"value": reason}}}}},
    }


def post(world: GateWorld, payload: object) -> dict[str, Any]:
    body = urlencode({"payload": json.dumps(payload)})
    return post_raw(world, body)


def post_raw(world: GateWorld, body: str) -> dict[str, Any]:
    timestamp = str(int(world.clock.now().timestamp()))
    headers = {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": sign(body.encode(), timestamp),
    }
    return answer_request({"headers": headers, "body": body, "isBase64Encoded": False}, world)


def test_a_signed_click_is_a_vote_with_a_bell() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    world.bells.rings.clear()
    assert post(world, a_click(gate))["statusCode"] == 200
    [vote] = world.the_gate().votes
    assert (vote.principal, vote.choice) == ("slack:T0001:U0GRACE", Choice.APPROVE)
    assert [effect.payload for effect in world.bells.rung] == [{"gate": gate.id}]


def test_rejecting_asks_why_and_then_votes() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    assert post(world, a_click(gate, "reject_gate"))["statusCode"] == 200
    [(trigger, view)] = world.modals.opened
    assert trigger == "1.2.abc"
    assert not world.the_gate().votes
    answer = post(world, a_submission(dict(view), "it is Friday"))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    [vote] = world.the_gate().votes
    assert (vote.choice, vote.reason) == (Choice.REJECT, "it is Friday")


@pytest.mark.parametrize("reason", ["", "  \n ", "\u200b\u202e", None])
def test_a_rejection_without_a_reason_is_sent_back(reason: str | None) -> None:
    world = GateWorld()
    post(world, a_click(world.opened_gate(), "reject_gate"))
    answer = post(world, a_submission(dict(world.modals.opened[0][1]), reason))
    assert json.loads(answer["body"])["response_action"] == "errors"
    assert not world.the_gate().votes


def test_rejecting_a_gate_that_closed_meanwhile_says_so() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    post(world, a_click(gate, "reject_gate"))
    world.ledger.decide(gate.id, Verdict.APPROVED, "", world.clock.now())
    answer = post(world, a_submission(dict(world.modals.opened[0][1]), "no"))
    assert "closed" in json.loads(answer["body"])["errors"]["reason"]


@pytest.mark.parametrize("action", ["approve_gate", "reject_gate"])
def test_a_press_on_a_message_that_is_not_the_releases_own_is_answered(action: str) -> None:
    world = GateWorld()
    click = a_click(world.opened_gate(), action, message={"ts": "1700000000.999999"})
    answer = post(world, click)
    said = json.loads(answer["body"])
    assert (answer["statusCode"], said["response_type"]) == (200, "ephemeral")
    assert "not taken" in said["text"]
    assert not world.the_gate().votes
    assert not world.modals.opened


@pytest.mark.case(3)
def test_the_same_bytes_a_hundred_times_are_one_vote() -> None:
    world = GateWorld()
    click = a_click(world.opened_gate())
    world.bells.rings.clear()
    assert {post(world, click)["statusCode"] for _ in range(100)} == {200}
    assert len(world.the_gate().votes) == 1
    assert len(world.bells.rings) == 1


@pytest.mark.case(26)
def test_a_forged_request_costs_one_read_of_the_secret_and_nothing_else() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    before = (dict(world.ledger.gates), len(world.bells.rings))
    body = urlencode({"payload": json.dumps(a_click(gate))})
    timestamp = str(int(world.clock.now().timestamp()))
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": "v0=" + "0" * 64}
    answer = answer_request({"headers": headers, "body": body}, world)
    assert (answer["statusCode"], answer["body"]) == (401, "")
    assert world.slack_secrets.reads == 1
    assert (dict(world.ledger.gates), len(world.bells.rings)) == before


@pytest.mark.case(2)
def test_malformed_headers_do_not_even_read_the_secret() -> None:
    world = GateWorld()
    headers = {"x-slack-request-timestamp": "x", "x-slack-signature": "v0=" + "0" * 64}
    assert answer_request({"headers": headers, "body": "a=b"}, world)["statusCode"] == 401
    assert world.slack_secrets.reads == 0


@pytest.mark.case(7)
def test_without_the_secret_nothing_is_verified_and_nothing_accepted() -> None:
    world = GateWorld()
    world.slack_secrets.fail_with = AwsUnavailableError("throttled")
    assert post(world, a_click(world.opened_gate()))["statusCode"] == 503
    assert not world.the_gate().votes


@pytest.mark.case(12)
def test_a_stranger_of_another_workspace_has_no_say() -> None:
    world = GateWorld()
    stranger = {"id": "U0EVE", "name": "eve", "team_id": "T9999"}
    assert post(world, a_click(world.opened_gate(), user=stranger))["statusCode"] == 400
    assert not world.the_gate().votes


def test_a_button_of_another_gates_block_is_refused() -> None:
    world = GateWorld()
    click = a_click(world.opened_gate())
    click["actions"][0]["block_id"] = "gate:other"
    assert post(world, click)["statusCode"] == 400


def test_a_dialog_that_came_too_late_is_no_failure_of_ours() -> None:
    world = GateWorld()
    world.modals.fail_with = SlackRefusedError("late", code="expired_trigger_id")
    assert post(world, a_click(world.opened_gate(), "reject_gate"))["statusCode"] == 200


def test_a_dialog_that_cannot_open_now_shows_the_person_a_failure() -> None:
    world = GateWorld()
    world.modals.fail_with = SlackUnavailableError("no answer")
    assert post(world, a_click(world.opened_gate(), "reject_gate"))["statusCode"] == 503


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_closed"},
        {"type": "shortcut"},
        {"type": "block_actions", "actions": [{"action_id": "somebody_elses"}]},
        {"type": "block_actions", "actions": []},
        {"type": "view_submission", "view": {"callback_id": "other"}},
        {},
    ],
)
def test_what_is_not_for_us_is_acknowledged(payload: dict[str, Any]) -> None:
    assert post(GateWorld(), payload)["statusCode"] == 200


def test_a_command_is_answered_to_the_one_who_typed_it() -> None:
    answer = post_raw(GateWorld(), "command=%2Fsignalbox&text=help&team_id=T0001&user_id=U1")
    assert json.loads(answer["body"])["response_type"] == "ephemeral"


@pytest.mark.case(25)
def test_deep_json_is_unreadable_and_no_crash() -> None:
    deep = "[" * 30_000
    assert post_raw(GateWorld(), urlencode({"payload": deep}))["statusCode"] == 400


def test_half_a_character_in_an_id_is_unreadable_and_no_crash() -> None:
    world = GateWorld()
    click = a_click(world.opened_gate())
    click["actions"][0]["value"] = '{"gate":"\\ud800","digest":"\\ud800"}'
    assert post(world, click)["statusCode"] == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
KEYS = ["team", "user", "channel", "message", "actions", "trigger_id", "view"]


@settings(max_examples=300, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(KEYS), JSON), kind=st.sampled_from([*KEYS, "x"]))
def test_signed_nonsense_never_ends_in_a_server_error(changes: dict[str, Any], kind: str) -> None:
    world = GateWorld()
    click = a_click(world.opened_gate()) | changes
    for payload in (click, click | {"type": "view_submission"}, {kind: changes}, changes):
        assert post(world, payload)["statusCode"] in {200, 400}


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200))
def test_a_signed_body_of_any_bytes_is_read_or_refused(body: bytes) -> None:
    with suppress(UnreadableEventError):
        assert parse_interaction(body)


def test_the_sample_event_is_a_signed_click() -> None:
    event = json.loads(SAMPLE.read_text())
    sent_at = datetime.fromtimestamp(int(event["headers"]["x-slack-request-timestamp"]), UTC)
    said = parse_interaction(event["body"].encode())
    assert isinstance(said, ApprovePressed)
    world = GateWorld()
    world.clock.moment = sent_at
    assert answer_request(event, world)["statusCode"] == 200


def test_nothing_for_us_names_its_kind() -> None:
    body = urlencode({"payload": json.dumps({"type": "view_closed"})}).encode()
    assert parse_interaction(body) == NothingForUs(kind="view_closed")


@pytest.mark.case(27)
def test_the_path_that_must_answer_in_three_seconds_loads_nothing_heavy() -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[1:];"
        "import app;"
        "from signalbox.adapters import slack_api, secrets, dynamodb_gates, dynamodb_releases;"
        "heavy = {'pydantic', 'slack_sdk', 'aws_lambda_powertools', 'boto3', 'requests'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]
    paths = [str(root / "functions" / "answer_slack"), str(root / "layers" / "signalbox")]
    run = subprocess.run(
        [sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
