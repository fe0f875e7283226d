"""The rollback's steps against fakes: whom they blame, what they refuse, and that twice is once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from signalbox.domain.errors import AwsRefusedError, NothingToRollBackToError, NotYetError
from signalbox.domain.facts import Commit, ReleaseFact, StageChanged
from signalbox.domain.holds import HoldSource
from signalbox.domain.identity import AlarmId, ReleaseId
from signalbox.domain.incidents import IncidentStatus
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.states import AlarmState, ExecutionState
from signalbox.domain.truth import ExecutionTruth
from signalbox.usecases.attempt_rung import attempt_rung
from signalbox.usecases.close_incident import close_incident
from signalbox.usecases.close_stage import close_stage
from signalbox.usecases.open_incident import AlarmRequest, open_incident
from signalbox.usecases.plan_ladder import plan_ladder
from signalbox.usecases.verify_rung import verify_rung

from tests.fakes import (
    ACCOUNT,
    NOW,
    PIPELINE,
    REGION,
    FixedClock,
    FixedPolicies,
    ListedServices,
    MemoryAudit,
    MemoryLedger,
    RecordingBells,
    a_service,
)
from tests.scripted_aws import ScriptedAlarms, ScriptedPipelines, ScriptedTargets

ALARM = AlarmId(account=ACCOUNT, region=REGION, name="hello-production-errors")


@dataclass
class World:
    """All the fakes that the rollback's steps ask for."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    services: ListedServices = field(default_factory=ListedServices)
    policies: FixedPolicies = field(default_factory=FixedPolicies)
    pipelines: ScriptedPipelines = field(default_factory=ScriptedPipelines)
    targets: ScriptedTargets = field(default_factory=ScriptedTargets)
    alarms: ScriptedAlarms = field(
        default_factory=lambda: ScriptedAlarms(states={ALARM.name: AlarmState.ALARM})
    )
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    bells: RecordingBells = field(default_factory=RecordingBells)
    clock: FixedClock = field(default_factory=FixedClock)

    @property
    def incidents(self) -> MemoryLedger:
        return self.ledger

    @property
    def effects(self) -> MemoryLedger:
        return self.ledger

    @property
    def releases(self) -> MemoryLedger:
        return self.ledger

    @property
    def holds(self) -> MemoryLedger:
        return self.ledger

    def deployed(
        self,
        name: str,
        at: datetime,
        *,
        kind: str = "STANDARD",
        state: ExecutionState = ExecutionState.SUCCEEDED,
        target: str = "",
        commit: str = "",
    ) -> ReleaseId:
        """An execution that went through production; the later call is the newer one."""
        release = ReleaseId(pipeline=PIPELINE, execution=name)
        facts: list[ReleaseFact] = [
            StageChanged(release=release, stage="Production", state=ExecutionState.STARTED, at=at)
        ]
        if state is not ExecutionState.STARTED:
            ended = at + timedelta(seconds=20)
            facts.append(StageChanged(release=release, stage="Production", state=state, at=ended))
        truth = ExecutionTruth(
            release=release,
            status="Succeeded",
            kind=kind,
            started_by="",
            trigger_type="WebhookV2",
            pipeline_version=1,
            commit=Commit(id=commit or f"commit-{name}"),
            rollback_target=target,
        )
        self.pipelines.told[release] = facts
        self.pipelines.truths[release] = truth
        if state is ExecutionState.SUCCEEDED:
            self.pipelines.succeeded.setdefault("Production", []).insert(0, truth)
        return release

    def fires(self, incident: str = "one", at: datetime = NOW) -> dict[str, Any]:
        return open_incident(AlarmRequest(alarm=ALARM, incident_id=incident, at=at), self)


@pytest.fixture
def world() -> World:
    world = World()
    world.deployed("good", NOW - timedelta(minutes=30))
    world.deployed("bad", NOW - timedelta(minutes=2))
    return world


def test_a_bad_release_is_rolled_back_to_the_good_one_and_verified_by_calling(world: World) -> None:
    assert world.fires()["decision"] == "ROLL_BACK"
    close_stage("one", world)
    assert plan_ladder("one", world) == {"incidentId": "one", "rungs": 1}
    assert attempt_rung("one", 0, world)["outcome"] == "RUNNING"
    rollback = ReleaseId(pipeline=PIPELINE, execution="rollback-1")
    world.pipelines.truths[rollback] = world.pipelines.truths[_id("good")]
    world.targets.versions["production"] = "3"
    assert verify_rung("one", 0, world)["outcome"] == "VERIFIED"
    close_incident("one", "ROLLED_BACK", world)

    incident = world.ledger.incidents["one"]
    assert world.pipelines.rollbacks == [("Production", "good")]
    assert incident.status is IncidentStatus.ROLLED_BACK
    assert "200 OK" in incident.evidence
    assert world.ledger.locks == {}
    (hold,) = world.ledger.standing_holds()
    assert (hold.id, hold.source, hold.scope.stage) == ("one", HoldSource.INCIDENT, "Production")
    (closed,) = world.ledger.closed_stages()
    assert (closed.stage, closed.confirmed) == ("Production", True)
    assert world.bells.rung[-1].payload == {"incident": "one"}
    said = world.audit.said("incident#one")
    assert said.index("stage closed") < said.index("rollback attempted")


