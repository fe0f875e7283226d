"""How a gate opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.errors import AwsRefusedError, DocumentInvalidError, NotYetError
from signalbox.domain.facts import Commit
from signalbox.domain.gates import Choice, GateStatus, Verdict
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.listing import Listing
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.states import ActionState, AlarmState
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.open_gate import GateRequest, open_gate

from tests.fakes import release_id
from tests.gate_world import (
    APPROVAL_ID,
    APPROVAL_TOKEN,
    CHANGES,
    COMMIT,
    DIGEST,
    RELEASE,
    GateWorld,
    a_request,
    a_truth,
    an_answered_approval,
    say,
)


def test_an_approval_that_waits_becomes_a_gate_that_asks() -> None:
    world = GateWorld()
    answer = open_gate(a_request(), world)
    gate = world.the_gate()
    assert answer == {"gateId": gate.id, "decision": "ASK", "expiresInSeconds": 1440 * 60}
    assert gate.status is GateStatus.OPEN
    assert gate.approval_token == APPROVAL_TOKEN
    assert gate.dossier.revision == COMMIT.id
    assert gate.dossier.artifact_digest == DIGEST
    assert gate.dossier.tests.passed == 12
    assert gate.dossier.changes == CHANGES
    assert [effect.payload for effect in world.bells.rung] == [{"release": RELEASE.key}]
    assert world.audit.said(f"release#{RELEASE.key}") == ["gate opened"]


@pytest.mark.parametrize(
    "state",
    [ActionState.SUCCEEDED, ActionState.FAILED, ActionState.ABANDONED, ActionState.CANCELED],
)
def test_nothing_is_asked_when_the_approval_no_longer_waits(state: ActionState) -> None:
    world = GateWorld()
    world.pipelines.approvals.clear()
    world.pipelines.told[RELEASE] = [an_answered_approval(state, "in the console")]
    assert open_gate(a_request(), world)["decision"] == "NONE"
    assert not world.ledger.gates


@pytest.mark.parametrize("told", [(), (ActionState.STARTED,)])
def test_an_approval_that_the_api_does_not_show_yet_is_looked_for_again(
    told: tuple[ActionState, ...],
) -> None:
    world = GateWorld()
    hidden = world.pipelines.approvals.pop(APPROVAL_ID)
    world.pipelines.told[RELEASE] = [an_answered_approval(state, "") for state in told]
    with pytest.raises(NotYetError):
        open_gate(a_request(), world)
    world.pipelines.approvals[APPROVAL_ID] = hidden
    assert open_gate(a_request(), world)["decision"] == "ASK"


def test_an_earlier_answer_at_the_same_stage_is_not_the_end_of_this_approval() -> None:
    world = GateWorld()
    world.pipelines.approvals.clear()
    earlier = an_answered_approval(ActionState.FAILED, "the first try")
    world.pipelines.told[RELEASE] = [replace(earlier, action_execution_id="another")]
    with pytest.raises(NotYetError):
        open_gate(a_request(), world)


def test_a_gate_opens_though_the_truth_of_its_release_may_not_be_read() -> None:
    world = GateWorld()

    def refuse(*_: object) -> None:
        raise AwsRefusedError("denied", code="AccessDeniedException")

    world.pipelines.execution = refuse  # type: ignore[assignment, method-assign]
    assert open_gate(a_request(), world)["decision"] == "ASK"


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.OBSERVE])
def test_a_pipeline_that_is_not_enforced_keeps_its_approvals_to_itself(mode: Mode) -> None:
    world = GateWorld()
    world.policies.default = Policy(mode=mode)
    assert open_gate(a_request(), world)["decision"] == "NONE"


def test_opening_twice_finds_the_same_gate_and_says_it_once() -> None:
    world = GateWorld()
    first = open_gate(a_request(), world)
    world.clock.advance(timedelta(minutes=10))
    second = open_gate(a_request(), world)
    assert second == first | {"expiresInSeconds": 1430 * 60}
    assert len(world.ledger.gates) == 1
    assert len(world.bells.rung) == 1


def test_a_crash_between_claim_and_gate_is_finished_by_the_next_run() -> None:
    world = GateWorld()
    claimed = world.ledger.claim_gate(RELEASE, APPROVAL_ID, "f" * 32)
    assert open_gate(a_request(), world)["gateId"] == claimed


def test_a_second_machine_hears_of_the_votes_the_first_one_missed() -> None:
    world = GateWorld()
    gate = world.opened_gate()
    assert say(world, Choice.APPROVE)
    world.bells.rings.clear()
    open_gate(a_request(), world)
    [(effect, delay)] = world.bells.rings
    assert effect.payload == {"gate": gate.id}
    assert delay > 0
    decide_gate(gate.id, world)
    assert world.the_gate().verdict is Verdict.APPROVED


def test_only_commits_since_the_last_good_release_are_shown() -> None:
    world = GateWorld()
    earlier = a_truth(release=release_id("earlier"), commit=Commit(id="b" * 40))
    world.pipelines.succeeded["Production"] = [a_truth(), earlier]
    open_gate(a_request(), world)
    dossier = world.the_gate().dossier
    assert dossier.changes == CHANGES[:1]
    assert dossier.last_good_revision == "b" * 40
    assert dossier.rollback_readiness == "unknown"


def test_firing_alarms_are_in_the_dossier() -> None:
    world = GateWorld()
    world.alarms.states = {
        "hello-production-errors": AlarmState.ALARM,
        "hello-staging-errors": AlarmState.OK,
    }
    open_gate(a_request(), world)
    assert world.the_gate().dossier.firing_alarms == ("hello-production-errors",)


def test_another_policy_another_artifact_or_another_revision_is_another_digest() -> None:
    digests = set()
    for policy, artifact, revision in [
        (Policy(), DIGEST, COMMIT.id),
        (Policy(digest="another"), DIGEST, COMMIT.id),
        (Policy(), "e" * 64, COMMIT.id),
        (Policy(), DIGEST, "c" * 40),
    ]:
        world = GateWorld()
        world.policies.default = policy
        world.artifacts.listed[RELEASE] = Listing(changes=CHANGES, digest=artifact)
        world.pipelines.truths[RELEASE] = a_truth(commit=replace(COMMIT, id=revision))
        open_gate(a_request(), world)
        digests.add(world.the_gate().shown_digest)
    assert len(digests) == 4


def test_an_approval_of_a_strangers_pipeline_is_left_alone() -> None:
    stranger = ReleaseId(
        pipeline=PipelineId(account="1" * 12, region="eu-west-1", name="x"), execution="e"
    )
    world = GateWorld()
    world.pipelines.fail_with = AssertionError("no right to read")
    answer = open_gate(replace(a_request(), release=stranger), world)
    assert answer["decision"] == "NONE"
    assert not world.ledger.gates


def test_the_machines_input_is_read_and_a_foreign_contract_refused() -> None:
    given = {
        "contract": 1,
        "release": {
            "account": RELEASE.pipeline.account,
            "region": RELEASE.pipeline.region,
            "pipeline": "hello",
            "execution": RELEASE.execution,
        },
        "stage": "Approval",
        "action": "Approve",
        "actionExecutionId": APPROVAL_ID,
    }
    assert GateRequest.from_input(given) == a_request()
    for broken in ({**given, "contract": 2}, {**given, "release": None}, {"contract": 1}):
        with pytest.raises(DocumentInvalidError):
            GateRequest.from_input(broken)
