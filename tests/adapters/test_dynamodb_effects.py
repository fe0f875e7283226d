"""The outbox in DynamoDB: what is listed when, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_incidents import DynamoDbIncidents
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.identity import AlarmId
from signalbox.domain.incidents import Incident, IncidentStatus

from tests.adapters.faults import faults
from tests.fakes import ACCOUNT, NOW, REGION
from tests.memory_ledger import MemoryLedger

LATER = NOW + timedelta(minutes=10)
INCIDENT = Incident(
    id="one",
    alarm=AlarmId(account=ACCOUNT, region=REGION, name="a"),
    service="hello",
    environment="production",
    status=IncidentStatus.OPEN,
    opened_at=NOW,
)


@pytest.fixture(params=["DynamoDB", "memory"])
def effects(request: pytest.FixtureRequest) -> DynamoDbEffects | MemoryLedger:
    """The table and the fake that stands for it in most tests: both keep the same rules."""
    if request.param == "memory":
        return MemoryLedger()
    return DynamoDbEffects(request.getfixturevalue("table"))


@pytest.fixture(params=["DynamoDB", "memory"])
def incidents(request: pytest.FixtureRequest) -> DynamoDbIncidents | MemoryLedger:
    if request.param == "memory":
        return MemoryLedger()
    return DynamoDbIncidents(request.getfixturevalue("table"))


def an_effect(key: str, minutes: int = 0) -> Effect:
    return Effect(
        kind=EffectKind.START_ROLLBACK,
        subject="incident#1",
        key=key,
        created_at=NOW + timedelta(minutes=minutes),
    )


def keys(found: object) -> list[str]:
    return [effect.key for effect in found]  # type: ignore[attr-defined]


def test_what_is_put_off_is_listed_later_and_keeps_its_age(effects: DynamoDbEffects) -> None:
    old, young = an_effect("old"), an_effect("young", 1)
    effects.add([old, young])
    assert keys(effects.pending(LATER)) == ["old", "young"]
    effects.put_off(old, LATER)
    assert keys(effects.pending(LATER)) == ["young"]
    assert keys(effects.pending(LATER + timedelta(seconds=1))) == ["young", "old"]
    assert effects.effect("incident#1", "old") == old


def test_what_is_done_is_not_listed_again_by_being_put_off(effects: DynamoDbEffects) -> None:
    effects.add([an_effect("done")])
    effects.finish(an_effect("done"), EffectStatus.DONE)
    effects.put_off(an_effect("done"), NOW)
    effects.put_off(an_effect("unheard of"), NOW)
    assert keys(effects.pending(LATER)) == []


def test_a_watched_effect_is_done_and_listed_until_it_is_finished(
    effects: DynamoDbEffects,
) -> None:
    for effect in (an_effect("b", 1), an_effect("a")):
        effects.add([effect])
        effects.watch(effect)
    assert keys(effects.pending(LATER)) == []
    assert keys(effects.watched()) == ["a", "b"]
    assert {effect.status for effect in effects.watched()} == {EffectStatus.DONE}
    effects.finish(an_effect("a"), EffectStatus.DONE)
    assert keys(effects.watched()) == ["b"]


def test_whoever_takes_over_names_whom_from(incidents: DynamoDbIncidents) -> None:
    def take(who: str, holder: str) -> str:
        return incidents.take_over_target("hello", "production", replace(INCIDENT, id=who), holder)

    incidents.claim_target("hello", "production", INCIDENT)
    assert take("two", "one") == "two"
    assert take("three", "one") == "two", "somebody was faster"
    assert take("two", "one") == "two", "and knows it"
    incidents.release_target("hello", "production", "two")
    assert take("three", "two") == "three", "given back meanwhile"


def test_a_takeover_whose_reply_was_lost_is_ours(table: LedgerTable) -> None:
    incidents = DynamoDbIncidents(table)
    incidents.claim_target("hello", "production", INCIDENT)
    with faults("UpdateItem", "lost-reply"):
        taken = incidents.take_over_target(
            "hello", "production", replace(INCIDENT, id="two"), "one"
        )
    assert taken == "two"
