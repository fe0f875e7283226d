"""Stages are closed while something holds them, and open by themselves: never against people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.holds import REASON_MARK, HoldSource, Reach, Scope
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.windows import HoldWindow, Span, Window
from signalbox.usecases.apply_holds import apply_holds, apply_holds_by_effect
from signalbox.usecases.effects_of_holds import applying

from tests.fakes import NOW, PIPELINE, a_service
from tests.unit.holds.held_pipeline import (
    ANN,
    SERVICE,
    SESSION,
    Crashes,
    HeldWorld,
    execution_id,
)

SUBJECT = f"pipeline#{PIPELINE.key}"


@pytest.fixture
def world() -> HeldWorld:
    return HeldWorld()


def told(world: HeldWorld, name: str) -> list[Effect]:
    return [effect for effect in world.bells.rung if name in effect.payload]


def test_a_hold_closes_the_stage_and_its_end_lets_the_release_go_on(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    assert world.way.closed
    assert world.way.reason == f"{REASON_MARK}: load test by Grace"
    assert world.codepipeline.entered == []
    world.let_apply()
    world.release()
    world.apply()
    assert world.codepipeline.entered == [("Production", "e1")]
    assert world.ledger.closed_stages() == ()
    assert world.audit.said(SUBJECT) == ["stage closed", "stage opened"]


def test_only_the_stages_that_are_covered_are_closed(world: HeldWorld) -> None:
    world.place(scope=Scope(reach=Reach.ENVIRONMENT, environment="staging"))
    world.place("h2", scope=Scope(reach=Reach.PIPELINE, pipeline="1/r/other"))
    world.apply()
    closed = [stage for stage, way in world.codepipeline.ways.items() if way.closed]
    assert closed == ["Staging"]


def test_nothing_is_asked_of_codepipeline_where_nothing_is_held(world: HeldWorld) -> None:
    world.codepipeline.fail_with = AwsRefusedError("asked", code="Asked")
    world.apply()


def test_a_stage_opens_when_the_last_of_several_holds_has_ended(world: HeldWorld) -> None:
    for name in ("h1", "h2"):
        world.place(name)
    world.place("h3", until=NOW + timedelta(hours=1))
    world.let_apply()
    for name in ("h1", "h2"):
        world.release(name)
        world.apply()
        assert world.way.closed
    world.clock.advance(timedelta(hours=2))
    world.apply()
    assert not world.way.closed
    ended = world.ledger.hold("h3")
    assert ended is not None
    assert ended.ended_by == "time"
    assert world.audit.said("hold#h3") == ["hold ended"]
    assert [e.payload for e in told(world, "hold")] == [{"hold": "h3", "news": "ended"}]


def test_a_window_of_the_policy_holds_and_ends_by_itself(world: HeldWorld) -> None:
    window = Window(since=NOW, until=NOW + timedelta(hours=1))
    holidays = HoldWindow(window=window, owner="U0GRACE", reason="holidays")
    world.policies.default = Policy(holds=(holidays,))
    world.apply()
    assert world.codepipeline.ways["Staging"].closed
    assert world.way.reason == f"{REASON_MARK}: holidays by U0GRACE"
    world.clock.advance(timedelta(hours=1))
    world.apply()
    assert not world.way.closed


def test_a_calendar_that_cannot_be_read_holds_and_says_so(world: HeldWorld) -> None:
    def refused(*_: object) -> Span | None:
        raise AwsRefusedError("no", code="AccessDenied")

    world.schedules.span = refused  # type: ignore[method-assign, assignment]
    window = HoldWindow(window=Window(calendar="c"), owner="U0", reason="company calendar")
    world.policies.default = Policy(holds=(window,))
    world.apply()
    assert world.way.closed
    assert "cannot be read" in world.way.reason


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_where_the_policy_does_not_enforce_nothing_is_closed_and_what_was_is_opened(
    world: HeldWorld, mode: Mode
) -> None:
    window = HoldWindow(window=Window(since=NOW), owner="U0", reason="holidays")
    watching = Policy(mode=mode, holds=(window,))
    world.policies.default = watching
    world.place()
    world.apply()
    assert not world.way.closed
    world.policies.default = replace(watching, mode=Mode.ENFORCE)
    world.apply()
    assert world.way.closed
    world.policies.default = watching
    world.apply()
    assert world.way.closed, "a person's hold ends by a person's word"
    world.release()
    world.apply()
    assert not world.way.closed


def test_a_parallel_pipeline_has_no_way_to_close(world: HeldWorld) -> None:
    world.codepipeline.mode = "PARALLEL"
    world.codepipeline.arrive("e1", "Source")
    world.place()
    world.apply()
    assert not world.way.closed
    assert world.ledger.closed_stages() == ()


def test_a_stage_that_a_person_had_closed_before_is_not_opened(world: HeldWorld) -> None:
    world.codepipeline.person_closes()
    world.place()
    world.let_apply()
    world.release()
    world.let_apply()
    assert world.way.closed
    assert world.way.by == ANN
    assert world.ledger.closed_stages() == ()


def test_a_persons_closing_on_top_of_ours_stays_and_is_told(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.person_closes()
    world.let_apply()
    world.release()
    world.let_apply()
    assert world.way.closed
    assert world.ledger.closed_stages() == ()
    (news,) = told(world, "hold")
    assert (news.payload["news"], news.payload["by"]) == ("left", ANN)
    assert world.audit.said(SUBJECT) == ["stage closed", "stage left to a person"]


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (ANN, f"{REASON_MARK}: mine by Ann"),
        (SESSION, "changed through the same role"),
        (SESSION.replace("signalbox-dispatch", "ann"), f"{REASON_MARK}: mine by Ann"),
        (SESSION.replace("operator-hello", "operator-hello2"), f"{REASON_MARK}: mine by Ann"),
        ("", f"{REASON_MARK}: mine by Ann"),
    ],
)
def test_what_others_have_closed_is_not_ours_whatever_it_looks_like(
    world: HeldWorld, by: str, reason: str
) -> None:
    world.place()
    world.apply()
    world.codepipeline._switch("Production", closed=True, reason=reason, by=by)
    world.release()
    world.let_apply()
    assert world.way.closed


def test_a_stage_of_which_the_ledger_knows_nothing_is_not_opened(world: HeldWorld) -> None:
    world.codepipeline.close_stage(SERVICE, "Production", f"{REASON_MARK} this stage")
    world.place("h1", scope=Scope(reach=Reach.ENVIRONMENT, environment="staging"))
    world.let_apply()
    assert world.way.closed


def test_a_stage_that_somebody_opens_during_a_hold_is_told_once_and_left_open(
    world: HeldWorld,
) -> None:
    world.place()
    world.apply()
    world.codepipeline.person_opens()
    world.let_apply()
    assert not world.way.closed
    (warned,) = told(world, "bypass")
    assert warned.subject == SUBJECT
    about = warned.payload["bypass"]
    assert (about["call"], about["stage"], about["by"]) == (
        "EnableStageTransition",
        "Production",
        ANN,
    )
    assert world.audit.said(SUBJECT) == ["stage closed", "hold overruled"]


def test_a_new_hold_closes_again_what_somebody_opened_during_an_older_one(
    world: HeldWorld,
) -> None:
    world.place()
    world.apply()
    world.codepipeline.person_opens()
    world.let_apply()
    world.place("h2")
    world.let_apply()
    assert world.way.closed
    world.release("h2")
    world.let_apply()
    assert not world.way.closed, "the older one was overruled, and stays so"
    world.release("h1")
    world.let_apply()
    assert world.ledger.closed_stages() == ()
    assert len(told(world, "bypass")) == 1


def test_each_opening_by_somebody_is_warned_of(world: HeldWorld) -> None:
    for name in ("h1", "h2"):
        world.place(name)
        world.let_apply()
        world.codepipeline.person_opens()
        world.let_apply()
    assert len(told(world, "bypass")) == 2


def test_a_window_that_was_overruled_holds_again_when_it_comes_again(world: HeldWorld) -> None:
    weekly = Window(cron="0 16 * * 5", lasts=timedelta(hours=62))
    hold = HoldWindow(window=weekly, owner="U0", reason="weekends", environments=("production",))
    world.policies.default = Policy(holds=(hold,))
    for _ in range(2):
        world.schedules.spans[weekly] = Span()
        world.let_apply()
        assert world.way.closed
        world.codepipeline.person_opens()
        world.let_apply()
        assert not world.way.closed
        del world.schedules.spans[weekly]
        world.let_apply()


def test_an_overruled_window_holds_again_although_an_overruled_hold_still_stands(
    world: HeldWorld,
) -> None:
    weekly = Window(cron="0 16 * * 5", lasts=timedelta(hours=62))
    world.policies.default = Policy(holds=(HoldWindow(window=weekly, owner="U0", reason="w"),))
    world.place()
    world.schedules.spans[weekly] = Span()
    world.let_apply()
    world.codepipeline.person_opens()
    world.let_apply()
    del world.schedules.spans[weekly]
    world.let_apply()
    assert not world.way.closed
    world.schedules.spans[weekly] = Span()
    world.let_apply()
    assert world.way.closed


@pytest.mark.case(53)
def test_somebody_who_opens_it_before_we_have_noted_it_closed_has_opened_it(
    world: HeldWorld,
) -> None:
    world.place()
    with Crashes(world).at(2, after=True):
        world.apply()
    assert world.way.closed
    assert [one.confirmed for one in world.ledger.closed_stages()] == [False]
    world.codepipeline.person_opens()
    world.let_apply()
    assert not world.way.closed
    assert len(told(world, "bypass")) == 1


@pytest.mark.case(53)
def test_a_stage_that_somebody_opened_long_ago_is_closed_although_we_died_on_the_way(
    world: HeldWorld,
) -> None:
    world.codepipeline.person_opens()
    world.place()
    with Crashes(world).at(2, after=False):
        world.apply()
    assert not world.way.closed
    world.let_apply()
    assert world.way.closed
    assert told(world, "bypass") == []


def test_a_way_that_nobody_is_said_to_have_opened_was_reset_and_is_closed_again(
    world: HeldWorld,
) -> None:
    world.place()
    world.apply()
    world.codepipeline._switch("Production", closed=False, reason="", by="")
    world.apply()
    assert world.way.closed
    assert told(world, "bypass") == []


def test_a_blocking_check_keeps_the_stage_closed_and_is_told_once(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.fail_tests("e1")
    world.release()
    world.let_apply()
    world.fail_tests("e1", 2)
    world.let_apply()
    assert world.way.closed
    (closed,) = world.ledger.closed_stages()
    assert closed.waiting_for == "e1: 2 failing tests", "the words keep up"
    assert [effect.payload["news"] for effect in told(world, "hold")] == ["blocked"]
    (card,) = told(world, "release")
    assert card.payload["release"] == execution_id("e1").key
    world.fail_tests("e1", 0)
    world.apply()
    assert world.codepipeline.entered == [("Production", "e1")]


def test_in_queued_mode_everybody_who_waits_must_pass(world: HeldWorld) -> None:
    world.codepipeline.mode = "QUEUED"
    world.place()
    world.apply()
    for name in ("e1", "e2"):
        world.codepipeline.arrive(name)
    world.fail_tests("e2")
    world.release()
    world.apply()
    assert world.way.closed
    world.fail_tests("e2", 0)
    world.apply()
    world.codepipeline.leave()
    assert [execution for _, execution in world.codepipeline.entered] == ["e1", "e2"]


def test_a_new_hold_clears_what_a_check_said(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.fail_tests("e1")
    world.release()
    world.apply()
    world.place("h2")
    world.apply()
    (closed,) = world.ledger.closed_stages()
    assert closed.waiting_for == ""


def test_a_hold_that_comes_while_we_open_closes_the_stage_at_once(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.release()

    def somebody_is_quick(*_: object) -> None:
        if world.ledger.hold("h2") is None:
            world.place("h2")

    world.codepipeline.before_a_switch = somebody_is_quick
    world.apply()
    assert world.way.closed
    assert world.ledger.closed_stage(f"{PIPELINE.key}/Production")


def test_a_restart_waits_until_the_stage_is_free(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.way.inside = "e0"
    world.clock.advance(timedelta(days=31))
    world.release()
    world.let_apply()
    assert world.codepipeline.started == {}
    world.way.inside = ""
    world.let_apply()
    assert len(world.codepipeline.started) == 1


def test_what_waited_more_than_thirty_days_is_started_again_once(world: HeldWorld) -> None:
    world.codepipeline.mode = "QUEUED"
    world.place()
    world.apply()
    for name in ("e1", "e2"):
        world.codepipeline.arrive(name)
    world.clock.advance(timedelta(days=31))
    world.release()
    for _ in range(2):
        world.apply()
        assert world.codepipeline.started == {}, "CodePipeline gets its time"
    world.let_apply()
    assert [one.execution for one in world.codepipeline.started.values()] == ["e2"]
    (news,) = told(world, "hold")
    assert (news.payload["news"], news.payload["execution"]) == ("restarted", "e2")
    assert "started again" in world.audit.said(SUBJECT)
    assert world.ledger.closed_stages() == ()


@pytest.mark.parametrize("days", [1, 28])
def test_what_goes_on_by_itself_is_not_started_again(world: HeldWorld, days: int) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.clock.advance(timedelta(days=days))
    world.release()
    world.let_apply()
    assert world.codepipeline.entered == [("Production", "e1")]
    assert world.codepipeline.started == {}


def test_a_stage_that_the_pipeline_has_no_more_is_forgotten(world: HeldWorld) -> None:
    world.place()
    world.apply()
    del world.codepipeline.ways["Production"]
    world.release()
    world.apply()
    assert world.ledger.closed_stages() == ()


def test_one_stage_that_fails_keeps_no_other_from_being_closed(world: HeldWorld) -> None:
    world.place(scope=Scope(reach=Reach.EVERYTHING))
    close = world.codepipeline.close_stage

    def refused(service: object, stage: str, reason: str) -> None:
        if stage == "Production":
            raise AwsRefusedError("no", code="AccessDenied")
        close(SERVICE, stage, reason)

    world.codepipeline.close_stage = refused  # type: ignore[method-assign]
    with pytest.raises(AwsRefusedError):
        apply_holds(SERVICE, world)
    assert world.codepipeline.ways["Staging"].closed


def test_a_hold_that_no_listing_shows_yet_is_applied_by_its_own_effect(world: HeldWorld) -> None:
    hold = world.place()
    world.ledger.standing_holds = tuple  # type: ignore[method-assign]
    effect = applying(hold.subject, "placed", NOW, hold=hold.id, service=SERVICE.name)
    apply_holds_by_effect(effect, world)
    assert world.way.closed


def test_a_hold_on_many_services_is_applied_to_each_at_a_pace(world: HeldWorld) -> None:
    world.services.listed = [SERVICE, *(a_service(f"s{number}") for number in range(6))]
    hold = world.place(scope=Scope(reach=Reach.EVERYTHING), source=HoldSource.PERSON)
    apply_holds_by_effect(applying(hold.subject, "placed", NOW, hold=hold.id), world)
    assert not world.way.closed
    rings = [(effect.payload["service"], delay) for effect, delay in world.bells.rings]
    assert rings[0] == ("hello", 0)
    assert [delay for _, delay in rings] == [0, 0, 1, 1, 2, 2, 3]
    assert {effect.kind for effect in world.bells.rung} == {EffectKind.APPLY_HOLDS}
    apply_holds_by_effect(world.bells.rung[0], world)
    assert world.way.closed
