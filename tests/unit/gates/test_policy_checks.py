"""Each check: a case that objects and one that does not."""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from signalbox.domain.evidence import FindingSeverity, ImageScan, ScanFinding, Waiver
from signalbox.domain.gates import GateKind, TestResult
from signalbox.domain.holds import Hold, Scope
from signalbox.domain.policy import CheckSettings, Meaning, Policy, Quorum
from signalbox.domain.windows import Window
from signalbox.policies import CHECKS
from signalbox.policies.change_window import ChangeWindow
from signalbox.policies.coverage import Coverage
from signalbox.policies.image_scan import ScanBelow
from signalbox.policies.judge import asked_checks, findings_of
from signalbox.policies.no_alarm_firing import NoAlarmFiring
from signalbox.policies.no_hold import NoHold
from signalbox.policies.outcome import Finding, Outcome
from signalbox.policies.same_artifact_as_staged import SameArtifactAsStaged
from signalbox.policies.soak import Soak
from signalbox.policies.tests_passed import TestsPassed

from tests.fakes import NOW, PIPELINE
from tests.unit.policies.cases import a_case, says

PASS, WARN, FAIL = Outcome.PASS, Outcome.WARN, Outcome.FAIL


def found(
    name: str, settings: CheckSettings | None = None, *votes: Any, **evidence: Any
) -> Finding:
    policy = Policy(checks=(settings,) if settings else (), hotfix=Quorum(approvals=2))
    kind = evidence.pop("kind", GateKind.APPROVAL)
    case = a_case(policy, *votes, kind=kind, evidence=evidence)
    return next(one for one in findings_of(case) if one.check == name)


def test_the_checks_that_look_unasked_are_these() -> None:
    assert [check.name for check, _ in asked_checks(Policy())] == [
        "testsPassed",
        "noAlarmFiring",
        "noHold",
        "sameArtifactAsStaged",
    ]
    assert len({check.settings for check in CHECKS}) == len(CHECKS)


def test_the_policy_says_what_an_outcome_means() -> None:
    failing = TestResult(passed=3, failed=1)
    assert found("testsPassed", tests=failing).blocks
    lenient = found("testsPassed", TestsPassed(on_fail=Meaning.IGNORE), tests=failing)
    assert (lenient.outcome, lenient.meaning, lenient.blocks) == (FAIL, Meaning.IGNORE, False)
    strict = TestsPassed(on_warn=Meaning.BLOCK)
    assert found("testsPassed", strict, tests=TestResult(known=False)).blocks
    assert found("testsPassed").meaning is None


def test_failing_tests_fail_unknown_tests_warn_and_passing_tests_pass() -> None:
    failing = found("testsPassed", tests=TestResult(passed=3, failed=2))
    assert (failing.outcome, failing.why) == (FAIL, "2 failing tests")
    assert found("testsPassed", tests=TestResult(known=False)).outcome is WARN
    assert found("testsPassed", tests=TestResult(passed=0)).outcome is WARN
    assert found("testsPassed").outcome is PASS


@pytest.mark.parametrize(
    ("covered", "outcome", "why"),
    [
        (79.96, FAIL, "coverage is 79.9 %, below 80 %"),
        (80.0, PASS, "coverage is 80 %"),
        (None, FAIL, "the build reported no coverage; at least 80 % is asked for"),
    ],
)
def test_coverage_must_reach_the_limit(covered: float | None, outcome: Outcome, why: str) -> None:
    seen = found("coverage", Coverage(at_least=80), coverage=covered)
    assert (seen.outcome, seen.why) == (outcome, why)


def a_scan(**findings: FindingSeverity) -> dict[str, Any]:
    listed = tuple(
        ScanFinding(id=id.replace("_", "-"), severity=grave) for id, grave in findings.items()
    )
    scan = ImageScan(repository="hello", digest="sha256:1", findings=listed)
    return {"ships_image": True, "scan": scan}


def waiver(until: timedelta, repository: str = "", finding: str = "CVE-1") -> Waiver:
    return Waiver(finding=finding, until=NOW + until, reason="not reachable", repository=repository)


def test_a_release_without_an_image_passes_the_scan_and_says_so() -> None:
    seen = found("imageScan", ScanBelow())
    assert (seen.outcome, seen.why) == (PASS, "it ships no image")


def test_an_image_that_nobody_scanned_fails() -> None:
    assert found("imageScan", ScanBelow(), ships_image=True).outcome is FAIL


def test_a_finding_as_grave_as_the_limit_fails_and_a_lesser_one_passes() -> None:
    high = a_scan(CVE_1=FindingSeverity.HIGH, CVE_2=FindingSeverity.CRITICAL)
    seen = found("imageScan", ScanBelow(), **high)
    assert (seen.outcome, seen.why) == (
        FAIL,
        "the image has CVE-2 (CRITICAL), CVE-1 (HIGH)",
    )
    assert found("imageScan", ScanBelow(), **a_scan(CVE_1=FindingSeverity.MEDIUM)).outcome is PASS
    below_low = ScanBelow(below=FindingSeverity.LOW)
    assert found("imageScan", below_low, **a_scan(CVE_1=FindingSeverity.MEDIUM)).outcome is FAIL


