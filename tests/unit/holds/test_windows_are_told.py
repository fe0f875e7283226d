"""Channels hear that a window began to hold and that it is over: once for each span of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, SlackRefusedError
from signalbox.domain.holds import Hold, HoldSource, Reach, Scope
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.services import Environment, Service
from signalbox.domain.windows import HoldWindow, Span, Window
from signalbox.usecases.announce import announce
from signalbox.usecases.end_holds import end_holds
from signalbox.usecases.release_holds import release_holds
from signalbox.usecases.see_windows import see_windows
from signalbox.usecases.tell_windows import tell_windows

from tests.fakes import NOW, PIPELINE, a_service
from tests.gate_world import a_person
from tests.unit.holds.held_pipeline import Crashes
from tests.unit.holds.several_pipelines import FAULT, SeveralWorld

DATES = Window(since=NOW, until=NOW + timedelta(hours=1))
WEEKENDS = Window(cron="0 16 * * 5", lasts=timedelta(hours=62))
CALENDAR = Window(calendar="production-changes")
HOUR = timedelta(hours=1)


def a_window(window: Window, **more: Any) -> HoldWindow:
    known: dict[str, Any] = {"owner": "U0GRACE", "reason": "holidays"}
    return HoldWindow(window=window, **known | {"environments": ("production",)} | more)


@pytest.fixture
def world() -> SeveralWorld:
    return SeveralWorld()


def holding(world: SeveralWorld, *windows: HoldWindow) -> None:
    world.policies.default = Policy(holds=windows)


def run(world: SeveralWorld, times: int = 1) -> None:
    """The reconciler's part in holds, every five minutes; what it rings for is announced."""
    for _ in range(times):
        world.clock.advance(timedelta(minutes=5))
        world.apply()
        for effect in [one for one in world.bells.rung if one.kind.value == "announce"]:
            announce({"subject": effect.subject, "key": effect.key}, world)


def said(world: SeveralWorld) -> list[str]:
    """What was posted, oldest first: the channel, and the text."""
    return [f"{one['channel']} {one['text']}" for one in world.messenger.messages.values()]


def a_canary(name: str) -> Service:
    """A service with an environment that no other has."""
    environment = Environment(name="canary", stage="Canary")
    return a_service(name, environments=(environment,))


def spans(world: SeveralWorld) -> list[Hold]:
    return [one for one in world.ledger.kept_holds.values() if one.source is HoldSource.WINDOW]


def test_a_window_that_begins_and_ends_is_told_once_each(world: SeveralWorld) -> None:
    """By ``tell_windows``, in each run of the reconciler."""
    holding(world, a_window(DATES))
    run(world, 3)
    assert world.closed("hello") == ["Production"]
    assert said(world) == ["#releases ⏸️ production is on hold until 22 Nov 13:00 UTC: holidays"]
    world.clock.advance(HOUR)
    run(world, 3)
    assert world.closed("hello") == []
    assert said(world)[1:] == [
        "#releases ▶️ The hold on production has ended (its window is over)",
    ]
    shown = json.dumps(list(world.messenger.messages.values()))
    assert "By U0GRACE. Releases wait" in shown
    assert shown.count("Pipelines: hello.") == 2
    (span,) = spans(world)
    assert world.audit.said(span.subject) == [
        "hold placed",
        "hold told",
        "hold ended",
        "hold told",
    ], "the audit speaks first"


def test_each_span_of_a_window_is_told(world: SeveralWorld) -> None:
    holding(world, a_window(WEEKENDS))
    for week in range(2):
        began = NOW + timedelta(days=7 * week)
        world.clock.moment = began
        world.schedules.spans[WEEKENDS] = Span(since=began, until=began + HOUR)
        run(world, 2)
        world.clock.advance(HOUR)
        del world.schedules.spans[WEEKENDS]
        run(world, 2)
    assert [line.split()[1] for line in said(world)] == ["⏸️", "▶️", "⏸️", "▶️"]
    assert len(spans(world)) == 2


def test_a_span_that_no_run_has_seen_end_is_ended_when_the_next_one_begins(
    world: SeveralWorld,
) -> None:
    holding(world, a_window(WEEKENDS))
    world.schedules.spans[WEEKENDS] = Span(since=NOW, until=NOW + HOUR)
    run(world)
    world.clock.advance(timedelta(days=7))
    later = world.clock.now()
    world.schedules.spans[WEEKENDS] = Span(since=later, until=later + HOUR)
    run(world, 2)
    assert [line.split()[1] for line in said(world)] == ["⏸️", "▶️", "⏸️"]
    assert [one.ended_by for one in spans(world)] == ["time", ""]


