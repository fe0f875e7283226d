"""A run of the reconciler asks no faster than it may, ends in time, and starves nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsUnavailableError
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.gates import Dossier, Gate, GateStatus, TestResult
from signalbox.domain.holds import Hold, Reach, Scope
from signalbox.domain.identity import ReleaseId
from signalbox.domain.services import Service
from signalbox.domain.states import ExecutionState
from signalbox.runtime import reconciling
from signalbox.usecases.budget import BURST, PERIOD, Budget, in_turn
from signalbox.usecases.reconcile import Reconciled, reconcile
from signalbox.usecases.record_fact import record_fact

from tests.fakes import ACCOUNT, NOW, PIPELINE, FakeWorld, FixedClock, a_service, release_id
from tests.structure.templates import resources

LAMBDA_ENDS_AFTER = timedelta(seconds=295)


class Crowd(FakeWorld):
    """Many services, whose CodePipeline notes when it was asked, and for what."""

    def __init__(self, services: int = 1, releases: int = 0) -> None:
        super().__init__()
        self.services.listed = [a_service(f"service-{n:04d}") for n in range(services)]
        self.asked: list[tuple[datetime, str]] = []
        self.listed: Counter[str] = Counter()
        self.read: Counter[ReleaseId] = Counter()
        self.call_takes = timedelta()
        self.fails: Callable[[Service], Exception | None] = lambda _: None
        self.pipelines.newest = self._newest  # type: ignore[method-assign]
        self.pipelines.facts = self._facts  # type: ignore[method-assign]
        for service in self.services.listed:
            for number in range(releases):
                release = ReleaseId(pipeline=service.pipeline, execution=f"e{number}")
                started = PipelineChanged(release=release, state=ExecutionState.STARTED, at=NOW)
                record_fact(started, self, allowed_accounts={ACCOUNT})

    def _ask(self, service: Service, what: str, calls: int) -> None:
        for _ in range(calls):
            self.asked.append((self.clock.now(), what))
            self.clock.advance(self.call_takes)
        if error := self.fails(service):
            raise error

    def _newest(self, service: Service, limit: int) -> tuple[()]:
        self._ask(service, "list", 1)
        self.listed[service.name] += 1
        return ()

    def _facts(self, service: Service, release: ReleaseId) -> tuple[()]:
        self._ask(service, "read", 3)
        self.read[release] += 1
        return ()

    def run(self, seconds: float = 265) -> Reconciled:
        """One run by the schedule, paced, that must end after so many seconds."""
        began = self.clock.now()
        until = began + timedelta(seconds=seconds)
        found = reconcile(self, Budget(self.clock, until=until, pause=self._pause))
        assert self.clock.now() <= until + 3 * self.call_takes
        self.clock.moment = began + PERIOD
        return found

    def _pause(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


def fastest(asked: list[tuple[datetime, str]], within: timedelta) -> int:
    """The most calls in any window of that length."""
    moments = [at for at, _ in asked]
    return max(sum(start <= at < start + within for at in moments) for start in moments)


@pytest.mark.parametrize("seconds_per_call", [0, 0.3])
def test_codepipeline_is_asked_twice_a_second_at_most(seconds_per_call: float) -> None:
    world = Crowd(services=60, releases=3)
    world.call_takes = timedelta(seconds=seconds_per_call)
    world.run()
    assert fastest(world.asked, timedelta(minutes=1)) <= 120 + BURST
    assert fastest(world.asked, timedelta(seconds=1)) <= 2 + BURST
    assert len(world.asked) > 500, "and hardly slower than it may"


def test_a_run_costs_one_listing_per_pipeline_and_the_same_for_each_unfinished_release() -> None:
    for releases in (0, 1, 20):
        world = Crowd(services=3, releases=releases)
        world.run()
        asked = Counter(what for _, what in world.asked)
        assert asked == Counter({"list": 3, "read": 3 * 3 * releases})


def looks(world: Crowd) -> Counter[str]:
    """How often the ways into the stages of each service are asked for from now on."""
    looked: Counter[str] = Counter()

    def counted(service: Service) -> tuple[()]:
        looked[service.name] += 1
        return ()

    world.pipelines.transitions = counted  # type: ignore[method-assign]
    return looked


def a_hold(scope: Scope) -> Hold:
    return Hold(id="h", scope=scope, owner="Ann", reason="r", since=NOW)


def test_holds_cost_a_call_for_each_service_they_concern_and_nothing_where_there_are_none() -> None:
    world = Crowd(services=5)
    looked = looks(world)
    world.run()
    assert looked == Counter()
    scope = Scope(reach=Reach.PIPELINE, pipeline=world.services.listed[2].pipeline.key)
    world.ledger.add_hold(a_hold(scope), [])
    world.run()
    assert looked == Counter({"service-0002": 1})


def test_holds_are_looked_at_within_the_budget_and_in_turn() -> None:
    world = Crowd(services=40)
    looked = looks(world)
    world.ledger.add_hold(a_hold(Scope(reach=Reach.EVERYTHING)), [])
    assert world.run(seconds=5).left > 0
    for _ in range(12):
        world.run(seconds=5)
    assert len(looked) == 40


def test_five_hundred_pipelines_are_listed_in_each_run() -> None:
    world = Crowd(services=500)
    assert world.run().left == 0
    assert len(world.listed) == 500


@pytest.mark.parametrize(("services", "releases", "runs"), [(2000, 0, 12), (300, 5, 30)])
def test_what_a_run_does_not_come_to_is_read_in_a_later_one(
    services: int, releases: int, runs: int
) -> None:
    world = Crowd(services=services, releases=releases)
    assert world.run().left > 0
    for _ in range(runs - 1):
        world.run()
    assert len(world.listed) == services
    assert len(world.read) == services * releases


@pytest.mark.case(54)
def test_a_run_stops_before_lambda_ends_it_and_the_next_one_goes_on() -> None:
    world = Crowd(services=10, releases=5)
    first = world.run(seconds=20)
    assert 0 < len(world.read) < 50
    assert first.left > 0
    assert first.errors == []
    for _ in range(20):
        world.run(seconds=20)
    assert len(world.read) == 50


def test_more_open_releases_than_a_run_reads_of_one_service_take_turns() -> None:
    world = Crowd(services=1, releases=60)
    for _ in range(8):
        world.run()
    assert len(world.read) == 60


def test_every_thing_has_its_turn_whatever_part_of_them_a_run_comes_to() -> None:
    for number in (1, 7, 100, 1000):
        firsts = Counter(in_turn(range(number), NOW + PERIOD * run)[0] for run in range(2 * number))
        assert len(firsts) >= number * 0.9
        assert max(firsts.values()) <= 4
        assert sorted(in_turn(range(number), NOW)) == list(range(number))


THROTTLED = AwsUnavailableError("slow down", throttled=True)


def test_a_region_that_throttles_is_left_alone_and_the_others_are_read() -> None:
    world = Crowd(services=10)
    here, there = world.services.listed[:5], world.services.listed[5:]
    there = [replace(s, pipeline=replace(s.pipeline, region="eu-west-1")) for s in there]
    world.services.listed = [*here, *there]
    world.fails = lambda service: THROTTLED if service in here else None
    found = world.run()
    assert found.throttled == 1, "it was asked once"
    assert found.left == 4
    assert found.errors == []
    assert set(world.listed) == {service.name for service in there}
    world.fails = lambda _: None
    assert world.run().throttled == 0
    assert len(world.listed) == 10, "the next run carries on"


def test_a_run_that_was_throttled_throughout_was_blind() -> None:
    world = Crowd(services=3)
    world.fails = lambda _: THROTTLED
    assert [type(error) for error in world.run().errors] == [AwsUnavailableError]
    assert len(world.asked) == 1


def test_a_service_that_is_away_is_an_error_and_does_not_slow_the_others() -> None:
    world = Crowd(services=3)
    world.fails = lambda service: AwsUnavailableError("5xx") if "0001" in service.name else None
    found = world.run()
    assert len(found.errors) == 1
    assert len(world.listed) == 2


def test_a_defect_in_one_place_does_not_blind_the_rest() -> None:
    world = Crowd(services=3, releases=1)
    world.fails = lambda service: ZeroDivisionError() if "0001" in service.name else None
    found = world.run()
    assert [type(error) for error in found.errors] == [ZeroDivisionError]
    assert len(world.listed) == 2


def an_effect(key: str) -> Effect:
    return Effect(kind=EffectKind.DECIDE_GATE, subject="gate#1", key=key, created_at=NOW)


def test_an_effect_that_stays_pending_rings_ever_more_rarely() -> None:
    world = FakeWorld()
    world.ledger.add([an_effect("refused")])
    rings: list[timedelta] = []
    for _ in range(24 * 12):
        world.clock.advance(PERIOD)
        if reconcile(world).pending_effects:
            rings.append(world.clock.now() - NOW)
    assert rings[:4] == [timedelta(minutes=m) for m in (5, 10, 20, 40)]
    assert 8 <= len(rings) <= 14, "in a day, and not 288 times"


def test_effects_that_are_stuck_keep_no_younger_one_from_ringing() -> None:
    world = FakeWorld()
    world.ledger.add([an_effect(f"stuck-{n}") for n in range(3)])
    world.clock.advance(timedelta(minutes=10))
    reconcile(world)
    young = replace(an_effect("young"), created_at=world.clock.now())
    world.ledger.add([young])
    world.clock.advance(timedelta(minutes=3))
    world.bells.rings.clear()
    reconcile(world)
    assert world.bells.rung == [young]
    world.ledger.finish(young, EffectStatus.DONE)
    world.clock.advance(timedelta(hours=1))
    world.bells.rings.clear()
    reconcile(world)
    assert young not in world.bells.rung


def test_an_effect_whose_bell_cannot_ring_fails_each_run_until_it_rings() -> None:
    world = FakeWorld()
    world.ledger.add([an_effect("mute")])
    world.clock.advance(timedelta(minutes=10))
    world.bells.fail_with = AwsUnavailableError("away")
    assert [len(reconcile(world).errors) for _ in range(3)] == [1, 1, 1]
    world.bells.fail_with = None
    assert not reconcile(world).errors
    assert not world.ledger.pending(world.clock.now() - timedelta(minutes=2))


def test_gates_take_turns_and_only_open_ones_cost_calls() -> None:
    world = FakeWorld()
    for number in range(300):
        status = GateStatus.OPEN if number % 2 else GateStatus.DECIDED
        gate = Gate(
            id=f"{number:032x}",
            release=release_id(),
            stage="Approval",
            action="Approve",
            action_execution_id=f"a{number}",
            status=status,
            opened_at=NOW,
            expires_at=NOW + timedelta(days=7),
            decided_at=None if number % 2 else NOW,
            dossier=Dossier(revision="abc", artifact_digest="d", tests=TestResult()),
            shown_digest="s",
        )
        world.ledger.gates[gate.id] = gate
    seen: set[str] = set()

    def pending_approval(service: object, release: object, action: str) -> object:
        seen.add(action)
        return object()

    world.pipelines.pending_approval = pending_approval  # type: ignore[method-assign, assignment]
    for _ in range(12):
        world.clock.advance(PERIOD)
        began = world.clock.now()
        until = began + timedelta(seconds=30)
        pause = lambda seconds: world.clock.advance(timedelta(seconds=seconds))  # noqa: E731
        reconcile(world, Budget(world.clock, until=until, pause=pause))
        world.clock.moment = began
    assert seen == {f"a{number}" for number in range(1, 300, 2)}


def test_the_function_stops_asking_half_a_minute_before_its_end() -> None:
    clock, waited = FixedClock(), []
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)

    def pause(seconds: float) -> None:
        waited.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    budget = reconciling.budget_of(SimpleNamespace(clock=clock), context, pause)  # type: ignore[arg-type]
    assert budget
    asked = 0
    while budget.take(PIPELINE, 1):
        asked += 1
    assert timedelta(seconds=29) < clock.now() - NOW < timedelta(seconds=30)
    assert asked == pytest.approx(2 * 30 + BURST, abs=1)
    assert reconciling.budget_of(SimpleNamespace(clock=clock), None, pause) is None  # type: ignore[arg-type]


def test_the_schedule_leaves_each_run_its_time() -> None:
    function: dict[str, Any] = resources("cfn.json", "AWS::Lambda::Function")["ReconcileFunction"]
    assert timedelta(seconds=function["Timeout"]) == LAMBDA_ENDS_AFTER < PERIOD
    rule = resources("cfn.json", "AWS::Events::Rule")["ReconcileRule"]
    assert rule["ScheduleExpression"] == "rate(5 minutes)"


def test_silence_of_the_reconciler_and_runs_that_fail_both_sound_the_alarm() -> None:
    alarm = resources("cfn.json", "AWS::CloudWatch::Alarm")["ReconcileSilentAlarm"]
    assert alarm["TreatMissingData"] == "breaching", "no data: nobody starts it"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    (finished,) = [m for m in alarm["Metrics"] if m["ReturnData"]]
    assert finished["Expression"] == "FILL(invocations, 0) - FILL(errors, 0)"
    by_id = {m["Id"]: m["MetricStat"] for m in alarm["Metrics"] if "MetricStat" in m}
    for name in ("invocations", "errors"):
        assert by_id[name]["Metric"]["MetricName"] == name.capitalize()
        assert by_id[name]["Metric"]["Dimensions"][0]["Value"] == {"Ref": "ReconcileFunction"}
        assert by_id[name]["Stat"] == "Sum"
        assert timedelta(seconds=by_id[name]["Period"]) >= 3 * PERIOD, "one late run is no silence"
