"""How the one message of a release is kept true, and a sweep told (announce_sweep)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from signalbox.domain.effects import EffectStatus
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.facts import ActionChanged, PipelineChanged
from signalbox.domain.gates import Verdict
from signalbox.domain.identity import AlarmId
from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.sweeps import Judgement, Sweep, Thing
from signalbox.usecases.open_gate import open_gate

from tests.fakes import ACCOUNT, NOW, REGION
from tests.gate_world import (
    APPROVAL_TOKEN,
    RELEASE,
    TASK_TOKEN,
    GateWorld,
    a_request,
    a_truth,
)
from tests.unit.announcing.telling import fail_the_build, shown, tell, vote_of_ada


def test_a_release_has_one_message_that_is_edited() -> None:
    world = GateWorld()
    assert tell(world, "one") is EffectStatus.DONE
    open_gate(a_request(), world)
    assert tell(world, "two") is EffectStatus.DONE
    assert len(world.messenger.messages) == 1
    assert len(world.messenger.updates) == 1
    assert "approve_gate" in shown(world)


def test_an_edit_that_changes_nothing_is_not_sent() -> None:
    world = GateWorld()
    tell(world, "one")
    tell(world, "two")
    assert not world.messenger.updates


def test_a_bell_that_rings_twice_announces_once() -> None:
    world = GateWorld()
    tell(world, "one")
    world.messenger.messages.clear()
    tell(world, "one")
    assert not world.messenger.messages


def test_the_message_names_commit_author_and_tests() -> None:
    world = GateWorld()
    tell(world)
    text = shown(world)
    for word in ("hello", "4f1c2d3", "Greet by name", "Ada", "example/hello@main", "12 tests"):
        assert word in text


def test_the_truth_is_read_once() -> None:
    world = GateWorld()
    tell(world, "one")
    world.pipelines.fail_with = AssertionError("read again")
    tell(world, "two")


def test_a_failure_says_which_test_failed_and_is_mailed_once() -> None:
    world = GateWorld()
    fail_the_build(world)
    tell(world, "one")
    tell(world, "two")
    assert "test_greets_by_name failed" in shown(world)
    [(subject, text)] = world.publisher.published
    assert subject == "hello 4f1c2d3: failed"
    assert "test_greets_by_name failed" in text


def test_our_own_rollback_has_no_message_of_its_own() -> None:
    world = GateWorld()
    role = "signalbox-operator-hello"
    world.pipelines.truths[RELEASE] = a_truth(
        kind="ROLLBACK", started_by=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/signalbox-x"
    )
    assert tell(world) is EffectStatus.DONE
    assert not world.messenger.messages


def test_a_rollback_that_a_person_started_has_its_message() -> None:
    world = GateWorld()
    world.pipelines.truths[RELEASE] = a_truth(
        kind="ROLLBACK", started_by=f"arn:aws:iam::{ACCOUNT}:user/signalbox-operator-hello-fan"
    )
    tell(world)
    assert "a rollback" in shown(world)


def an_incident(status: IncidentStatus, evidence: str = "") -> Incident:
    return Incident(
        id="i1",
        alarm=AlarmId(account=ACCOUNT, region=REGION, name="hello-production-errors"),
        service="hello",
        environment="production",
        status=status,
        opened_at=NOW,
        release=RELEASE,
        stage="Production",
        evidence=evidence,
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (IncidentStatus.ROLLED_BACK, "rolled back"),
        (IncidentStatus.NEEDS_A_HUMAN, "NEEDS A HUMAN"),
    ],
)
def test_an_incident_is_told_in_the_message_of_the_blamed_release(
    status: IncidentStatus, word: str
) -> None:
    world = GateWorld()
    tell(world, "one")
    world.ledger.save_incident(an_incident(status, "GET / answered 200"), [])
    tell(world, "two", incident="i1")
    text = shown(world)
    assert word in text
    assert "GET / answered 200" in text
    assert "stays held" in text
    assert len(world.publisher.published) == 1


def test_an_unregistered_pipeline_is_told_without_reading_the_truth() -> None:
    world = GateWorld()
    world.services.listed.clear()
    world.pipelines.fail_with = AssertionError("no right to read")
    assert tell(world) is EffectStatus.DONE
    assert len(world.messenger.messages) == 1


@pytest.mark.case(22)
def test_no_token_reaches_slack_or_e_mail() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    world.ledger.kept_notes.clear()
    tell(world)
    assert gate.id in shown(world)
    fail_the_build(world)
    tell(world, "two")
    everything = json.dumps([world.messenger.messages, world.publisher.published])
    assert APPROVAL_TOKEN not in everything
    assert TASK_TOKEN not in everything


def test_each_effect_of_an_announcement_is_in_the_audit_before_it_is_done() -> None:
    world = GateWorld()
    order: list[str] = []
    append, post = world.audit.append, world.messenger.post
    update, publish = world.messenger.update, world.publisher.publish
    reply = world.messenger.reply

    def noted(subject: str, what: str, details: Any) -> None:
        order.append(f"audit: {what}")
        append(subject, what, details)

    def posted(*given: Any) -> tuple[str, str]:
        order.append("post")
        return post(*given)

    def updated(*given: Any) -> None:
        order.append("update")
        update(*given)

    def published(*given: Any, **more: Any) -> None:
        order.append("publish")
        publish(*given, **more)

    def replied(*given: Any, **more: Any) -> str:
        order.append("reply")
        return reply(*given, **more)

    world.audit.append = noted  # type: ignore[method-assign]
    world.messenger.post = posted  # type: ignore[method-assign]
    world.messenger.update = updated  # type: ignore[method-assign]
    world.publisher.publish = published  # type: ignore[method-assign]
    world.messenger.reply = replied  # type: ignore[method-assign]
    tell(world, "one")
    fail_the_build(world)
    tell(world, "two")
    world.ledger.save_sweep(Sweep(id="s1", service="hello", at=NOW, judgements=()), [])
    tell(world, "three", sweep="s1")
    assert order == [
        "audit: message posted", "post",
        "audit: e-mail published", "publish",
        "audit: message edited", "update",
        "audit: reply posted", "reply",
        "audit: sweep posted", "post",
    ]  # fmt: skip


def test_a_right_to_read_executions_that_is_missing_leaves_the_message_without_commit() -> None:
    world = GateWorld()

    def refuse(*_: Any) -> Any:
        raise AwsRefusedError("denied", code="AccessDeniedException")

    world.pipelines.execution = refuse  # type: ignore[method-assign]
    assert tell(world) is EffectStatus.DONE
    assert "12 tests" in shown(world)


def test_a_vote_that_does_not_count_is_shown_with_the_reason() -> None:
    world = GateWorld()
    vote_of_ada(world)
    tell(world)
    assert "ada's vote does not count: own change" in shown(world)
    assert "approve_gate" in shown(world)


def test_a_settled_gate_shows_who_and_no_buttons() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, Verdict.REJECTED, "grace (U0GRACE): too late", NOW)
    world.ledger.settle(gate.id, "REJECTED", NOW, [])
    world.ledger.kept_notes.clear()
    tell(world)
    text = shown(world)
    assert "too late" in text
    assert "CodePipeline took the rejection" in text
    assert "approve_gate" not in text


def test_a_sweep_is_reported_with_what_and_why() -> None:
    world = GateWorld()
    thing = Thing(kind="artifact", id="s3://bucket/hello/BuildArt/abc1234", created_at=None)
    kept = replace(thing, id="arn:aws:lambda:us-east-1:1:function:hello-production:7")
    judgements = (
        Judgement(thing=thing, delete=True, why="older than the last 3 good releases"),
        Judgement(thing=kept, delete=False, why="alias live"),
    )
    world.ledger.save_sweep(Sweep(id="s1", service="hello", at=NOW, judgements=judgements), [])
    assert tell(world, "one", sweep="s1") is EffectStatus.DONE
    text = shown(world)
    for word in ("would delete 1, keeps 1", "hello-production:7: alias live", "abc1234"):
        assert word in text


def test_a_right_to_read_builds_that_is_missing_leaves_the_message_without_tests() -> None:
    world = GateWorld()

    def refuse(*_: Any) -> Any:
        raise AwsRefusedError("denied", code="AccessDeniedException")

    world.builds.tests = refuse  # type: ignore[assignment, method-assign]
    assert tell(world) is EffectStatus.DONE
    assert len(world.messenger.messages) == 1


def test_a_rejected_release_says_rejected() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, Verdict.REJECTED, "grace: no", NOW)
    world.ledger.settle(gate.id, "REJECTED", NOW, [])
    world.ledger.kept_notes.clear()
    world.ledger.record(
        ActionChanged(
            release=RELEASE,
            stage="Approval",
            action="Approve",
            state=ActionState.FAILED,
            at=NOW,
            category="Approval",
            summary="Rejected: grace",
        ),
        [],
    )
    world.ledger.record(PipelineChanged(release=RELEASE, state=ExecutionState.FAILED, at=NOW), [])
    tell(world)
    assert "· rejected" in shown(world)