def test_a_stage_that_a_person_has_closed_is_held_and_not_taken_for_ours(world: World) -> None:
    world.fires()
    world.pipelines.closed["Production"] = "load test"
    world.pipelines.closed_by["Production"] = "arn:aws:iam::123456789012:user/ann"
    close_stage("one", world)
    assert world.pipelines.closed["Production"] == "load test"
    assert len(world.ledger.standing_holds()) == 1
    assert world.ledger.closed_stages() == ()


def test_a_hold_that_was_released_while_the_machine_retried_is_not_closed_once_more(
    world: World,
) -> None:
    world.fires()
    close_stage("one", world)
    world.ledger.end_hold("one", "olga", NOW, [])
    world.pipelines.open_stage(world.services.listed[0], "Production")
    close_stage("one", world)
    assert world.pipelines.closed == {}


def test_each_step_done_twice_is_done_once(world: World) -> None:
    assert world.fires() == world.fires()
    for _ in range(2):
        close_stage("one", world)
        plan_ladder("one", world)
        attempt_rung("one", 0, world)
    for _ in range(2):
        close_incident("one", "NEEDS_A_HUMAN", world)
    close_incident("one", "ROLLED_BACK", world)
    assert len(world.pipelines.rollbacks) == 1
    assert world.ledger.incidents["one"].status is IncidentStatus.NEEDS_A_HUMAN
    assert world.audit.said("incident#one").count("stage closed") == 1


@pytest.mark.case(58)
def test_an_alarm_without_a_recent_deployment_is_only_told() -> None:
    world = World()
    world.deployed("old", NOW - timedelta(hours=3))
    assert world.fires()["decision"] == "STAND_DOWN"
    assert world.ledger.incidents["one"].status is IncidentStatus.NOT_OURS
    assert world.pipelines.closed == {}


@pytest.mark.case(58)
def test_a_release_deployed_after_the_alarm_is_not_blamed(world: World) -> None:
    assert world.fires(at=NOW - timedelta(minutes=5))["decision"] == "STAND_DOWN"
    assert "before this release" in world.ledger.incidents["one"].evidence


@pytest.mark.case(59)
@pytest.mark.parametrize("state", [AlarmState.OK, AlarmState.INSUFFICIENT_DATA, None])
def test_an_alarm_that_no_longer_fires_rolls_nothing_back(
    world: World, state: AlarmState | None
) -> None:
    world.alarms.states = {ALARM.name: state} if state else {}
    assert world.fires()["decision"] == "STAND_DOWN"
    assert world.ledger.locks == {}


@pytest.mark.case(57)
def test_a_rollback_is_never_rolled_back(world: World) -> None:
    world.deployed("undo", NOW - timedelta(minutes=3), kind="ROLLBACK", target="good")
    assert world.fires(at=NOW)["decision"] == "STAND_DOWN"
    incident = world.ledger.incidents["one"]
    assert incident.status is IncidentStatus.NEEDS_A_HUMAN
    assert incident.release == _id("bad"), "our rollback has no message of its own to tell it in"


@pytest.mark.case(56)
def test_an_alarm_right_after_a_rollback_is_looked_at_again_later(world: World) -> None:
    world.deployed("undo", NOW - timedelta(seconds=30), kind="ROLLBACK", target="good")
    with pytest.raises(NotYetError):
        world.fires(at=NOW)
    world.alarms.states[ALARM.name] = AlarmState.OK
    assert world.fires(at=NOW)["decision"] == "STAND_DOWN"
    assert world.ledger.incidents_of(_id("bad")) == ()


@pytest.mark.case(55)
def test_of_many_alarms_one_rolls_back(world: World) -> None:
    decisions = [world.fires(f"incident-{number}")["decision"] for number in range(20)]
    assert decisions.count("ROLL_BACK") == 1


def test_a_pipeline_that_is_observed_is_left_alone(world: World) -> None:
    world.policies.default = Policy(mode=Mode.OBSERVE)
    assert world.fires()["decision"] == "STAND_DOWN"
    assert "would have" in world.ledger.incidents["one"].evidence
    assert world.ledger.locks == {}