def test_a_crowd_of_findings_is_cut_to_the_gravest() -> None:
    crowd = {f"CVE_{n}": FindingSeverity.HIGH for n in range(8)}
    seen = found("imageScan", ScanBelow(), **a_scan(**crowd, CVE_9=FindingSeverity.CRITICAL))
    assert seen.why.startswith("the image has CVE-9 (CRITICAL), CVE-0 (HIGH)")
    assert seen.why.endswith(" and 4 more")


def test_a_waiver_ends_at_its_moment() -> None:
    high = a_scan(CVE_1=FindingSeverity.HIGH)
    alive = found("imageScan", ScanBelow(), **high, waivers=(waiver(timedelta(seconds=1)),))
    assert alive.outcome is PASS
    assert alive.why == "CVE-1 (HIGH): waived, the first until 2026-11-22 12:00 UTC"
    over = found("imageScan", ScanBelow(), **high, waivers=(waiver(timedelta()),))
    assert over.outcome is FAIL


def test_a_waiver_holds_for_its_repository_and_its_finding_alone() -> None:
    high, day = a_scan(CVE_1=FindingSeverity.HIGH), timedelta(days=1)
    for given, outcome in (
        (waiver(day, repository="hello"), PASS),
        (waiver(day, repository="other"), FAIL),
        (waiver(day, finding="CVE-2"), FAIL),
    ):
        assert found("imageScan", ScanBelow(), **high, waivers=(given,)).outcome is outcome


def test_of_two_waivers_the_one_that_still_holds_counts() -> None:
    both = (waiver(timedelta(days=-1)), waiver(timedelta(days=1)))
    high = a_scan(CVE_1=FindingSeverity.HIGH)
    assert found("imageScan", ScanBelow(), **high, waivers=both).outcome is PASS
    assert found("imageScan", ScanBelow(), **high, waivers=both[::-1]).outcome is PASS


def test_a_firing_alarm_warns_unasked_and_blocks_where_the_policy_asks() -> None:
    firing = found("noAlarmFiring", firing_alarms=("errors", "latency"))
    assert (firing.meaning, firing.why) == (Meaning.WARN, "firing: errors, latency")
    assert found("noAlarmFiring", NoAlarmFiring(), firing_alarms=("errors",)).blocks
    assert found("noAlarmFiring").outcome is PASS


def test_an_alarm_that_nobody_finds_warns_and_one_that_fires_comes_first() -> None:
    gone = found("noAlarmFiring", unknown_alarms=("errors", "latency"))
    assert (gone.outcome, gone.meaning) == (WARN, Meaning.WARN)
    assert gone.why == "not found, or not to be read: errors, latency"
    strict = NoAlarmFiring(on_warn=Meaning.BLOCK)
    assert found("noAlarmFiring", strict, unknown_alarms=("errors",)).blocks
    both = found("noAlarmFiring", firing_alarms=("errors",), unknown_alarms=("latency",))
    assert (both.outcome, both.why) == (FAIL, "firing: errors")


def test_of_two_waivers_that_hold_the_longer_is_told() -> None:
    both = (waiver(timedelta(days=2)), waiver(timedelta(days=1)))
    seen = found("imageScan", ScanBelow(), **a_scan(CVE_1=FindingSeverity.HIGH), waivers=both)
    assert seen.why == "CVE-1 (HIGH): waived, the first until 2026-11-24 12:00 UTC"


def a_hold(until: timedelta | None = timedelta(hours=2)) -> Hold:
    return Hold(
        id="h",
        scope=Scope.of_stage(PIPELINE, "Production"),
        owner="Grace",
        reason="holidays",
        since=NOW,
        until=NOW + until if until else None,
    )


def test_a_hold_warns_where_the_stage_is_closed_and_blocks_where_only_the_gate_can() -> None:
    closed = found("noHold", holds=(a_hold(),))
    assert (closed.outcome, closed.blocks) == (WARN, False)
    assert closed.why == "on hold: holidays (Grace) until 2026-11-22 14:00 UTC"
    parallel = found("noHold", holds=(a_hold(), a_hold(None)), parallel=True)
    assert parallel.blocks
    assert parallel.why.startswith(
        "on hold: holidays (Grace) until 2026-11-22 14:00 UTC; holidays (Grace); as a hotfix"
    )
    assert found("noHold", parallel=True).outcome is PASS
    assert found("noHold", NoHold(on_warn=Meaning.BLOCK), holds=(a_hold(),)).blocks


def test_one_hold_on_two_stages_is_told_once() -> None:
    assert found("noHold", holds=(a_hold(), a_hold())).why.count("holidays") == 1


def test_a_hotfix_passes_the_hold_it_asks_to_pass() -> None:
    assert found("noHold", holds=(a_hold(),), parallel=True, kind=GateKind.HOTFIX).outcome is PASS


