"""What a gate's judges look at is read of the world as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, DocumentInvalidError
from signalbox.domain.evidence import Evidence, FindingSeverity, ImageScan, ScanFinding, Waiver
from signalbox.domain.facts import StageChanged
from signalbox.domain.gates import TestResult
from signalbox.domain.holds import Hold, HoldSource, Reach, Scope
from signalbox.domain.policy import CheckSettings, Policy
from signalbox.domain.services import Service
from signalbox.domain.states import AlarmState, ExecutionState
from signalbox.domain.windows import HoldWindow, Span, Window
from signalbox.policies.change_window import ChangeWindow
from signalbox.policies.coverage import Coverage
from signalbox.policies.image_scan import ScanBelow
from signalbox.usecases.gather_evidence import gather_evidence, holds_on, stages_of_window

from tests.fakes import NOW, PIPELINE, a_service
from tests.gate_world import CHANGES, DIGEST, RELEASE, GateWorld, a_truth
from tests.scripted_aws import ScriptedBuilds, ScriptedScans, ScriptedSchedules

CRON = Window(cron="0 9 * * 1-5", lasts=timedelta(hours=8))
CALENDAR = Window(calendar="quiet-days")
DENIED = AwsRefusedError("denied", code="AccessDeniedException")
THROTTLED = AwsUnavailableError("slow down", throttled=True)


def gathered(
    world: GateWorld, *checks: CheckSettings, stage: str = "Approval", **policy: Any
) -> Evidence:
    asked = Policy(checks=checks, **policy)
    return gather_evidence(RELEASE, a_service(), asked, stage, world).evidence


def stage_of(world: GateWorld, name: str, state: ExecutionState, at: datetime = NOW) -> None:
    world.ledger.record(StageChanged(release=RELEASE, stage=name, state=state, at=at), [])


def listing(world: GateWorld, **changes: Any) -> None:
    world.artifacts.listed[RELEASE] = replace(world.artifacts.listed[RELEASE], **changes)


def test_the_listing_comes_along_so_that_it_is_read_once() -> None:
    world = GateWorld()
    found = gather_evidence(RELEASE, a_service(), Policy(), "Approval", world)
    assert found.listing.changes == CHANGES
    assert (found.evidence.at, found.evidence.artifact_digest) == (NOW, DIGEST)


def test_tests_come_from_the_notes_and_else_from_the_build() -> None:
    world = GateWorld()
    assert gathered(world).tests == TestResult(passed=12)
    world.ledger.write_notes(RELEASE, tests=TestResult(passed=3), tests_of="hello:1")
    assert gathered(world).tests == TestResult(passed=3)


def test_coverage_that_no_policy_asks_for_costs_no_call() -> None:
    world = GateWorld()
    world.ledger.write_notes(RELEASE, tests=TestResult(passed=3), tests_of="hello:1")
    world.builds = RefusingBuilds(THROTTLED)
    listing(world, coverage=71.0)
    assert gathered(world).coverage == 71.0


class RefusingBuilds(ScriptedBuilds):
    """CodeBuild that does not answer."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def tests(self, service: Service, build_id: str) -> TestResult:
        raise self.error

    def coverage(self, service: Service, build_id: str) -> float | None:
        raise self.error


def test_tests_that_may_not_be_read_are_unknown_and_those_that_may_later_are_waited_for() -> None:
    world = GateWorld()
    world.builds = RefusingBuilds(DENIED)
    assert not gathered(world).tests.known
    world.builds = RefusingBuilds(THROTTLED)
    with pytest.raises(AwsUnavailableError):
        gathered(world)


def test_coverage_is_the_reports_and_else_the_listings() -> None:
    world, asked = GateWorld(), Coverage(at_least=80)
    assert gathered(world, asked).coverage is None
    listing(world, coverage=71.0)
    assert gathered(world, asked).coverage == 71.0
    world.builds.covered["hello:1"] = 64.5
    assert gathered(world, asked).coverage == 64.5
    world.builds = RefusingBuilds(DENIED)
    world.ledger.write_notes(RELEASE, tests=TestResult(passed=3), tests_of="hello:1")
    assert gathered(world, asked).coverage == 71.0


def test_the_image_is_looked_up_where_the_policy_asks() -> None:
    world = GateWorld()
    listing(world, repository="hello", image="sha256:1")
    scan = ImageScan(
        repository="hello",
        digest="sha256:1",
        findings=(ScanFinding(id="CVE-1", severity=FindingSeverity.HIGH),),
    )
    world.scans.known["sha256:1"] = scan
    world.waivers.listed = [Waiver(finding="CVE-1", until=NOW, reason="r")]
    unasked = gathered(world)
    assert (unasked.ships_image, unasked.scan, unasked.waivers) == (True, None, ())
    asked = gathered(world, ScanBelow())
    assert (asked.scan, asked.waivers) == (scan, tuple(world.waivers.listed))