def test_where_nobody_said_what_is_deployed_a_human_is_asked(world: World) -> None:
    registered = a_service()
    unknown = tuple(replace(one, target=None) for one in registered.environments)
    world.services.listed = [replace(registered, environments=unknown)]
    assert world.fires()["decision"] == "STAND_DOWN"
    assert world.ledger.incidents["one"].status is IncidentStatus.NEEDS_A_HUMAN
    assert "no target" in world.ledger.incidents["one"].evidence
    assert world.ledger.locks == {}


def test_a_deployment_that_failed_by_itself_is_not_rolled_back_again() -> None:
    world = World()
    world.deployed("bad", NOW - timedelta(minutes=1), state=ExecutionState.FAILED)
    assert world.fires()["decision"] == "STAND_DOWN"
    assert world.ledger.incidents["one"].status is IncidentStatus.NEEDS_A_HUMAN


@pytest.mark.case(60)
def test_rollbacks_blamed_releases_and_the_same_commit_are_no_targets() -> None:
    world = World()
    world.deployed("good", NOW - timedelta(hours=5))
    world.deployed("bad once", NOW - timedelta(hours=2))
    world.fires("earlier", at=NOW - timedelta(hours=1, minutes=50))
    world.ledger.locks.clear()
    world.deployed("undo", NOW - timedelta(hours=1), kind="ROLLBACK", target="good")
    world.deployed("same", NOW - timedelta(minutes=40), commit="abc")
    world.deployed("bad", NOW - timedelta(minutes=2), commit="abc")
    world.fires()
    plan_ladder("one", world)
    assert [rung.to_execution for rung in world.ledger.incidents["one"].rungs] == ["good"]


def test_where_nothing_qualifies_a_human_learns_why() -> None:
    world = World()
    world.deployed("first", NOW - timedelta(minutes=1))
    world.fires()
    with pytest.raises(NothingToRollBackToError):
        plan_ladder("one", world)
    close_incident("one", "NEEDS_A_HUMAN", world)
    assert "No earlier good release" in world.ledger.incidents["one"].evidence


def test_a_refusal_is_an_outcome_with_the_code_of_aws(world: World) -> None:
    _planned(world)
    world.pipelines.refuse_rollback = AwsRefusedError("no", code="UnableToRollbackStageException")
    assert attempt_rung("one", 0, world)["outcome"] == "REFUSED"
    assert "UnableToRollbackStageException" in world.ledger.incidents["one"].evidence


def test_a_busy_pipeline_is_asked_again(world: World) -> None:
    _planned(world)
    world.pipelines.refuse_rollback = AwsRefusedError("busy", code="ConflictException")
    with pytest.raises(NotYetError):
        attempt_rung("one", 0, world)


@pytest.mark.case(64)
def test_a_rollback_whose_reply_was_lost_is_adopted_and_not_repeated(world: World) -> None:
    _planned(world)
    world.deployed("lost", NOW, kind="ROLLBACK", target="good", state=ExecutionState.STARTED)
    assert attempt_rung("one", 0, world)["outcome"] == "RUNNING"
    assert world.ledger.incidents["one"].rollback_execution == "lost"
    assert world.pipelines.rollbacks == []


@pytest.mark.case(64)
def test_a_rollback_of_another_stage_is_not_taken_for_ours(world: World) -> None:
    _planned(world)
    other = world.deployed("staging", NOW, kind="ROLLBACK", target="good")
    world.pipelines.told[other] = [
        StageChanged(release=other, stage="Staging", state=ExecutionState.STARTED, at=NOW)
    ]
    attempt_rung("one", 0, world)
    assert world.pipelines.rollbacks == [("Production", "good")]


def test_a_service_that_answers_badly_or_still_serves_the_bad_version_is_not_verified(
    world: World,
) -> None:
    _planned(world)
    attempt_rung("one", 0, world)
    world.pipelines.truths[_id("rollback-1")] = world.pipelines.truths[_id("good")]
    assert verify_rung("one", 0, world)["outcome"] == "FAILED"  # version 1 as before
    world.targets.versions["production"] = ""
    assert verify_rung("one", 0, world)["outcome"] == "RUNNING"
    world.targets.versions["production"], world.targets.well = "9", False
    assert verify_rung("one", 0, world)["outcome"] == "FAILED"


def test_an_incident_that_could_not_be_opened_still_gives_its_target_back(world: World) -> None:
    world.bells.fail_with = ConnectionError()
    with pytest.raises(ConnectionError):
        world.fires()
    world.bells.fail_with = None
    close_incident("one", "NEEDS_A_HUMAN", world)
    assert world.ledger.locks == {}


def _planned(world: World) -> None:
    world.fires()
    plan_ladder("one", world)


def _id(execution: str) -> ReleaseId:
    return ReleaseId(pipeline=PIPELINE, execution=execution)
