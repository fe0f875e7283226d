"""How a closed stage stands is read off the ledger alone, from before it closes until it opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.held_stages import Condition, HeldStage, held_stage
from signalbox.domain.holds import ClosedStage, Hold, HoldSource, Reach, Scope
from signalbox.domain.policy import Policy
from signalbox.domain.spans import is_in_force, noted_id, shown_scope, span_of
from signalbox.domain.windows import HoldWindow, Span, Window
from signalbox.notifications.stage_lines import CONDITIONS, stage_lines, why_lines
from signalbox.usecases.read_holds import read_holds

from tests.fakes import NOW, PIPELINE
from tests.unit.holds.held_pipeline import PRODUCTION, Crashes, HeldWorld

HOUR = timedelta(hours=1)
STAGE = ClosedStage(
    pipeline=PIPELINE, stage=PRODUCTION, since=NOW, reason="why", confirmed=True, holds=("h1",)
)
HOLD = Hold(
    id="h1",
    scope=Scope(reach=Reach.ENVIRONMENT, environment="production"),
    owner="Grace",
    reason="load test",
    since=NOW,
    until=NOW + HOUR,
)
WINDOW = replace(HOLD, id="window-abc", reason="holidays", until=None, source=HoldSource.WINDOW)
SPAN = span_of(WINDOW, "2026-11-22", "production")


@pytest.fixture
def world() -> HeldWorld:
    return HeldWorld()


def seen(world: HeldWorld) -> HeldStage:
    """By ``read_holds``."""
    (stage,) = read_holds(holds=world.holds, clock=world.clock).stages
    return stage


def test_every_condition_has_its_words() -> None:
    assert set(CONDITIONS) == set(Condition)


@pytest.mark.parametrize(
    ("changes", "standing", "condition", "why"),
    [
        ({}, [HOLD], Condition.HELD, ["Grace: load test, until 22 Nov 2026 13:00 UTC"]),
        ({}, [], Condition.ENDING, []),
        ({}, [replace(HOLD, until=NOW)], Condition.ENDING, []),
        ({"holds": ()}, [], Condition.HELD, ["why"]),
        ({"waiting_for": "e1: a; e2: b"}, [], Condition.WAITS, ["e1: a", "e2: b"]),
        ({"confirmed": False}, [], Condition.CLOSING, ["why"]),
        ({"confirmed": False, "overruled": ("h1",)}, [HOLD], Condition.OPENED, ["why"]),
        ({"passing": "e1", "holds": ()}, [], Condition.PASSING, ["release e1"]),
        ({"holds": ("window-abc",)}, [], Condition.HELD, ["why"]),
        (
            {"holds": ("window-abc",)},
            [SPAN],
            Condition.HELD,
            ["Grace: holidays, until its window is over"],
        ),
        ({"holds": ("window-abc",)}, [replace(SPAN, ended_at=NOW)], Condition.HELD, ["why"]),
        (
            {"confirmed": False, "holds": ("h1", "h2"), "overruled": ("h2",)},
            [HOLD, replace(HOLD, id="h2")],
            Condition.CLOSING,
            ["Grace: load test, until 22 Nov 2026 13:00 UTC"],
        ),
    ],
)
def test_how_a_stage_stands(
    changes: dict[str, object], standing: list[Hold], condition: Condition, why: list[str]
) -> None:
    held = held_stage(replace(STAGE, **changes), standing, NOW)  # type: ignore[arg-type]
    assert (held.condition, why_lines(held)) == (condition, why)


def test_a_span_of_a_window_is_known_by_the_window_and_holds_until_it_is_ended() -> None:
    assert (noted_id(SPAN), noted_id(HOLD)) == ("window-abc", "h1")
    assert (shown_scope(SPAN), shown_scope(HOLD)) == ("window:production", "environment:production")
    prolonged = replace(SPAN, until=NOW - HOUR)
    assert is_in_force(prolonged, NOW)
    assert not is_in_force(replace(prolonged, ended_at=NOW), NOW)
    assert not is_in_force(replace(HOLD, until=NOW), NOW)


def test_a_stage_is_followed_from_the_hold_to_its_opening(world: HeldWorld) -> None:
    world.place(until=NOW + 2 * HOUR)
    with Crashes(world).at(2, after=False):
        world.apply()
    assert seen(world).condition is Condition.CLOSING
    world.let_apply()
    assert seen(world).condition is Condition.HELD
    world.codepipeline.person_opens()
    world.let_apply()
    assert seen(world).condition is Condition.OPENED
    world.place("h2")
    world.let_apply()
    assert [hold.id for hold in seen(world).holds] == ["h2"]
    world.release("h2")
    assert seen(world).condition is Condition.ENDING
    world.let_apply()
    assert seen(world).condition is Condition.OPENED, "the older one was overruled, and stays so"


def test_a_window_is_told_with_its_reason_before_and_after_the_reconciler_has_noted_it(
    world: HeldWorld,
) -> None:
    calendar = Window(calendar="production-changes")
    world.policies.default = Policy(
        holds=(HoldWindow(window=calendar, owner="U0", reason="holidays"),)
    )
    world.schedules.spans[calendar] = Span(until=NOW + HOUR)
    world.apply()
    (span,) = world.ledger.standing_holds()
    for kept in ({}, {span.id: span}):
        world.ledger.kept_holds = dict(kept)
        for held in read_holds(holds=world.holds, clock=world.clock).stages:
            assert held.condition is Condition.HELD
            assert "holidays" in why_lines(held)[0]
    assert "until 22 Nov 2026 13:00 UTC" in why_lines(held)[0]


# What a stage waits for once no hold is left


def test_a_failing_check_is_what_the_stage_waits_for_until_it_passes(world: HeldWorld) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.fail_tests("e1")
    world.release()
    world.let_apply()
    held = seen(world)
    assert (held.condition, held.holds) == (Condition.WAITS, ())
    assert stage_lines(held, 2) == [
        "• *hello* `Production` stays closed although no hold is left:",
        "    e1: 1 failing test",
    ]
    world.fail_tests("e1", 0)
    world.apply()
    assert read_holds(holds=world.holds, clock=world.clock).stages == ()


def test_a_failing_check_keeps_a_stage_closed_after_a_window_as_well(world: HeldWorld) -> None:
    window = Window(since=NOW, until=NOW + HOUR)
    world.policies.default = Policy(
        holds=(HoldWindow(window=window, owner="U0", reason="w", stages=(PRODUCTION,)),)
    )
    world.apply()
    world.codepipeline.arrive("e1")
    world.fail_tests("e1")
    world.clock.advance(HOUR)
    world.apply()
    # the window covers every environment, of which only this one has somebody in front
    assert seen(world).condition is Condition.WAITS
    assert why_lines(seen(world)) == ["e1: 1 failing test"]


def test_everybody_who_waits_is_named_with_what_objects(world: HeldWorld) -> None:
    world.codepipeline.mode = "QUEUED"
    world.place()
    world.apply()
    for name in ("e1", "e2", "e3"):
        world.codepipeline.arrive(name)
        world.fail_tests(name)
    world.release()
    world.let_apply()
    assert why_lines(seen(world)) == [f"{name}: 1 failing test" for name in ("e1", "e2", "e3")]
    assert stage_lines(seen(world), 2)[-1] == "    … and 1 more"


@pytest.mark.parametrize("asked", ["open_stage", "state"])
def test_what_aws_refuses_is_what_the_stage_waits_for_and_is_told_once(
    world: HeldWorld, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AwsRefusedError("could not do it: AccessDenied", code="AccessDenied")

    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.release()
    owner = world.codepipeline if asked == "open_stage" else world.alarms
    with monkeypatch.context() as broken:
        broken.setattr(owner, asked, refused)
        for _ in range(3):
            with pytest.raises(AwsRefusedError):
                world.let_apply(1)
    assert why_lines(seen(world)) == ["it cannot be opened: could not do it: AccessDenied"]
    told = [one for one in world.bells.rung if one.payload.get("news") == "blocked"]
    assert len(told) == 1
    world.let_apply()
    assert world.codepipeline.entered == [(PRODUCTION, "e1")]
    assert read_holds(holds=world.holds, clock=world.clock).stages == ()


@pytest.mark.case(53)
@pytest.mark.parametrize("number", range(6))
def test_what_keeps_a_stage_closed_is_told_although_we_died_after_it_was_noted(
    world: HeldWorld, number: int
) -> None:
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.fail_tests("e1")
    world.release()
    with Crashes(world).at(number, after=False):
        world.let_apply(1)
    world.let_apply(2)
    effects = world.ledger.effects.values()
    assert sum(one.payload.get("news") == "blocked" for one in effects) == 1
    assert sum("release" in one.payload for one in effects) == 1


def test_what_waits_to_be_started_again_waits_for_no_check(world: HeldWorld) -> None:
    world.codepipeline.slow = True
    world.place()
    world.apply()
    world.codepipeline.arrive("e1")
    world.fail_tests("e1")
    world.clock.advance(timedelta(days=31))
    world.release()
    world.apply()
    assert seen(world).condition is Condition.WAITS
    world.fail_tests("e1", 0)
    world.apply()
    assert seen(world).condition is Condition.ENDING
