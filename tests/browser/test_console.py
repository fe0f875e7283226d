"""A person at the console: approves, rejects with a reason, raises an alarm, pushes."""

import urllib.request

import pytest
from playwright.sync_api import expect

from .console_page import ConsolePage
from .stage import Stage

pytestmark = pytest.mark.browser


def test_an_approval_is_asked_back_and_then_sent_in_the_persons_name(
    stage: Stage, console: ConsolePage
) -> None:
    stage.card()
    console.become("Amir")
    console.press("Approve")
    console.answer("Approve")
    expect(console.channel).to_contain_text("Approved by @Amir Approver")
    expect(console.channel.get_by_role("button")).to_have_count(0)
    (payload,) = stage.payloads
    assert payload["user"]["name"] == "amir"
    assert payload["actions"][0]["block_id"] == "gate:g-1"


def test_an_approval_that_is_not_confirmed_sends_nothing(
    stage: Stage, console: ConsolePage
) -> None:
    stage.card()
    console.press("Approve")
    console.answer("Not yet")
    expect(console.page.get_by_role("dialog")).to_have_count(0)
    expect(console.channel.get_by_role("button", name="Approve")).to_be_enabled()
    assert stage.payloads == []


def test_a_rejection_asks_for_its_reason_in_a_modal(stage: Stage, console: ConsolePage) -> None:
    stage.card()
    console.become("Olga")
    console.press("Reject")
    console.give_reason("Why?", "Not on a Friday")
    console.answer("Reject")
    expect(console.page.get_by_role("dialog")).to_have_count(0)
    expect(console.channel).to_contain_text("Rejected: Not on a Friday")
    assert [payload["type"] for payload in stage.payloads] == ["block_actions", "view_submission"]
    assert stage.payloads[-1]["user"]["name"] == "olga"


def test_a_modal_without_its_reason_says_so_and_sends_nothing(
    stage: Stage, console: ConsolePage
) -> None:
    stage.card()
    console.press("Reject")
    console.answer("Reject")
    expect(console.page.get_by_role("alert")).to_contain_text("required")
    console.answer("Cancel")
    expect(console.page.get_by_role("dialog")).to_have_count(0)
    assert [payload["type"] for payload in stage.payloads] == ["block_actions"]


def test_what_signalbox_finds_wrong_stands_in_the_modal(stage: Stage, console: ConsolePage) -> None:
    stage.refuse_reason = "Say more than that."
    stage.card()
    console.press("Reject")
    console.give_reason("Why?", "no")
    console.answer("Reject")
    expect(console.page.get_by_role("alert")).to_have_text("Say more than that.")


def test_a_refused_click_is_told_to_the_person(stage: Stage, console: ConsolePage) -> None:
    stage.answer_status = 401
    stage.card()
    console.press("Reject")
    expect(console.page.locator("#notices")).to_contain_text("401")


def test_an_alarm_is_raised_and_lowered_by_its_switch(stage: Stage, console: ConsolePage) -> None:
    switch = console.alarm("hello-production-errors")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    states = [(wish["name"], wish["state"]) for wish in stage.switched]
    assert states == [("hello-production-errors", "ALARM"), ("hello-production-errors", "OK")]


@pytest.mark.parametrize(
    ("button", "kind"),
    [
        ("Push a commit", "good"),
        ("Push a broken commit", "bad"),
        ("Push failing tests", "failing"),
    ],
)
def test_a_push_is_one_press(stage: Stage, console: ConsolePage, button: str, kind: str) -> None:
    console.push(button)
    expect(console.page.locator("#notices")).to_contain_text("Pushed a commit")
    assert stage.pushes == [{"kind": kind}]


def test_the_line_moves_without_a_reload(stage: Stage, console: ConsolePage) -> None:
    production = console.page.locator("[data-stage=Production]")
    expect(production).to_contain_text("Not run yet")
    expect(production).to_contain_text("Held")
    stage.pipelines["pipelines"][0]["stages"][4]["status"] = "InProgress"
    stage.pipelines["pipelines"][0]["stages"][4]["transition"]["enabled"] = True
    expect(production).to_contain_text("In progress")
    expect(production).not_to_contain_text("Held")


def test_a_stage_at_its_gate_is_waiting_and_executions_name_their_commit(
    stage: Stage, console: ConsolePage
) -> None:
    approval = console.page.locator("[data-stage=Approval]")
    expect(approval).to_contain_text("Waiting for approval")
    console.page.get_by_text("2 latest executions").click()
    newest = console.page.locator(".journeys li").first
    expect(newest).to_contain_text("WebhookV2 · Greet people by name")
    expect(newest).not_to_contain_text("And why.")


def test_the_channel_follows_its_end_but_leaves_a_reader_of_old_messages_alone(
    stage: Stage, console: ConsolePage
) -> None:
    def below_the_view() -> float:
        hidden = "node => node.scrollHeight - node.scrollTop - node.clientHeight"
        return float(console.channel.evaluate(hidden))

    messages = console.channel.get_by_role("article")
    for count in range(1, 5):
        stage.card()
        expect(messages).to_have_count(count)
    assert below_the_view() < 2
    console.channel.evaluate("node => { node.scrollTop = 40; }")
    stage.card()
    expect(messages).to_have_count(5)
    assert console.channel.evaluate("node => node.scrollTop") == 40


def test_strangers_text_is_never_markup(stage: Stage, console: ConsolePage) -> None:
    stage.card()
    expect(console.channel).to_contain_text("<img src=x onerror=")
    expect(console.channel.locator("img")).to_have_count(0)
    expect(console.page).to_have_title("Signalbox sandbox")


def test_only_the_addressee_sees_an_ephemeral_message(stage: Stage, console: ConsolePage) -> None:
    stage.workspace.post("C0RELEASES", text="You may not.", blocks=(), only_for="U0DANA0001")
    console.become("Dana")
    expect(console.channel).to_contain_text("You may not.")
    console.become("Amir")
    expect(console.channel).not_to_contain_text("You may not.")


def test_the_keyboard_is_enough_to_approve(stage: Stage, console: ConsolePage) -> None:
    stage.card()
    approve = console.channel.get_by_role("button", name="Approve", exact=True)
    approve.focus()
    approve.press("Enter")
    console.page.get_by_role("dialog").get_by_role("button", name="Approve").press("Enter")
    expect(console.channel).to_contain_text("Approved by")


def test_without_engine_and_ledger_the_page_still_stands(
    stage: Stage, console: ConsolePage
) -> None:
    stage.pipelines = {}
    stage.alarms, stage.facts = [], []
    expect(console.page.locator("#lines")).to_contain_text("No pipeline is deployed yet.")
    expect(console.page.locator("#alarms")).to_contain_text("No alarm is deployed yet.")
    expect(console.page.locator("#facts")).to_contain_text("The ledger is empty.")


def test_the_page_forbids_scripts_from_elsewhere(stage: Stage) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(stage.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        body = answer.read().decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "https://" not in body