class ForbiddenScans(ScriptedScans):
    """A scan that the operator role may not read."""

    def of_image(self, service: Service, repository: str, digest: str) -> ImageScan | None:
        raise DENIED


def test_a_scan_that_may_not_be_read_is_none_and_no_gate_is_lost_for_it() -> None:
    world = GateWorld()
    listing(world, repository="hello", image="sha256:1")
    world.scans = ForbiddenScans()
    seen = gathered(world, ScanBelow())
    assert (seen.ships_image, seen.scan) == (True, None)


def test_alarms_that_fire_are_those_of_the_services_environments() -> None:
    world = GateWorld()
    names = [name for environment in a_service().environments for name in environment.alarms]
    world.alarms.states = {
        names[0]: AlarmState.ALARM,
        names[-1]: AlarmState.OK,
        "other": AlarmState.ALARM,
    }
    seen = gathered(world)
    assert (seen.firing_alarms, seen.unknown_alarms) == ((names[0],), ())


def test_alarms_that_are_registered_and_not_found_or_not_to_be_read_are_unknown() -> None:
    world = GateWorld()
    first, last = (one.alarms[0] for one in a_service().environments)
    world.alarms.gone = {first}
    world.alarms.states = {last: AlarmState.UNKNOWN}
    assert gathered(world).unknown_alarms == tuple(sorted((first, last)))
    world.alarms.states = {last: AlarmState.INSUFFICIENT_DATA}
    assert gathered(world).unknown_alarms == (first,)


def test_the_mode_is_the_executions() -> None:
    world = GateWorld()
    assert not gathered(world).parallel
    world.pipelines.truths[RELEASE] = a_truth(mode="PARALLEL")
    assert gathered(world).parallel


def test_an_execution_of_which_the_mode_is_unknown_is_held_at_its_gate() -> None:
    world = GateWorld()
    del world.pipelines.truths[RELEASE]
    assert gathered(world).parallel
    world.pipelines.fail_with = DENIED
    assert gathered(world).parallel
    world.pipelines.fail_with = THROTTLED
    with pytest.raises(AwsUnavailableError):
        gathered(world)


def test_staging_is_the_environment_before_the_gate_once_it_has_succeeded() -> None:
    world = GateWorld()
    world.ledger.write_notes(RELEASE, staged_digest="e" * 64)
    seen = gathered(world)
    assert (seen.has_staging, seen.staged_at, seen.staged_digest) == (True, NOW, "e" * 64)
    stage_of(world, "Production", ExecutionState.STARTED, NOW + timedelta(hours=1))
    assert gathered(world, stage="Production").staged_at == NOW


@pytest.mark.parametrize("state", [ExecutionState.FAILED, ExecutionState.STOPPED])
def test_a_stage_that_did_not_succeed_has_staged_nothing(state: ExecutionState) -> None:
    world = GateWorld()
    failed = StageChanged(release=RELEASE, stage="Staging", state=state, at=NOW, attempt=2)
    world.ledger.record(failed, [])
    seen = gathered(world)
    assert (seen.has_staging, seen.staged_at) == (True, None)


def test_a_gate_before_every_environment_has_no_staging() -> None:
    world = GateWorld()
    seen = gathered(world, stage="Staging")
    assert (seen.has_staging, seen.staged_at) == (False, None)


def a_hold(scope: Scope, **changes: Any) -> Hold:
    hold = Hold(
        id=scope.key, scope=scope, owner="Grace", reason="audit", since=NOW - timedelta(hours=1)
    )
    return replace(hold, **changes)


PRODUCTION = Scope.of_stage(PIPELINE, "Production")
STAGING = Scope.of_stage(PIPELINE, "Staging")


def holding(*holds: Hold) -> GateWorld:
    world = GateWorld()
    for hold in holds:
        world.ledger.add_hold(hold, [])
    return world


@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        (PRODUCTION, True),
        (STAGING, False),
        (Scope(reach=Reach.EVERYTHING), True),
        (Scope(reach=Reach.ENVIRONMENT, environment="production"), True),
        (Scope(reach=Reach.ENVIRONMENT, environment="staging"), False),
        (Scope(reach=Reach.PIPELINE, pipeline=PIPELINE.key), True),
        (Scope(reach=Reach.PIPELINE, pipeline=replace(PIPELINE, name="other").key), False),
    ],
)
def test_a_hold_counts_where_it_covers_what_is_behind_the_gate(scope: Scope, counts: bool) -> None:
    held = gathered(holding(a_hold(scope))).holds
    assert bool(held) is counts


def test_a_gate_inside_the_held_stage_is_held() -> None:
    world = holding(a_hold(PRODUCTION))
    stage_of(world, "Production", ExecutionState.STARTED, NOW + timedelta(hours=1))
    assert gathered(world, stage="Production").holds


