"""Incidents, locks, sweeps and observations in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_incidents import DynamoDbIncidents
from signalbox.adapters.dynamodb_observations import DynamoDbObservations
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_sweeps import DynamoDbSweeps
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsUnavailableError
from signalbox.domain.facts import (
    AlarmChanged,
    ApprovalAsked,
    BuildChanged,
    DeploymentChanged,
    Ignored,
    ImageScanned,
)
from signalbox.domain.identity import AlarmId
from signalbox.domain.incidents import Incident, IncidentStatus, Rung
from signalbox.domain.states import AlarmState
from signalbox.domain.sweeps import Judgement, Sweep, Thing

from tests.adapters.faults import faults
from tests.fakes import ACCOUNT, NOW, PIPELINE, REGION, release_id

ALARM = AlarmId(account=ACCOUNT, region=REGION, name="hello [errors] #1")
INCIDENT = Incident(
    id="i1",
    alarm=ALARM,
    service="hello",
    environment="production",
    status=IncidentStatus.OPEN,
    opened_at=NOW,
    release=release_id(),
    rungs=(Rung(name="stage-rollback", to_execution="e0"),),
)


@pytest.fixture
def incidents(table: LedgerTable) -> DynamoDbIncidents:
    return DynamoDbIncidents(table)


def an_effect(key: str) -> Effect:
    return Effect(kind=EffectKind.ANNOUNCE, subject=INCIDENT.subject, key=key, created_at=NOW)


def test_an_incident_comes_back_as_it_was_saved(
    incidents: DynamoDbIncidents, table: LedgerTable
) -> None:
    incidents.save_incident(INCIDENT, [an_effect("opened")])
    assert incidents.incident("i1") == INCIDENT
    assert DynamoDbReleases(table).incidents_of(release_id()) == (INCIDENT,)
    assert DynamoDbEffects(table).effect(INCIDENT.subject, "opened")


def test_saving_again_replaces_the_incident_and_keeps_its_effects(
    incidents: DynamoDbIncidents, table: LedgerTable
) -> None:
    opened = incidents.save_incident(INCIDENT, [an_effect("opened")])
    closed = replace(opened, status=IncidentStatus.ROLLED_BACK, closed_at=NOW)
    incidents.save_incident(closed, [an_effect("opened"), an_effect("closed")])
    assert incidents.incident("i1") == closed
    assert len(DynamoDbEffects(table).pending(NOW + timedelta(hours=1))) == 2


def test_a_step_that_outlives_its_timeout_cannot_write_over_a_closed_incident(
    incidents: DynamoDbIncidents, table: LedgerTable
) -> None:
    incidents.save_incident(INCIDENT, [])
    late = incidents.incident("i1")
    read = incidents.incident("i1")
    assert late
    assert read
    closed = replace(read, status=IncidentStatus.NEEDS_A_HUMAN, closed_at=NOW)
    incidents.save_incident(closed, [])
    with pytest.raises(AwsUnavailableError, match="another step"):
        incidents.save_incident(
            replace(late, status=IncidentStatus.ROLLING_BACK, rollback_execution="e2"),
            [an_effect("rung-0")],
        )
    assert incidents.incident("i1") == closed
    assert DynamoDbEffects(table).effect(INCIDENT.subject, "rung-0") is None


def test_an_incident_opened_again_from_nothing_does_not_replace_the_one_that_stands(
    incidents: DynamoDbIncidents,
) -> None:
    incidents.save_incident(INCIDENT, [])
    with pytest.raises(AwsUnavailableError):
        incidents.save_incident(replace(INCIDENT, evidence="from nothing"), [])
    assert incidents.incident("i1") == INCIDENT


def test_a_save_whose_reply_was_lost_is_ours(incidents: DynamoDbIncidents) -> None:
    with faults("TransactWriteItems", "lost-reply"):
        opened = incidents.save_incident(INCIDENT, [an_effect("opened")])
    with faults("TransactWriteItems", "lost-reply"):
        assert incidents.save_incident(replace(opened, evidence="seen"), []).revision == 2


def test_an_incident_written_before_revisions_were_counted_can_be_written_again(
    incidents: DynamoDbIncidents, table: LedgerTable
) -> None:
    incidents.save_incident(INCIDENT, [])
    table.update(INCIDENT.subject, "incident", Change("REMOVE revision"))
    old = incidents.incident("i1")
    assert old is not None
    assert incidents.save_incident(old, []).revision == 1


def test_what_was_carried_out_stays_done_whoever_gives_up_on_it(
    incidents: DynamoDbIncidents, table: LedgerTable
) -> None:
    effects, effect = DynamoDbEffects(table), an_effect("opened")
    effects.add([effect])
    effects.finish(effect, EffectStatus.DONE)
    effects.finish(effect, EffectStatus.REFUSED)
    found = effects.effect(effect.subject, effect.key)
    assert found is not None
    assert found.status is EffectStatus.DONE


def test_a_target_is_locked_by_one_incident_at_a_time(incidents: DynamoDbIncidents) -> None:
    other = replace(INCIDENT, id="i2")
    assert incidents.claim_target("hello", "production", INCIDENT) == "i1"
    assert incidents.claim_target("hello", "production", other) == "i1"
    assert incidents.claim_target("hello", "staging", other) == "i2"


def test_a_lock_whose_reply_was_lost_is_ours(incidents: DynamoDbIncidents) -> None:
    with faults("PutItem", "lost-reply"):
        assert incidents.claim_target("hello", "production", INCIDENT) == "i1"


def test_only_the_holder_gives_a_lock_back(incidents: DynamoDbIncidents) -> None:
    incidents.claim_target("hello", "production", INCIDENT)
    incidents.release_target("hello", "production", "i2")
    assert incidents.claim_target("hello", "production", replace(INCIDENT, id="i3")) == "i1"
    incidents.release_target("hello", "production", "i1")
    assert incidents.claim_target("hello", "production", replace(INCIDENT, id="i3")) == "i3"


@pytest.mark.parametrize("count", [0, 1, 450])
def test_a_sweep_comes_back_however_long_it_is(table: LedgerTable, count: int) -> None:
    judgements = tuple(
        Judgement(
            thing=Thing(kind="artifact", id=f"s3://b/{n}" + "x" * 900, created_at=NOW),
            delete=bool(n % 2),
            why="old",
        )
        for n in range(count)
    )
    sweep = Sweep(id="s1", service="hello", at=NOW, judgements=judgements)
    sweeps = DynamoDbSweeps(table)
    sweeps.save_sweep(sweep, [])
    assert sweeps.sweep("s1") == sweep
    assert sweeps.sweep("s2") is None


HERE: dict[str, Any] = {"account": ACCOUNT, "region": REGION, "at": NOW}
OBSERVATIONS = [
    AlarmChanged(alarm=ALARM, state=AlarmState.ALARM, previous=AlarmState.OK, at=NOW),
    BuildChanged(project="hello", build_id="hello:1", status="FAILED", **HERE),
    DeploymentChanged(service="ecs", target="c/s", deployment_id="d", state="FAILED", **HERE),
    ImageScanned(repository="r", digest="sha256:1", status="COMPLETE", **HERE),
    ApprovalAsked(pipeline=PIPELINE, stage="Approval", action="Approve"),
]


@pytest.mark.parametrize("fact", OBSERVATIONS, ids=lambda fact: type(fact).__name__)
def test_an_observation_is_kept_once(table: LedgerTable, fact: Any) -> None:
    observations = DynamoDbObservations(table)
    with faults("TransactWriteItems", "lost-reply"):
        assert observations.record_observation(fact, [an_effect("one")])
    assert not observations.record_observation(fact, [an_effect("two")])
    assert DynamoDbEffects(table).effect(INCIDENT.subject, "two") is None


def test_what_is_ignored_is_not_kept(table: LedgerTable) -> None:
    with pytest.raises(TypeError):
        DynamoDbObservations(table).record_observation(Ignored(kind="x", reason="y"), ())


def test_the_same_alarm_at_another_moment_is_another_observation(table: LedgerTable) -> None:
    observations = DynamoDbObservations(table)
    first = OBSERVATIONS[0]
    assert isinstance(first, AlarmChanged)
    assert observations.record_observation(first, ())
    assert observations.record_observation(replace(first, at=NOW + timedelta(minutes=1)), ())