def test_in_parallel_the_hotfix_quorum_passes_a_hold_at_the_gate() -> None:
    held: dict[str, Any] = {"holds": (a_hold(),), "parallel": True}
    one = found("noHold", None, says("grace"), **held)
    assert one.blocks
    assert one.why.endswith("as a hotfix it has 1 of 2 approvals")
    own_change = found("noHold", None, says("grace"), says("ada"), **held)
    assert own_change.blocks
    two = found("noHold", None, says("grace"), says("linus"), **held)
    assert (two.outcome, two.meaning) == (PASS, None)


def test_soak_time_begins_where_staging_ended() -> None:
    soak = Soak(lasts=timedelta(minutes=30))

    def soaked(**seen: Any) -> tuple[Outcome, str]:
        finding = found("soak", soak, **{"has_staging": True, **seen})
        return finding.outcome, finding.why

    early = soaked(staged_at=NOW - timedelta(minutes=12, seconds=30))
    assert early == (FAIL, "17 min of 30 min of soak time are left")
    assert soaked(staged_at=NOW - timedelta(minutes=30))[0] is PASS
    assert soaked(staged_at=NOW - timedelta(minutes=30) + timedelta(microseconds=1))[0] is FAIL
    assert soaked() == (FAIL, "it was not deployed to the environment before")
    assert soaked(has_staging=False) == (PASS, "there is no environment before it")


def test_what_ships_is_what_was_staged() -> None:
    check = "sameArtifactAsStaged"
    staged: dict[str, Any] = {"has_staging": True, "staged_digest": "d" * 64}
    assert found(check, **staged).outcome is PASS
    assert found(check, **{**staged, "staged_digest": "e" * 64}).blocks
    assert found(check, **{**staged, "staged_digest": ""}).outcome is WARN
    assert found(check, SameArtifactAsStaged(), has_staging=False).outcome is PASS


OFFICE = Window(cron="0 9 * * 1-5", lasts=timedelta(hours=8), time_zone="Europe/Berlin")


def test_outside_the_change_windows_is_a_refusal_that_names_them() -> None:
    berlin = datetime(2026, 12, 24, tzinfo=ZoneInfo("Europe/Berlin"))
    windows = (OFFICE, Window(since=berlin), Window(calendar="arn:aws:ssm:x:1:document/quiet"))
    settings = ChangeWindow(windows=windows)
    seen = found("changeWindow", settings)
    assert seen.blocks
    assert seen.why == (
        "no change window is open: 0 9 * * 1-5 (Europe/Berlin) for 8 h; "
        "2026-12-23 23:00 UTC to …; calendar quiet"
    )
    until = datetime(2026, 11, 22, 17, tzinfo=UTC)
    open_ = found("changeWindow", settings, windows={1: until})
    assert (open_.outcome, open_.why) == (
        PASS,
        "the change window is open until 2026-11-22 17:00 UTC",
    )
    assert found("changeWindow", settings, windows={2: None}).outcome is PASS


def test_a_hotfix_does_not_wait_for_a_change_window() -> None:
    hotfix = found("changeWindow", ChangeWindow(windows=(OFFICE,)), kind=GateKind.HOTFIX)
    assert hotfix.outcome is PASS


def test_a_hotfix_skips_no_other_check() -> None:
    kind = GateKind.HOTFIX
    assert found("testsPassed", tests=TestResult(failed=1), kind=kind).blocks
    assert found("soak", Soak(lasts=timedelta(hours=1)), has_staging=True, kind=kind).blocks


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Coverage(at_least=101),
        lambda: Soak(lasts=timedelta()),
        lambda: ChangeWindow(windows=()),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError):
        wrong()


REFUSING: dict[str, CheckSettings] = {
    "testsPassed": TestsPassed(),
    "coverage": Coverage(at_least=80),
    "imageScan": ScanBelow(),
    "noAlarmFiring": NoAlarmFiring(),
    "noHold": NoHold(),
    "sameArtifactAsStaged": SameArtifactAsStaged(),
    "soak": Soak(lasts=timedelta(hours=1)),
    "changeWindow": ChangeWindow(windows=(OFFICE,)),
}
"""Settings with which the evidence below is refused. A new check may join, or leave it to its own
test."""


def test_every_check_named_here_exists() -> None:
    assert REFUSING.keys() <= {check.name for check in CHECKS}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_refusal_is_one_line(check: Any) -> None:
    settings = REFUSING.get(check.name)
    if settings is None:
        if any(one.default is MISSING is one.default_factory for one in fields(check.settings)):
            pytest.skip("it has settings without a default: its own test says what it refuses")
        settings = check.settings()
    seen = found(
        check.name,
        settings,
        tests=TestResult(failed=1),
        ships_image=True,
        firing_alarms=("errors",),
        holds=(a_hold(),),
        parallel=True,
        has_staging=True,
        staged_digest="e",
    )
    assert seen.blocks or check.name not in REFUSING
    assert seen.why
    assert "\n" not in seen.why