def test_a_stage_that_was_entered_after_the_gate_is_still_behind_it() -> None:
    world = holding(a_hold(PRODUCTION))
    stage_of(world, "Production", ExecutionState.STARTED, NOW + timedelta(hours=1))
    seen = gathered(world)
    assert seen.holds
    assert seen.staged_at == NOW


def test_a_hold_that_is_over_or_to_come_holds_nothing() -> None:
    over = a_hold(PRODUCTION, until=NOW)
    to_come = a_hold(PRODUCTION, id="later", since=NOW + timedelta(seconds=1))
    assert gathered(holding(over, to_come)).holds == ()


def a_window(window: Window, **changes: Any) -> HoldWindow:
    return HoldWindow(window=window, owner="U0GRACE", reason="holidays", **changes)


def test_a_policys_window_holds_while_it_lasts() -> None:
    until = NOW + timedelta(days=3)
    dates = Window(since=NOW, until=until)
    (held,) = gathered(GateWorld(), holds=(a_window(dates, environments=("production",)),)).holds
    assert (held.owner, held.reason, held.until) == ("U0GRACE", "holidays", until)
    assert (held.source, held.scope, held.since) == (HoldSource.WINDOW, PRODUCTION, NOW)
    assert gathered(GateWorld(), holds=(a_window(CRON),)).holds == ()
    assert gathered(GateWorld(), holds=(a_window(dates, stages=("Staging",)),)).holds == ()


def test_a_window_names_stages_environments_or_all() -> None:
    service = a_service()
    assert stages_of_window(a_window(CRON), service) == {"Staging", "Production"}
    named = a_window(CRON, environments=("production",), stages=("Approval",))
    assert stages_of_window(named, service) == {"Production", "Approval"}
    assert stages_of_window(a_window(CRON, environments=("other",)), service) == set()


class UnreadableSchedules(ScriptedSchedules):
    """Change calendars that cannot be read."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def span(self, window: Window, at: datetime) -> Span | None:
        raise self.error


@pytest.mark.parametrize("error", [DENIED, THROTTLED, DocumentInvalidError("no such calendar")])
def test_a_calendar_that_cannot_be_read_holds_and_says_so(error: Exception) -> None:
    world = GateWorld()
    world.schedules = UnreadableSchedules(error)
    (held,) = gathered(world, holds=(a_window(CALENDAR, environments=("production",)),)).holds
    assert held.reason == "holidays (its calendar cannot be read)"
    assert held.is_active(NOW)
    assert held.until is None


def test_a_window_on_two_stages_is_a_hold_on_each() -> None:
    world = GateWorld()
    world.schedules.spans[CRON] = Span()
    stages = frozenset({"Staging", "Production"})
    policy = Policy(holds=(a_window(CRON),))
    held = list(holds_on(a_service(), stages, policy, NOW, world))
    assert [hold.scope for hold in held] == [PRODUCTION, STAGING]
    assert len({hold.id for hold in held}) == 1
    other = replace(policy, holds=(a_window(CRON, stages=("Staging",)),))
    assert {hold.id for hold in held}.isdisjoint(
        hold.id for hold in holds_on(a_service(), stages, other, NOW, world)
    )


def open_windows(world: GateWorld, *windows: Window) -> Mapping[int, datetime | None]:
    return gathered(world, ChangeWindow(windows=windows)).windows


def test_a_change_window_is_open_in_its_span_and_a_change_calendar_outside() -> None:
    world, until = GateWorld(), datetime(2026, 11, 22, 17, tzinfo=UTC)
    assert open_windows(world, CRON, CALENDAR) == {1: None}
    world.schedules.spans = {CRON: Span(until=until), CALENDAR: Span()}
    assert open_windows(world, CRON, CALENDAR) == {0: until}
    assert gathered(world).windows == {}


@pytest.mark.parametrize("error", [DENIED, THROTTLED, DocumentInvalidError("no such calendar")])
def test_a_change_window_that_cannot_be_read_is_closed(error: Exception) -> None:
    world = GateWorld()
    world.schedules = UnreadableSchedules(error)
    assert open_windows(world, CRON, CALENDAR) == {}


class CountingAlarms:
    """CloudWatch that must not be asked for nothing."""

    def state(self, service: Service, names: Sequence[str]) -> Mapping[str, AlarmState]:
        raise AssertionError(f"asked for {names}")


def test_a_service_without_alarms_asks_for_none() -> None:
    world: Any = GateWorld()
    world.alarms = CountingAlarms()
    bare = a_service(
        environments=tuple(replace(one, alarms=()) for one in a_service().environments)
    )
    found = gather_evidence(RELEASE, bare, Policy(), "Approval", world)
    assert found.evidence.firing_alarms == ()