def test_a_calendar_that_is_prolonged_goes_on_holding_without_a_word(world: SeveralWorld) -> None:
    holding(world, a_window(CALENDAR))
    world.schedules.spans[CALENDAR] = Span(until=NOW + HOUR)
    run(world, 2)
    world.schedules.spans[CALENDAR] = Span(until=NOW + 3 * HOUR)
    world.clock.advance(HOUR)
    run(world, 2)
    world.schedules.spans[CALENDAR] = Span()
    run(world, 2)
    assert said(world) == ["#releases ⏸️ production is on hold until 22 Nov 13:00 UTC: holidays"]
    del world.schedules.spans[CALENDAR]
    run(world, 2)
    assert len(said(world)) == 2
    assert world.closed("hello") == []


def test_a_calendar_that_closes_again_until_the_same_moment_is_told_again(
    world: SeveralWorld,
) -> None:
    holding(world, a_window(CALENDAR))
    for until in (NOW + HOUR, NOW + HOUR, None, None):
        world.schedules.spans[CALENDAR] = Span(until=until)
        run(world, 2)
        del world.schedules.spans[CALENDAR]
        run(world, 2)
    assert [line.split()[1] for line in said(world)] == ["⏸️", "▶️"] * 4
    assert "until its window is over" in said(world)[4]


