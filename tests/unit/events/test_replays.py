"""Events out of an archive, and old ones: recorded, and nothing is done because of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from signalbox.domain.effects import EffectKind
from signalbox.domain.facts import ActionChanged, AlarmChanged, Fact, PipelineChanged, StageChanged
from signalbox.events.reader import read
from signalbox.usecases.record_fact import NEWS_FOR, effects_of, record_fact

from tests.fakes import ACCOUNT, FakeWorld, a_service
from tests.unit.events.samples import sample

NEWS = [
    "codepipeline_pipeline_started",
    "codepipeline_stage_failed",
    "codepipeline_action_build_failed",
    "cloudwatch_alarm_raised",
]
Dated = PipelineChanged | StageChanged | ActionChanged | AlarmChanged


def read_one(name: str, **envelope: object) -> Dated:
    (fact,) = read(sample(name) | envelope)
    assert isinstance(fact, PipelineChanged | StageChanged | ActionChanged | AlarmChanged)
    return fact


def done_about(fact: Fact, late: timedelta) -> set[EffectKind]:
    assert isinstance(fact, PipelineChanged | StageChanged | ActionChanged | AlarmChanged)
    service = a_service()
    effects = effects_of(fact, fact.at + late, alarmed=(service, service.environments[-1]))
    return {effect.kind for effect in effects}


@pytest.mark.case(51)
@pytest.mark.parametrize("name", NEWS)
def test_news_is_acted_on_and_the_same_event_replayed_or_late_is_not(name: str) -> None:
    fact = read_one(name)
    assert done_about(fact, timedelta(minutes=1))
    replayed = read_one(name, **{"replay-name": "last-week"})
    assert replayed.replayed
    assert not done_about(replayed, timedelta(minutes=1))
    assert not done_about(fact, NEWS_FOR + timedelta(seconds=1))


@pytest.mark.case(51)
@pytest.mark.parametrize("name", NEWS)
def test_a_replayed_event_is_the_same_fact_as_the_first_one(name: str) -> None:
    assert read_one(name) == read_one(name, **{"replay-name": "last-week"})


@pytest.mark.case(51)
def test_an_approval_that_is_replayed_only_starts_what_asks_aws_first() -> None:
    """The workflow opens a gate only where CodePipeline says that an approval waits."""
    fact = read_one("codepipeline_action_approval_started", **{"replay-name": "last-week"})
    assert done_about(fact, timedelta(minutes=1)) == {EffectKind.START_APPROVAL}


@pytest.mark.case(41)
@pytest.mark.case(42)
@pytest.mark.parametrize("name", NEWS)
def test_one_fact_under_many_event_ids_is_recorded_once_and_acted_on_once(name: str) -> None:
    world = FakeWorld()
    world.clock.moment = read_one(name).at
    events = [{"id": "1"}, {"id": "1"}, {"id": "2", "new-field": 3}, {"id": "3", "version": "9"}]
    written = [
        record_fact(read_one(name, **event), world, allowed_accounts={ACCOUNT}) for event in events
    ]
    assert written == [True, False, False, False]
    rung = [(effect.subject, effect.kind, effect.key) for effect in world.bells.rung]
    assert len(rung) == len(set(rung)) == len(world.ledger.effects) > 0
