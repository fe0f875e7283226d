"""What the Slack endpoint answers to clicks and forms, and what it touches for it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.domain.commands import CommandKind
from signalbox.domain.effects import EffectKind
from signalbox.domain.errors import (
    AwsUnavailableError,
    SlackRefusedError,
    SlackUnavailableError,
    UnreadableEventError,
)
from signalbox.domain.gates import Choice, Verdict
from signalbox.events.slack import ButtonPressed, NothingForUs, parse_interaction
from signalbox.notifications.modals import approve_modal, break_glass_modal, reject_modal

from tests.gate_world import MESSAGE
from tests.unit.slack.slack_world import (
    SlackWorld,
    a_click,
    a_submission,
    form_of,
    post,
    signed,
    told,
)

SAMPLE = Path(__file__).parents[3] / "events" / "slack_click_http_api.json"


def errors_of(answer: dict[str, Any]) -> dict[str, str]:
    said = json.loads(answer["body"])
    assert said["response_action"] == "errors"
    errors: dict[str, str] = said["errors"]
    return errors


def replaced_by(answer: dict[str, Any]) -> str:
    """What the form gives way to."""
    said = json.loads(answer["body"])
    assert (answer["statusCode"], said["response_action"]) == (200, "update")
    return str(said["view"]["blocks"][0]["text"]["text"])


def test_a_signed_click_is_a_vote_with_a_bell() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    world.bells.rings.clear()
    answer = post(world, a_click(gate))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    [vote] = world.the_gate().votes
    assert (vote.principal, vote.name) == ("slack:T0001:U0GRACE", "grace")
    assert (vote.choice, vote.shown_digest) == (Choice.APPROVE, gate.shown_digest)
    assert [effect.payload for effect in world.bells.rung] == [{"gate": gate.id}]
    assert not world.modals.opened


def test_rejecting_asks_why_and_then_votes() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    assert post(world, a_click(gate, "reject_gate"))["statusCode"] == 200
    [(trigger, view)] = world.modals.opened
    assert trigger == "1.2.abc"
    assert not world.the_gate().votes
    answer = post(world, a_submission(view, reason="it is Friday"))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    [vote] = world.the_gate().votes
    assert (vote.choice, vote.reason) == (Choice.REJECT, "it is Friday")


@pytest.mark.parametrize("reason", ["", "  \n ", "\u200b\u202e", None])
def test_a_rejection_without_a_reason_is_sent_back(reason: str | None) -> None:
    world = SlackWorld()
    post(world, a_click(world.opened_gate(), "reject_gate"))
    answer = post(world, a_submission(world.modals.opened[0][1], reason=reason))
    assert set(errors_of(answer)) == {"reason"}
    assert not world.the_gate().votes


@pytest.mark.case(28)
@settings(max_examples=60, deadline=None)
@given(reason=st.text(min_size=1, max_size=40), times=st.integers(1, 250))
def test_a_reason_is_kept_clean_and_cut(reason: str, times: int) -> None:
    world = SlackWorld()
    view = reject_modal(world.opened_gate())
    answer = post(world, a_submission(view, reason="why: " + "\x00\x1b[31m\u202e" + reason * times))
    assert answer["statusCode"] == 200
    [vote] = world.the_gate().votes
    assert len(vote.reason) <= 500
    assert vote.reason.startswith("why:")
    assert vote.reason.isprintable() or not any(ord(char) < 32 for char in vote.reason)
    assert not set("\x00\x1b\u202e\n") & set(vote.reason)


def test_the_form_of_a_command_approves_what_it_has_shown() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    answer = post(world, a_submission(approve_modal(gate), reason=None))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    [vote] = world.the_gate().votes
    assert (vote.choice, vote.shown_digest) == (Choice.APPROVE, gate.shown_digest)


@pytest.mark.parametrize(
    ("given_", "missing"),
    [
        ({"reason": "fire", "ticket": None}, {"ticket"}),
        ({"reason": " ", "ticket": "INC-1"}, {"reason"}),
        ({}, {"reason", "ticket"}),
    ],
)
def test_the_glass_is_broken_with_a_reason_and_a_ticket_only(
    given_: dict[str, str | None], missing: set[str]
) -> None:
    world = SlackWorld()
    view = break_glass_modal(world.opened_gate())
    assert set(errors_of(post(world, a_submission(view, **given_)))) == missing
    assert not world.the_gate().votes
    post(world, a_submission(view, reason="the shop is down", ticket="INC-4711"))
    [vote] = world.the_gate().votes
    assert (vote.choice, vote.ticket) == (Choice.BREAK_GLASS, "INC-4711")


@pytest.mark.case(17)
@pytest.mark.parametrize("modal", [approve_modal, reject_modal, break_glass_modal])
def test_a_form_that_shows_what_would_not_ship_any_more_gives_way_to_the_news(modal: Any) -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    view = modal(replace(gate, shown_digest="f" * 64))
    answer = post(world, a_submission(view, reason="why", ticket="INC-1"))
    assert "has changed" in replaced_by(answer)
    assert not world.the_gate().votes


def test_a_form_for_a_gate_that_closed_meanwhile_gives_way_to_the_news() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    post(world, a_click(gate, "reject_gate"))
    world.ledger.decide(gate.id, Verdict.APPROVED, "", world.clock.now())
    answer = post(world, a_submission(world.modals.opened[0][1], reason="no"))
    assert "closed" in replaced_by(answer)


@pytest.mark.parametrize("action", ["approve_gate", "reject_gate"])
def test_a_press_on_a_gate_that_is_closed_is_told_so(action: str) -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, Verdict.APPROVED, "", world.clock.now())
    answer = post(world, a_click(gate, action))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert "is closed" in told(world)
    assert not world.the_gate().votes


@pytest.mark.case(9)
@pytest.mark.parametrize("action", ["approve_gate", "reject_gate"])
@pytest.mark.parametrize(
    "elsewhere", [{"message": {"ts": "1700000000.999999"}}, {"channel": {"id": "C-elsewhere"}}]
)
def test_a_press_on_a_message_that_is_not_the_releases_own_is_no_vote(
    action: str, elsewhere: dict[str, Any]
) -> None:
    world = SlackWorld()
    answer = post(world, a_click(world.opened_gate(), action, **elsewhere))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert "not the release's own message" in told(world)
    assert not world.the_gate().votes


@pytest.mark.case(17)
def test_a_press_on_a_card_that_shows_something_older_is_told_to_look_again() -> None:
    world = SlackWorld()
    older = replace(world.opened_gate(), shown_digest="e" * 64)
    post(world, a_click(older))
    assert "has changed" in told(world)
    assert not world.the_gate().votes


@pytest.mark.case(23)
def test_an_unknown_gate_is_answered_like_a_closed_one() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, Verdict.APPROVED, "", world.clock.now())
    reads: list[str] = []
    read = world.ledger.gate
    world.ledger.gate = lambda id: (reads.append(id), read(id))[1]  # type: ignore[method-assign]
    closed = post(world, a_click(gate)), told(world), len(reads)
    reads.clear()
    unknown = replace(gate, id="f" * 32)
    assert (post(world, a_click(unknown)), told(world), len(reads)) == closed


def test_a_review_is_a_command_that_is_weighed_later() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    world.bells.rings.clear()
    answer = post(world, a_click(gate, "review_gate"))
    assert (answer["statusCode"], answer["body"]) == (200, "")
    [command] = world.ledger.commands.values()
    assert (command.kind, command.gate) == (CommandKind.REVIEW, gate.id)
    assert (command.principal, command.user) == ("slack:T0001:U0GRACE", "U0GRACE")
    [bell] = world.bells.rung
    assert (bell.kind, bell.payload) == (EffectKind.CARRY_OUT_COMMAND, {"command": command.id})


def test_a_review_may_be_pressed_on_a_reply_to_the_releases_message_and_nowhere_else() -> None:
    """By ``take_review``."""
    world = SlackWorld()
    gate = world.opened_gate()
    reply = {"ts": "1700000009.000100", "thread_ts": MESSAGE[1]}
    post(world, a_click(gate, "review_gate", message=reply))
    assert len(world.ledger.commands) == 1
    post(world, a_click(gate, "review_gate", message={"ts": "1700000009.000100"}))
    post(world, a_click(replace(gate, id="f" * 32), "review_gate"))
    assert len(world.ledger.commands) == 1
    assert "not the release's own message" in told(world)


@pytest.mark.case(26)
def test_a_forged_request_costs_one_read_of_the_secret_and_nothing_else() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    before = (dict(world.ledger.gates), len(world.bells.rings))
    event = signed(world, form_of(a_click(gate)))
    event["headers"]["x-slack-signature"] = "v0=" + "0" * 64
    answer = answer_request(event, world)
    assert (answer["statusCode"], answer["body"]) == (401, "")
    assert world.slack_secrets.reads == 1
    assert (dict(world.ledger.gates), len(world.bells.rings)) == before
    assert world.counters.counted == {"SlackRequestsForged": 1}


@pytest.mark.case(2)
def test_malformed_headers_do_not_even_read_the_secret() -> None:
    world = SlackWorld()
    headers = {"x-slack-request-timestamp": "x", "x-slack-signature": "v0=" + "0" * 64}
    assert answer_request({"headers": headers, "body": "a=b"}, world)["statusCode"] == 401
    assert world.slack_secrets.reads == 0


@pytest.mark.case(7)
def test_without_the_secret_nothing_is_verified_and_nothing_accepted() -> None:
    world = SlackWorld()
    world.slack_secrets.fail_with = AwsUnavailableError("throttled")
    assert post(world, a_click(world.opened_gate()))["statusCode"] == 503
    assert not world.the_gate().votes


@pytest.mark.case(16)
def test_a_second_click_of_the_same_person_is_the_same_vote_and_the_same_effect() -> None:
    world = SlackWorld()
    click = a_click(world.opened_gate())
    world.bells.rings.clear()
    post(world, click)
    again = post(world, click | {"trigger_id": "another.click"})
    assert (again["statusCode"], again["body"]) == (200, "")
    assert len(world.the_gate().votes) == 1
    assert len({(effect.subject, effect.key) for effect in world.bells.rung}) == 1


def test_a_button_of_another_gates_block_is_refused() -> None:
    world = SlackWorld()
    click = a_click(world.opened_gate())
    click["actions"][0]["block_id"] = "gate:other"
    assert post(world, click)["statusCode"] == 400


@pytest.mark.parametrize("action", ["reject_gate", "approve_gate"])
def test_a_dialog_that_came_too_late_is_no_failure_of_ours(action: str) -> None:
    world = SlackWorld()
    world.modals.fail_with = SlackRefusedError("late", code="expired_trigger_id")
    gate = replace(world.opened_gate(), shown_digest="e" * 64)
    assert post(world, a_click(gate, action))["statusCode"] == 200


def test_a_dialog_that_cannot_open_now_shows_the_person_a_failure() -> None:
    world = SlackWorld()
    world.modals.fail_with = SlackUnavailableError("no answer")
    assert post(world, a_click(world.opened_gate(), "reject_gate"))["statusCode"] == 503


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_closed"},
        {"type": "shortcut"},
        {"type": "block_actions", "actions": [{"action_id": "somebody_elses"}]},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{"action_id": ["approve_gate"]}]},
        {"type": "view_submission", "view": {"callback_id": "other"}},
        {},
    ],
)
def test_what_is_not_for_us_is_acknowledged(payload: dict[str, Any]) -> None:
    ours = {"team": {"id": "T0001"}, "api_app_id": "A0001"} | payload
    assert post(SlackWorld(), ours)["statusCode"] == 200


def test_a_card_full_of_letters_that_are_not_ascii_can_be_clicked() -> None:
    """Slack sends the message along, and escapes it twice."""
    world = SlackWorld()
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "あ" * 3000}}] * 8
    message = {"ts": MESSAGE[1], "blocks": blocks}
    assert post(world, a_click(world.opened_gate(), message=message))["statusCode"] == 200
    assert len(world.the_gate().votes) == 1


@pytest.mark.case(25)
def test_deep_json_is_unreadable_and_no_crash() -> None:
    world = SlackWorld()
    body = urlencode({"payload": "[" * 30_000})
    assert answer_request(signed(world, body), world)["statusCode"] == 400


def test_half_a_character_in_an_id_is_unreadable_and_no_crash() -> None:
    world = SlackWorld()
    click = a_click(world.opened_gate())
    click["actions"][0]["value"] = '{"gate":"\\ud800","digest":"\\ud800"}'
    assert post(world, click)["statusCode"] == 400


@pytest.mark.parametrize("gate", ["", "a" * 3000, "a b", "gäte", "x#y", 7, None])
def test_what_cannot_be_a_gates_id_never_reaches_the_ledger(gate: object) -> None:
    """DynamoDB refuses keys of more than 2,048 bytes, and empty ones."""
    world = SlackWorld()
    click = a_click(world.opened_gate())
    click["actions"][0]["value"] = json.dumps({"gate": gate, "digest": "d"})
    click["actions"][0]["block_id"] = f"gate:{gate}"
    assert post(world, click)["statusCode"] == 400


def test_the_sample_event_is_a_signed_click() -> None:
    event = json.loads(SAMPLE.read_text())
    sent_at = datetime.fromtimestamp(int(event["headers"]["x-slack-request-timestamp"]), UTC)
    said = parse_interaction(event["body"].encode())
    assert isinstance(said, ButtonPressed)
    world = SlackWorld()
    world.clock.moment = sent_at
    assert answer_request(event, world)["statusCode"] == 200


def test_nothing_for_us_names_its_kind() -> None:
    body = urlencode({"payload": json.dumps({"type": "view_closed"})}).encode()
    assert parse_interaction(body) == NothingForUs(kind="view_closed")


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200))
def test_a_signed_body_of_any_bytes_is_read_or_refused(body: bytes) -> None:
    with suppress(UnreadableEventError):
        assert parse_interaction(body)


@pytest.mark.case(27)
def test_the_path_that_must_answer_in_three_seconds_loads_nothing_heavy() -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[1:];"
        "import app;"
        "from signalbox.adapters import slack_api, secrets, dynamodb_gates, dynamodb_releases;"
        "from signalbox.adapters import slack_commands, sqs_bells;"
        "from signalbox.runtime import clients, printed_counters;"
        "heavy = {'pydantic', 'slack_sdk', 'aws_lambda_powertools', 'boto3', 'requests'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]
    paths = [str(root / "functions" / "answer_slack"), str(root / "layers" / "signalbox")]
    run = subprocess.run(
        [sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
