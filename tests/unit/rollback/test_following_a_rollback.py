"""A rollback's workflow that came to nothing, and the lock that it left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.facts import AlarmChanged
from signalbox.domain.identity import AlarmId
from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.domain.states import AlarmState
from signalbox.usecases.close_incident import close_incident
from signalbox.usecases.dispatch import dispatch, execution_name
from signalbox.usecases.follow_rollback import OVER_AFTER, follow_rollback, is_over
from signalbox.usecases.open_incident import AlarmRequest, open_incident
from signalbox.usecases.reconcile import Reconciled, reconcile
from signalbox.usecases.record_fact import incident_id, record_fact

from tests.fakes import ACCOUNT, NOW, REGION, FakeWorld
from tests.unit.rollback.test_rollback_steps import World as Steps
from tools.transform import ROOT

ALARM = AlarmId(account=ACCOUNT, region=REGION, name="hello-production-errors")
INCIDENT = Incident(
    id=incident_id(ALARM, NOW),
    alarm=ALARM,
    service="hello",
    environment="production",
    status=IncidentStatus.OPEN,
    opened_at=NOW,
)
ROLLING_BACK = replace(INCIDENT, status=IncidentStatus.ROLLING_BACK)


def bell_of(effect: Effect) -> dict[str, str]:
    return {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key}


def starts(world: FakeWorld) -> list[Effect]:
    return [e for e in world.bells.rung if e.kind is EffectKind.START_ROLLBACK]


@pytest.fixture
def world() -> FakeWorld:
    """An alarm fired, and its workflow was started."""
    world = FakeWorld()
    fact = AlarmChanged(alarm=ALARM, state=AlarmState.ALARM, previous=AlarmState.OK, at=NOW)
    record_fact(fact, world, allowed_accounts={ACCOUNT})
    (start,) = starts(world)
    dispatch(bell_of(start), world)
    assert len(world.workflows.started) == 1
    world.bells.rings.clear()
    return world


def later(world: FakeWorld, by: timedelta) -> Reconciled:
    world.clock.advance(by)
    return reconcile(world)


def test_a_workflow_that_opened_no_incident_gets_one_more_attempt_and_only_one(
    world: FakeWorld,
) -> None:
    assert later(world, timedelta(minutes=15)).restarted == 0, "its own retries may still help"
    assert later(world, timedelta(minutes=20)).restarted == 1
    (again,) = starts(world)
    dispatch(bell_of(again), world)
    dispatch(bell_of(again), world)
    first = replace(again, key="rollback")
    assert list(world.workflows.started) == [execution_name(first), execution_name(first, 2)]
    payloads = [payload for _, payload in world.workflows.started.values()]
    assert payloads[0] == payloads[1]
    for _ in range(100):
        assert later(world, timedelta(minutes=5)).restarted == 0
    assert len(world.workflows.started) == 2
    assert world.ledger.watched() == ()
    assert world.audit.said(INCIDENT.subject)[-1] == "incident closed"


def test_a_claim_without_a_decision_counts_as_nothing(world: FakeWorld) -> None:
    world.ledger.save_incident(INCIDENT, [])
    world.ledger.claim_target("hello", "production", INCIDENT)
    assert later(world, timedelta(minutes=35)).restarted == 1
    assert later(world, timedelta(minutes=35)).closed_incidents == 1
    assert world.ledger.incidents[INCIDENT.id].status is IncidentStatus.NEEDS_A_HUMAN
    assert world.ledger.locks == {}


@pytest.mark.parametrize(
    "decided",
    [
        replace(INCIDENT, status=IncidentStatus.NOT_OURS),
        replace(INCIDENT, status=IncidentStatus.NEEDS_A_HUMAN),
        replace(INCIDENT, status=IncidentStatus.ROLLED_BACK),
        replace(INCIDENT, evidence="Signalbox only observes here."),
    ],
    ids=lambda incident: f"{incident.status}",
)
def test_what_is_decided_is_watched_no_longer(world: FakeWorld, decided: Incident) -> None:
    world.ledger.save_incident(decided, [])
    found = later(world, timedelta(hours=10))
    assert (found.restarted, found.closed_incidents) == (0, 0)
    assert world.ledger.watched() == ()
    assert world.ledger.incidents[INCIDENT.id] == decided


def test_a_rollback_whose_machine_must_be_dead_is_left_to_a_human(world: FakeWorld) -> None:
    world.ledger.save_incident(ROLLING_BACK, [])
    world.ledger.claim_target("hello", "production", ROLLING_BACK)
    assert later(world, timedelta(hours=4, minutes=59)).closed_incidents == 0
    assert later(world, timedelta(minutes=2)).closed_incidents == 1
    closed = world.ledger.incidents[INCIDENT.id]
    assert closed.status is IncidentStatus.NEEDS_A_HUMAN
    assert "did not come to an end" in closed.evidence
    assert world.ledger.locks == {}
    assert [e.payload for e in world.bells.rung if e.kind is EffectKind.ANNOUNCE] == [
        {"incident": INCIDENT.id}
    ]
    assert later(world, timedelta(minutes=5)).closed_incidents == 0


def test_a_second_attempt_has_its_own_five_hours(world: FakeWorld) -> None:
    later(world, timedelta(minutes=40))
    world.ledger.save_incident(ROLLING_BACK, [])
    assert later(world, OVER_AFTER - timedelta(minutes=10)).closed_incidents == 0
    assert later(world, timedelta(minutes=20)).closed_incidents == 1


def test_a_machine_never_outlives_what_is_taken_for_its_end() -> None:
    machine = json.loads((ROOT / "statemachines/rollback.asl.json").read_text(encoding="utf-8"))
    assert timedelta(seconds=machine["TimeoutSeconds"]) <= OVER_AFTER - timedelta(hours=1)


def test_a_rollback_that_could_not_start_stays_pending_and_is_rung_for() -> None:
    world = FakeWorld()
    start = Effect(
        kind=EffectKind.START_ROLLBACK, subject="incident#i", key="rollback", created_at=NOW
    )
    world.ledger.add([start])
    assert later(world, timedelta(minutes=5)).pending_effects == 1
    assert starts(world) == [start]
    assert follow_rollback(start, world)
    assert world.ledger.effects[("incident#i", start.kind, "rollback")].status in {
        EffectStatus.PENDING
    }


class CrashError(BaseException):
    """The process is gone."""


@pytest.mark.case(53)
def test_a_crash_between_a_start_and_its_note_starts_nothing_twice() -> None:
    world = FakeWorld()
    start = Effect(
        kind=EffectKind.START_ROLLBACK, subject=INCIDENT.subject, key="rollback", created_at=NOW
    )
    world.ledger.add([start])
    watch, world.ledger.watch = world.ledger.watch, crash  # type: ignore[method-assign]
    with pytest.raises(CrashError):
        dispatch(bell_of(start), world)
    world.ledger.watch = watch  # type: ignore[method-assign]
    assert later(world, timedelta(minutes=5)).pending_effects == 1
    dispatch(bell_of(start), world)
    assert len(world.workflows.started) == 1
    assert [effect.key for effect in world.ledger.watched()] == ["rollback"]


@pytest.mark.case(53)
def test_a_crash_between_the_second_attempt_and_its_bell_is_healed(world: FakeWorld) -> None:
    world.bells.fail_with = CrashError()  # type: ignore[assignment]
    with pytest.raises(CrashError):
        later(world, timedelta(minutes=35))
    world.bells.fail_with = None
    assert later(world, timedelta(minutes=5)).restarted == 0
    assert [effect.key for effect in starts(world)] == ["rollback/again"]


def crash(_: object) -> None:
    raise CrashError


# The lock

Ends = Callable[[Steps], None]


def opened(steps: Steps, incident: str) -> str:
    request = AlarmRequest(alarm=ALARM, incident_id=incident, at=steps.clock.now())
    return str(open_incident(request, steps)["decision"])


@pytest.fixture
def steps() -> Steps:
    """A rollback that is under way."""
    steps = Steps()
    steps.deployed("good", NOW - timedelta(minutes=30))
    steps.deployed("bad", NOW - timedelta(minutes=2))
    steps.ledger.add(
        [
            Effect(
                kind=EffectKind.START_ROLLBACK,
                subject="incident#one",
                key="rollback",
                created_at=NOW,
            )
        ]
    )
    assert opened(steps, "one") == "ROLL_BACK"
    return steps


@pytest.mark.case(62)
def test_while_a_rollback_is_under_way_another_alarm_stands_down(steps: Steps) -> None:
    steps.clock.advance(timedelta(minutes=3))
    assert opened(steps, "two") == "STAND_DOWN"
    assert steps.ledger.locks == {("hello", "production"): "one"}


@pytest.mark.parametrize("way", ["ended", "missing", "timed out"])
def test_a_lock_whose_holder_died_is_taken_over(steps: Steps, way: str) -> None:
    if way == "ended":
        incident = steps.ledger.incidents["one"]
        steps.ledger.save_incident(replace(incident, status=IncidentStatus.NEEDS_A_HUMAN), [])
    elif way == "missing":
        del steps.ledger.incidents["one"]
    else:
        steps.clock.advance(OVER_AFTER + timedelta(minutes=1))
        steps.deployed("newer", steps.clock.now() - timedelta(minutes=2))
    assert opened(steps, "two") == "ROLL_BACK"
    assert steps.ledger.locks == {("hello", "production"): "two"}
    assert "target taken over" in steps.audit.said("incident#two")
    close_incident("one", "NEEDS_A_HUMAN", steps)
    assert steps.ledger.locks == {("hello", "production"): "two"}, "only its holder gives it back"


def test_of_two_that_take_a_dead_lock_one_wins(steps: Steps) -> None:
    del steps.ledger.incidents["one"]
    take = steps.ledger.take_over_target

    def overtaken(service: str, environment: str, incident: Incident, holder: str) -> str:
        steps.ledger.save_incident(replace(incident, id="three"), [])
        take(service, environment, replace(incident, id="three"), holder)
        return take(service, environment, incident, holder)

    steps.ledger.take_over_target = overtaken  # type: ignore[method-assign]
    assert opened(steps, "two") == "STAND_DOWN"
    assert steps.ledger.locks == {("hello", "production"): "three"}


def test_a_holder_is_as_old_as_its_last_start_and_not_as_its_alarm(steps: Steps) -> None:
    late = replace(steps.ledger.incidents["one"], opened_at=NOW - timedelta(hours=20), id="one")
    steps.ledger.save_incident(late, [])
    assert not is_over("one", steps)
    steps.clock.advance(OVER_AFTER + timedelta(minutes=1))
    assert is_over("one", steps)
