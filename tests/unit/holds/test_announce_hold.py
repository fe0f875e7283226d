"""Channels hear of holds, each once, and of stages that stay closed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.errors import SlackRefusedError
from signalbox.domain.holds import Hold, HoldSource, Reach, Scope
from signalbox.domain.routes import RouteTable
from signalbox.notifications.hold_message import hold_message
from signalbox.usecases.announce import announce
from signalbox.usecases.announce_hold import announce_hold
from signalbox.usecases.effects_of_holds import HoldNews, StageNews, hold_news, stage_news

from tests.fakes import NOW, PIPELINE, a_service
from tests.unit.holds.held_pipeline import ANN, HeldWorld


@pytest.fixture
def world() -> HeldWorld:
    return HeldWorld()


def tell(world: HeldWorld, effect: Effect) -> EffectStatus:
    world.ledger.add([effect])
    announce({"subject": effect.subject, "kind": "announce", "key": effect.key}, world)
    known = world.ledger.effect(effect.subject, effect.key)
    assert known is not None
    return known.status


def shown(world: HeldWorld) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) for one in world.messenger.messages.values()]


def test_a_hold_is_told_where_its_pipelines_are_told_of(world: HeldWorld) -> None:
    world.services.listed = [
        a_service("hello", channel="#hello"),
        a_service("shop", channel="#shop"),
        a_service("till", channel="#shop"),
    ]
    hold = world.place(until=NOW + timedelta(days=3))
    assert tell(world, hold_news(hold, HoldNews.STARTED, NOW)) is EffectStatus.DONE
    assert [one["channel"] for one in world.messenger.messages.values()] == ["#hello", "#shop"]
    assert "production is on hold until 25 Nov 12:00 UTC: load test" in shown(world)[0]
    assert "Pipelines: hello, shop, till" in shown(world)[0]
    assert world.publisher.published == []


def test_the_end_of_a_hold_says_who_ended_it(world: HeldWorld) -> None:
    world.place("h1")
    world.place("h2", until=NOW)
    world.ledger.end_hold("h1", "Olga", NOW, [])
    world.ledger.end_hold("h2", "time", NOW, [])
    for name in ("h1", "h2"):
        hold = world.ledger.hold(name)
        assert hold is not None
        tell(world, hold_news(hold, HoldNews.ENDED, NOW))
    assert "has ended (by Olga)" in shown(world)[0]
    assert "has ended (its time is over)" in shown(world)[1]


def test_what_slack_does_not_take_goes_by_e_mail(world: HeldWorld) -> None:
    hold = world.place()
    world.messenger.fail_with = SlackRefusedError("no", code="channel_not_found")
    assert tell(world, hold_news(hold, HoldNews.STARTED, NOW)) is EffectStatus.REFUSED
    ((subject, text),) = world.publisher.published
    assert subject == "A hold has begun"
    assert "load test" in text


def test_a_stage_that_stays_closed_is_told_with_its_reason(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.fail_tests("e1")
    world.release()
    world.apply()
    (effect,) = [one for one in world.bells.rung if one.payload.get("news") == "blocked"]
    tell(world, effect)
    assert "Production of hello stays closed" in shown(world)[0]
    assert "1 failing test" in shown(world)[0]


def test_what_is_no_longer_so_is_not_told(world: HeldWorld) -> None:
    world.place()
    world.apply()
    (closed,) = [one for one in world.ledger.closed_stages() if one.stage == "Production"]
    assert tell(world, stage_news(closed, StageNews.BLOCKED, "1", NOW)) is EffectStatus.DONE
    gone = Hold(id="gone", scope=Scope(reach=Reach.EVERYTHING), owner="", reason="", since=NOW)
    assert tell(world, hold_news(gone, HoldNews.STARTED, NOW)) is EffectStatus.DONE
    assert world.messenger.messages == {}


def test_a_stage_left_to_a_person_and_a_restart_are_told(world: HeldWorld) -> None:
    world.place()
    world.apply()
    (closed,) = world.ledger.closed_stages()
    tell(world, stage_news(closed, StageNews.LEFT, "1", NOW, by=ANN))
    tell(world, stage_news(closed, StageNews.RESTARTED, "1", NOW, execution="e1"))
    tell(world, stage_news(closed, StageNews.STUCK, "1", NOW, execution="e1"))
    assert ANN in shown(world)[0]
    assert "needs a human in front of Production" in shown(world)[2]
    assert "hello was started again" in shown(world)[1]


def test_a_hold_on_nothing_that_is_registered_goes_to_the_default_channel(
    world: HeldWorld,
) -> None:
    world.routes.table = RouteTable(channel="#releases")
    hold = world.place(scope=Scope(reach=Reach.PIPELINE, pipeline="1/r/gone"))
    assert announce_hold(hold_news(hold, HoldNews.ENDED, NOW), world) is EffectStatus.DONE
    assert [one["channel"] for one in world.messenger.messages.values()] == ["#releases"]


@pytest.mark.parametrize("scope", [
    Scope(reach=Reach.EVERYTHING),
    Scope(reach=Reach.PIPELINE, pipeline=PIPELINE.key),
    Scope.of_stage(PIPELINE, "Production"),
])  # fmt: skip
def test_what_strangers_wrote_is_never_markup(scope: Scope) -> None:
    evil = "<!channel> & <https://evil|Approve>"
    hold = Hold(id="h", scope=scope, owner=evil, reason=evil, since=NOW, ended_by=evil)
    for source in HoldSource:
        for ended in (True, False):
            said = hold_message(replace(hold, source=source), [evil, evil], ended=ended)
            assert "<!channel>" not in json.dumps(said)
            assert "<https" not in json.dumps(said)