def test_a_calendar_that_cannot_be_read_holds_and_the_channel_hears_why(
    world: SeveralWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Span | None:
        raise AwsRefusedError("no", code="AccessDenied")

    holding(world, a_window(CALENDAR))
    with monkeypatch.context() as broken:
        broken.setattr(world.schedules, "span", refused)
        run(world, 2)
    assert len(said(world)) == 1
    assert "holidays (its calendar cannot be read)" in said(world)[0]
    run(world, 2)
    assert len(said(world)) == 2


def test_a_channel_of_many_pipelines_hears_once_of_the_window_of_all(world: SeveralWorld) -> None:
    names = [f"s{number}" for number in range(5)]
    world.services.listed = [*map(a_service, names), a_service("shop", channel="#shop")]
    holding(world, a_window(DATES))
    run(world, 2)
    world.clock.advance(HOUR)
    run(world, 2)
    assert [line.split()[0] for line in said(world)] == ["#releases", "#shop"] * 2
    assert "Pipelines: s0, s1, s2, s3, s4, shop." in json.dumps(
        list(world.messenger.messages.values())
    )
    assert len(spans(world)) == 1


def test_only_pipelines_whose_policy_enforces_are_told_of(world: SeveralWorld) -> None:
    """By ``see_windows``."""
    world.services.listed = [a_service("hello", channel="#hello"), a_service("w", channel="#w")]
    holding(world, a_window(DATES))
    world.policies.own["w"] = replace(world.policies.default, mode=Mode.OBSERVE)
    seen = see_windows(world)
    assert [sorted(keys) for keys in seen.pipelines.values()] == [["123456789012/us-east-1/hello"]]
    run(world, 2)
    assert [line.split()[0] for line in said(world)] == ["#hello"]


def test_a_window_of_environments_that_a_pipeline_has_not_is_not_told(world: SeveralWorld) -> None:
    holding(world, a_window(DATES, environments=("canary",)))
    run(world, 2)
    assert said(world) == []
    assert spans(world) == []
    world.services.listed.append(a_canary("shop"))
    run(world, 2)
    assert len(said(world)) == 1
    assert "Pipelines: shop." in json.dumps(list(world.messenger.messages.values()))


def test_a_pipeline_that_comes_under_a_window_later_or_leaves_it_early_is_told_of(
    world: SeveralWorld,
) -> None:
    world.services.listed = [a_service("hello", channel="#hello"), a_service("w", channel="#w")]
    holding(world, a_window(DATES))
    watching = replace(world.policies.default, mode=Mode.OBSERVE)
    world.policies.own["w"] = watching
    run(world, 2)
    del world.policies.own["w"]
    run(world, 2)
    world.policies.own["hello"] = watching
    run(world, 2)
    assert len(said(world)) == 3, "it is over for one of them"
    (span,) = spans(world)
    assert span.ended_at is None
    world.clock.advance(HOUR)
    run(world, 2)
    noted = [one for one in world.audit.said(span.subject) if one != "hold told"]
    assert noted == ["hold placed"] * 2 + ["hold ended"] * 2
    assert [" ".join(line.split()[:2]) for line in said(world)] == [
        "#hello ⏸️",
        "#w ⏸️",
        "#hello ▶️",
        "#w ▶️",
    ]


def test_a_window_that_is_taken_out_of_the_policy_is_over(world: SeveralWorld) -> None:
    holding(world, a_window(DATES))
    run(world)
    holding(world)
    run(world, 2)
    assert len(said(world)) == 2
    (span,) = spans(world)
    assert span.ended_by == "policy or calendar"


@pytest.mark.parametrize("everybody", [True, False])
def test_a_window_is_not_said_to_be_over_while_a_policy_cannot_be_read(
    world: SeveralWorld, everybody: bool
) -> None:
    holding(world, a_window(DATES))
    run(world)
    if everybody:
        world.policies.away = AwsUnavailableError("no answer")
        end_holds(world)
    else:
        world.policies.faults["hello"] = FAULT
        run(world)
    assert [one.ended_at for one in spans(world)] == [None]
    world.policies.away = None
    world.policies.faults.clear()
    world.clock.advance(HOUR)
    run(world, 2)
    assert [line.split()[1] for line in said(world) if "production" in line] == ["⏸️", "▶️"]


def test_one_window_that_cannot_be_told_keeps_no_other_from_being_told(
    world: SeveralWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding(world, a_window(DATES), a_window(WEEKENDS, reason="weekends"))
    world.schedules.spans[WEEKENDS] = Span(since=NOW, until=NOW + HOUR)
    add = world.ledger.add_hold

    def refuses_one(hold: Hold, effects: Any) -> bool:
        if hold.reason == "holidays":
            raise AwsUnavailableError("no answer")
        return add(hold, effects)

    with monkeypatch.context() as broken:
        broken.setattr(world.ledger, "add_hold", refuses_one)
        with pytest.raises(AwsUnavailableError):
            tell_windows(world)
    assert [one.reason for one in spans(world)] == ["weekends"]
    run(world)
    assert len(said(world)) == 2


def test_the_span_of_a_window_covers_no_stage_by_itself(world: SeveralWorld) -> None:
    """It is the policy that holds: by the ledger alone other pipelines would be held as well."""
    world.services.listed.append(a_service("free"))
    world.policies.own["free"] = Policy()
    holding(world, a_window(DATES, environments=("production", "staging"), stages=("Approval",)))
    run(world)
    (span,) = spans(world)
    assert span.scope.stage == "production, staging, Approval"
    assert [span.scope.stages_of(one) for one in world.services.listed] == [frozenset()] * 2
    world.run()
    assert world.closed("free") == []


def test_whoever_releases_a_hold_hears_of_the_window_that_holds_on(world: SeveralWorld) -> None:
    holding(world, a_window(DATES))
    mine = world.place(scope=Scope(reach=Reach.PIPELINE, pipeline=PIPELINE.key))
    run(world)
    command = Command(
        id="c1",
        kind=CommandKind.RELEASE,
        principal=mine.principal,
        name="grace",
        at=world.clock.now(),
        scope=mine.scope,
    )
    answer = release_holds(command, a_person("grace"), world)
    assert answer.text == "Released: pipeline hello. Still held: production (U0GRACE: holidays)."
    staging = replace(command, id="c2", scope=Scope.of_stage(PIPELINE, "Staging"))
    assert "Still held" not in release_holds(staging, a_person("grace"), world).text
    (span,) = spans(world)
    of_window = replace(command, id="c3", scope=span.scope)
    assert release_holds(of_window, a_person("grace"), world).denied
    assert spans(world) == [span]


def test_what_slack_does_not_take_of_a_window_goes_by_e_mail(world: SeveralWorld) -> None:
    world.messenger.fail_with = SlackRefusedError("no", code="channel_not_found")
    holding(world, a_window(DATES))
    run(world)
    ((subject, text),) = world.publisher.published
    assert (subject, "holidays" in text) == ("A hold has begun", True)


@pytest.mark.case(53)
@settings(max_examples=60, deadline=None)
@given(
    crashes=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=4),
    dated=st.booleans(),
)
def test_a_reconciler_that_dies_anywhere_tells_of_a_window_once_all_the_same(
    crashes: list[tuple[int, bool]], dated: bool
) -> None:
    world = SeveralWorld("hello", "shop")
    window = DATES if dated else CALENDAR
    holding(world, a_window(window))
    world.schedules.spans[CALENDAR] = Span()
    dies = Crashes(world)
    for over in (False, True):
        if over:
            world.clock.advance(HOUR)
            world.schedules.spans.clear()
        for number, after in crashes:
            with dies.at(number, after=after):
                end_holds(world)
        end_holds(world)
        end_holds(world)
    told = [one for one in world.ledger.effects.values() if one.payload.get("hold")]
    assert [one.payload["news"] for one in told] == ["started", "ended"]
    for effect in told:
        announce({"subject": effect.subject, "key": effect.key}, world)
    assert len(said(world)) == 2
