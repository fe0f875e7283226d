"""Requests that Slack has signed, for somebody else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.notifications.modals import approve_modal

from tests.unit.slack.slack_world import (
    SlackWorld,
    a_click,
    a_command,
    a_submission,
    form_of,
    post,
    signed,
)

OTHER_TEAM, OTHER_APP, ENTERPRISE = "T9999", "A9999", "E0001"
A_STRANGER = {"id": "U0EVE", "name": "eve", "team_id": OTHER_TEAM}
WRONG: dict[str, dict[str, Any]] = {
    "workspace": {"team": {"id": OTHER_TEAM}, "user": A_STRANGER},
    "workspace of the person": {"user": A_STRANGER},
    "workspace, where the person's is not told": {"team": {"id": OTHER_TEAM}, "user": {"id": "U1"}},
    "organisation": {"enterprise": {"id": ENTERPRISE, "name": "Evil Corp"}},
    "app": {"api_app_id": OTHER_APP},
    "app, for there is none": {"api_app_id": None},
    "workspace, for there is none": {"team": None, "user": {"id": "U0GRACE"}},
    "view's app": {"view": {"app_id": OTHER_APP}},
}


@pytest.mark.case(8)
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("action", ["approve_gate", "reject_gate", "review_gate"])
def test_a_click_from_another_workspace_or_for_another_app_is_refused(
    wrong: str, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = SlackWorld()
    click = a_click(world.opened_gate(), action)
    rings = len(world.bells.rings)
    answer = post(world, click | WRONG[wrong])
    assert (answer["statusCode"], answer["body"]) == (403, "")
    assert_untouched(world, rings)
    assert world.counters.counted == {"SlackRequestsOfStrangers": 1}
    assert "refused a request" in caplog.text


@pytest.mark.case(8)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_form_from_another_workspace_or_for_another_app_is_refused(wrong: str) -> None:
    world = SlackWorld()
    form = a_submission(approve_modal(world.opened_gate()))
    rings = len(world.bells.rings)
    lie = WRONG[wrong]
    view = form["view"] | lie.get("view", {})
    assert post(world, form | lie | {"view": view})["statusCode"] == 403
    assert_untouched(world, rings)


@pytest.mark.case(8)
@pytest.mark.parametrize(
    "lie", [{"team_id": OTHER_TEAM}, {"enterprise_id": ENTERPRISE}, {"api_app_id": OTHER_APP}]
)
@pytest.mark.parametrize("text", ["hold everything now", "approve hello", "status"])
def test_a_command_from_another_workspace_or_for_another_app_is_refused(
    lie: dict[str, str], text: str
) -> None:
    world = SlackWorld()
    world.opened_gate()
    rings = len(world.bells.rings)
    answer = answer_request(signed(world, urlencode(a_command(text) | lie)), world)
    assert (answer["statusCode"], answer["body"]) == (403, "")
    assert_untouched(world, rings)


@pytest.mark.case(8)
def test_an_organisation_that_is_listed_beside_the_workspace_is_ours() -> None:
    world = SlackWorld(teams=frozenset({"T0001", ENTERPRISE}))
    gate = world.opened_gate()
    assert post(world, a_click(gate, enterprise={"id": "E0002"}))["statusCode"] == 403
    assert post(world, a_click(gate, enterprise={"id": ENTERPRISE}))["statusCode"] == 200
    assert len(world.the_gate().votes) == 1


@pytest.mark.case(12)
@pytest.mark.parametrize("teams", [frozenset({"T0001"}), frozenset[str]()])
def test_a_stranger_of_slack_connect_has_no_say_whatever_was_configured(
    teams: frozenset[str],
) -> None:
    world = SlackWorld(teams=teams, app="")
    assert post(world, a_click(world.opened_gate(), user=A_STRANGER))["statusCode"] == 403
    assert not world.the_gate().votes


@pytest.mark.case(12)
def test_a_guest_or_leaver_votes_under_an_id_that_nobody_else_has() -> None:
    """Slack does not say in a click who is a guest; the people document does not list them."""
    world = SlackWorld()
    guest = {"id": "U0GUEST", "name": "ada", "team_id": "T0001"}
    post(world, a_click(world.opened_gate(), user=guest))
    [vote] = world.the_gate().votes
    assert vote.principal == "slack:T0001:U0GUEST"
    assert world.directory.in_force().directory.of_principal(vote.principal) is None


@pytest.mark.parametrize("name", ["ada", "U0ADA", "slack:T0001:U0ADA", "ada@example.com"])
def test_a_name_is_for_reading_whatever_it_says(name: str) -> None:
    world = SlackWorld()
    imitator = {"id": "U0EVE", "name": name, "username": name, "team_id": "T0001"}
    post(world, a_click(world.opened_gate(), user=imitator))
    [vote] = world.the_gate().votes
    assert vote.principal == "slack:T0001:U0EVE"


@pytest.mark.parametrize("id", ["U0EVE:U0ADA", "", "U 1", "Ü1", "U" * 65, 7])
def test_an_id_that_slack_never_gives_is_unreadable(id: object) -> None:
    world = SlackWorld()
    user = {"id": id, "name": "eve", "team_id": "T0001"}
    assert post(world, a_click(world.opened_gate(), user=user))["statusCode"] == 400
    assert not world.the_gate().votes


def test_without_ids_to_compare_with_any_one_workspace_will_do() -> None:
    world = SlackWorld(teams=frozenset(), app="")
    click = a_click(world.opened_gate(), api_app_id=OTHER_APP, enterprise={"id": ENTERPRISE})
    assert answer_request(signed(world, form_of(click)), world)["statusCode"] == 200
    assert len(world.the_gate().votes) == 1


def assert_untouched(world: SlackWorld, rings: int) -> None:
    assert not world.the_gate().votes
    assert not world.ledger.commands
    assert not world.modals.opened
    assert len(world.bells.rings) == rings
