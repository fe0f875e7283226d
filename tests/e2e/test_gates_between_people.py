"""Gates of a deployed Signalbox: who may open them, and what an answer counts for."""

import pytest

from sandbox.demo.slack import message_of
from sandbox.demo.steps import NotYetError, expect
from sandbox.demo.world import Release, World, words_of

from .gatekeeping import AMIR, DANA, MARA, NILS, OLGA, RUTH, Gatekeeping
from .leaving import outputs_of

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240)]


def test_two_of_three_with_one_from_each_group(gates: Gatekeeping) -> None:
    gates.policy(approvals=2, oneFromEach=["sre", "product"])
    release = gates.release()
    gates.press(release, "approve_gate", AMIR)
    gates.says(release, "Amir", "1 of 2")
    gates.press(release, "approve_gate", OLGA)
    gates.says(release, "Olga", "product")
    gates.press(release, "approve_gate", MARA)
    gates.stage(release, "Production", "Succeeded")
    said = gates.summary(release)
    assert all(name in said for name in ("Amir", "Mara"))


@pytest.mark.case(13)
def test_the_author_is_refused_and_somebody_else_is_not(gates: Gatekeeping) -> None:
    gates.policy(groups={"sre": [AMIR, DANA]}, approvers=["sre"], breakGlass=[])
    release = gates.release()
    gates.press(release, "approve_gate", DANA)
    gates.whispered(DANA, "own change")
    gates.says(release, "own change")
    gates.press(release, "approve_gate", NILS)
    gates.whispered(NILS, "not")
    gates.press(release, "approve_gate", AMIR)
    gates.stage(release, "Approval", "Succeeded")


@pytest.mark.case(17)
def test_a_stale_card_is_refused_and_people_are_asked_anew(gates: Gatekeeping) -> None:
    gates.policy(approvals=2)
    release = gates.release()
    stale = gates.button(release, "approve_gate")["value"]
    gates.press(release, "approve_gate", AMIR)
    gates.says(release, "1 of 2")
    gates.policy(approvals=2, reasonRequired="always", expiresAfter="12h")
    gates.reconcile()
    gates.seen("a new card", lambda: _is_new(gates, release, stale))
    refused = gates.press(release, "approve_gate", OLGA, value=stale)
    assert refused["view"] is not None, "Slack shows why the click was not taken"
    gates.policy(approvals=2)
    gates.reconcile()
    gates.says(release, "0 of 2")
    gates.press(release, "approve_gate", AMIR)
    gates.press(release, "approve_gate", OLGA)
    gates.stage(release, "Approval", "Succeeded")


def test_nobody_answers_and_so_the_answer_is_no(gates: Gatekeeping) -> None:
    gates.policy(
        approvers=["sre"], expiresAfter="250s", remindAfter=["4s"],
        escalate={"after": "8s", "groups": ["leads"]},
    )  # fmt: skip
    release = gates.release()
    gates.seen("reminded", lambda: _reconciled(gates, release, AMIR))
    gates.seen("escalated", lambda: _reconciled(gates, release, RUTH))
    gates.stage(release, "Approval", "Failed")
    gates.says(release, "Nobody answered in time")
    assert "Expired" in gates.summary(release)


def test_broken_glass_opens_the_gate_alone_aloud_and_asks_for_a_review(gates: Gatekeeping) -> None:
    gates.policy(approvals=3)
    release = gates.release()
    answer = gates.command(f"break-glass {gates.service}", RUTH)
    gates.submit(answer["view"], RUTH, reason="The shop is down", ticket="INC-4711")
    gates.stage(release, "Approval", "Succeeded")
    assert "INC-4711" in gates.summary(release)
    gates.thread_says(release, "INC-4711", "review")
    gates.seen("a review is asked for", lambda: gates.button(release, "review_gate"))
    gates.press(release, "review_gate", RUTH)
    gates.whispered(RUTH, "somebody else")
    gates.press(release, "review_gate", MARA)
    gates.says(release, "reviewed", "Mara")


def _is_new(gates: Gatekeeping, release: Release, stale: str) -> str:
    value = str(gates.button(release, "approve_gate")["value"])
    expect(value != stale, "the card is still the old one")
    return value


def _reconciled(gates: Gatekeeping, release: Release, user: str) -> str:
    gates.reconcile()
    for reply in gates.world.thread(message_of(gates.world, release)["ts"]):
        if f"<@{user}>" in words_of(reply):
            return str(reply["text"])
    raise NotYetError(f"nobody mentioned {user}")


def test_the_search_for_tokens_that_left_knows_all_there_are(
    world: World, gates: Gatekeeping
) -> None:
    gates.policy()
    release = gates.release()
    gates.press(release, "approve_gate", AMIR)
    gates.stage(release, "Approval", "Succeeded")
    assert set(gates.tokens.seen.values()) == {"approval_token", "task_token"}
    looked = dict(outputs_of(world))
    assert all(looked[f"Slack's {what}"] != "[]" for what in ("messages", "calls"))
    assert len(looked["the audit"]) > 1000
    [said] = [text for where, text in looked.items() if where.endswith("SettleGateLogGroup")]
    assert said
