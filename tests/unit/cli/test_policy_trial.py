"""`signalbox policy test`: a policy tried on what recorded gates knew, and nothing guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signalbox.adapters.policy_documents import policy_of
from signalbox.domain.evidence import Evidence, FindingSeverity, ImageScan, ScanFinding, Waiver
from signalbox.domain.gates import Gate, GateKind, GateStatus, TestResult, Verdict
from signalbox.domain.holds import Hold, HoldSource, Scope
from signalbox.domain.policy import Policy
from signalbox.domain.recorded import (
    Recorded,
    RecordedCalendar,
    RecordedEnvironment,
    RecordedFinding,
    RecordedHold,
    RecordedScan,
)
from signalbox.domain.releases import Release
from signalbox.policies import CHECKS
from signalbox.policies.coverage import Coverage
from signalbox.policies.image_scan import ScanBelow
from signalbox.policies.judge import findings_of
from signalbox.policies.outcome import Case
from signalbox.policies.recording import recorded_of
from signalbox.policies.soak import Soak

from cli.policy_trial import Trial, retried, told
from cli.recorded_evidence import RULES, moment_of
from tests.fakes import NOW, PIPELINE, a_service, release_id
from tests.unit.policies.cases import ARTIFACT, TEAM, WELL, a_gate, says

EVERY_CHECK = tuple(check.name for check in CHECKS)
AHEAD = (RecordedEnvironment(name="production", stage="Production"),)
QUIET = Recorded(at=NOW, asked=EVERY_CHECK, ahead=AHEAD)
"""A gate that looked at everything: no image, no staging, nothing held."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def gate(recorded: Recorded | None = QUIET, *lines: str, **more: Any) -> Gate:
    """A gate that Grace has approved, a moment after people were asked."""
    kind = more.pop("kind", GateKind.APPROVAL)
    found = a_gate(None, says("grace"), kind=kind, recorded=recorded, checks=lines)
    settled: dict[str, Any] = {
        "status": GateStatus.SETTLED,
        "verdict": Verdict.APPROVED,
        "decided_at": NOW,
    }
    return replace(found, **settled | more)


def policy(**rules: Any) -> Policy:
    return policy_of({"contract": 2, **rules}, "p")


def tried(recorded_gate: Gate, **rules: Any) -> Trial:
    return retried(recorded_gate, policy(**rules), TEAM)


def lines(recorded_gate: Gate, **rules: Any) -> list[str]:
    return list(told(recorded_gate, tried(recorded_gate, **rules)))


def checked(recorded_gate: Gate, name: str, **settings: Any) -> str:
    """What a trial says of one check: ``pass``, ``unknown``, or what it means and why."""
    trial = tried(recorded_gate, checks={name: settings})
    if name in trial.unrecorded:
        assert not [one for one in trial.judgement.findings if one.check == name]
        return "unknown"
    (found,) = (one for one in trial.judgement.findings if one.check == name)
    return f"{found.meaning.value}: {found.why}" if found.meaning else "pass"


SCANNED = RecordedScan(
    findings=(
        RecordedFinding(id="CVE-1", severity="HIGH"),
        RecordedFinding(id="CVE-2", severity="LOW", waived_until=NOW + HOUR),
    )
)
FULL = replace(
    QUIET,
    coverage=91.0,
    ships_image=True,
    scan=SCANNED,
    has_staging=True,
    staged_digest=ARTIFACT,
    staged_at=NOW - 20 * MINUTE,
)


def test_what_the_card_had_shown_is_what_another_policy_is_tried_on() -> None:
    rules = {
        "coverage": {"atLeast": 90},
        "imageScan": {"below": "HIGH"},
        "soak": {"for": "15m"},
        "changeWindow": {"windows": [{"cron": "0 9 * * *", "for": "8h"}]},
    }
    said = lines(gate(FULL), checks=rules)
    assert said == [
        "≠ aaaaaaa at Approval, 2026-11-22 12:00: was APPROVED, would WAIT",
        "    the image has CVE-1 (HIGH)",
        "    imageScan block: the image has CVE-1 (HIGH)",
    ]
    assert lines(gate(FULL), checks=rules | {"imageScan": {"below": "CRITICAL"}}) == [
        "= aaaaaaa at Approval, 2026-11-22 12:00: was APPROVED, would APPROVED",
    ]


@pytest.mark.parametrize(
    ("check", "settings", "said"),
    [
        ("coverage", {"atLeast": 91}, "pass"),
        ("coverage", {"atLeast": 92}, "block: coverage is 91 %, below 92 %"),
        ("imageScan", {"below": "CRITICAL"}, "pass"),
        ("imageScan", {"below": "LOW"}, "block: the image has CVE-1 (HIGH)"),
        ("soak", {"for": "20m"}, "pass"),
        ("soak", {"for": "30m"}, "block: 10 min of 30 min of soak time are left"),
        ("sameArtifactAsStaged", {}, "pass"),
        ("noHold", {}, "pass"),
        ("testsPassed", {}, "pass"),
        ("noAlarmFiring", {}, "pass"),
    ],
)
def test_each_check_is_tried_on_its_facts(check: str, settings: dict[str, Any], said: str) -> None:
    assert checked(gate(FULL), check, **settings) == said


def test_where_nothing_was_recorded_it_is_neither_a_block_nor_a_pass() -> None:
    rules = {
        "coverage": {"atLeast": 80},
        "imageScan": {},
        "soak": {"for": "30m"},
        "changeWindow": {"windows": [{"calendar": "quiet-days"}]},
    }
    said = lines(gate(None), checks=rules)
    hung = "coverage and imageScan and noHold and sameArtifactAsStaged and soak and changeWindow"
    assert said == [
        f"? aaaaaaa at Approval, 2026-11-22 12:00: was APPROVED, would APPROVED if {hung} pass",
        "    coverage unknown: not recorded",
        "    imageScan unknown: not recorded",
        "    noHold unknown: not recorded",
        "    sameArtifactAsStaged unknown: not recorded",
        "    soak unknown: not recorded",
        "    changeWindow unknown: not recorded",
    ]


def test_a_verdict_hangs_only_on_what_could_have_kept_the_gate_shut() -> None:
    old = gate(replace(QUIET, asked=()))
    assert tried(old).hinges == ()
    assert tried(old, checks={"coverage": {"atLeast": 80}}).hinges == ("coverage",)
    warns = {"coverage": {"atLeast": 80, "onFail": "warn"}}
    assert tried(old, checks=warns).hinges == ()
    assert tried(old, checks=warns).unrecorded == ("coverage",)
    assert tried(old, checks={"coverage": {"atLeast": 80}}, approvals=2).hinges == ()
    nobody = replace(old, votes=())
    by_itself = tried(nobody, checks=warns, autoApprove=True)
    assert by_itself.judgement.verdict is Verdict.APPROVED
    assert by_itself.hinges == ("coverage",), "a warning keeps it from approving by itself"
    ignored = {"coverage": {"atLeast": 80, "onFail": "ignore", "onWarn": "ignore"}}
    assert tried(nobody, checks=ignored, autoApprove=True).hinges == ()


def test_one_thing_that_it_hangs_on_is_told_in_the_singular() -> None:
    old = gate(replace(QUIET, asked=()))
    first, *_ = lines(old, checks={"coverage": {"atLeast": 80}})
    assert first.endswith("would APPROVED if coverage passes")


@pytest.mark.parametrize(
    ("facts", "check", "settings", "said"),
    [
        ({"asked": ()}, "coverage", {"atLeast": 80}, "unknown"),
        ({}, "coverage", {"atLeast": 80}, "block: the build reported no coverage"),
        ({"asked": (), "coverage": 91.0}, "coverage", {"atLeast": 80}, "pass"),
        ({"asked": ()}, "imageScan", {}, "pass"),
        ({"asked": (), "ships_image": True}, "imageScan", {}, "unknown"),
        ({"ships_image": True}, "imageScan", {}, "block: no complete scan of the image is known"),
        ({"has_staging": True}, "soak", {"for": "15m"}, "block: it was not deployed"),
    ],
)
def test_what_no_check_had_asked_for_may_not_have_been_read(
    facts: dict[str, Any], check: str, settings: dict[str, Any], said: str
) -> None:
    assert checked(gate(replace(QUIET, **facts)), check, **settings).startswith(said)


def test_a_waiver_counts_as_of_then() -> None:
    waived = RecordedFinding(id="CVE-1", severity="HIGH", waived_until=NOW + MINUTE)
    facts = replace(QUIET, ships_image=True, scan=RecordedScan(findings=(waived,)))
    assert checked(gate(facts), "imageScan") == "pass"
    late = gate(facts, decided_at=NOW + MINUTE)
    assert checked(late, "imageScan") == "block: the image has CVE-1 (HIGH)"


def test_of_findings_that_were_cut_off_nobody_knows_whether_they_were_waived() -> None:
    waived = RecordedFinding(id="CVE-1", severity="HIGH", waived_until=NOW + HOUR)
    open_one = RecordedFinding(id="CVE-2", severity="MEDIUM")

    def cut(*findings: RecordedFinding) -> Gate:
        scan = RecordedScan(findings=findings, more=3)
        return gate(replace(QUIET, ships_image=True, scan=scan))

    assert checked(cut(waived), "imageScan", below="HIGH") == "unknown"
    assert checked(cut(waived, open_one), "imageScan", below="HIGH") == "pass"
    assert checked(cut(waived, open_one), "imageScan", below="LOW").startswith("block: ")
    assert checked(cut(waived), "imageScan", below="CRITICAL") == "pass"


SUNDAY_MORNING = {"cron": "0 9 * * 0", "for": "4h"}
"""12:00 UTC on 22 November 2026, a Sunday, is in it."""


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ([SUNDAY_MORNING], "pass"),
        ([{"cron": "0 9 * * 0", "for": "2h"}], "block: no change window is open"),
        ([{"cron": "0 9 * * 0", "for": "4h", "timeZone": "Asia/Tokyo"}], "block: "),
        ([{"from": "2026-11-22T12:00:00Z", "until": "2026-11-22T12:01:00Z"}], "pass"),
        ([{"from": "2026-11-22T12:01:00Z"}], "block: "),
        ([{"calendar": "open"}], "pass"),
        ([{"calendar": "closed"}], "block: "),
        ([{"calendar": "never-asked"}], "unknown"),
        ([{"calendar": "never-asked"}, SUNDAY_MORNING], "pass"),
        ([{"calendar": "never-asked"}, {"calendar": "closed"}], "unknown"),
    ],
)
def test_change_windows_are_looked_at_as_of_then(windows: list[Any], said: str) -> None:
    calendars = (
        RecordedCalendar(name="open", is_open=True),
        RecordedCalendar(name="closed", is_open=False),
    )
    found = gate(replace(QUIET, calendars=calendars))
    assert checked(found, "changeWindow", windows=windows).startswith(said)


def test_windows_are_looked_at_as_of_then_where_the_gate_kept_no_facts_too() -> None:
    assert checked(gate(None), "changeWindow", windows=[SUNDAY_MORNING]) == "pass"


@pytest.mark.parametrize(
    ("changes", "moment"),
    [
        ({}, NOW),
        ({"decided_at": NOW + HOUR}, NOW + HOUR),
        ({"verdict": None, "decided_at": None}, NOW + MINUTE),
        ({"verdict": Verdict.EXPIRED, "decided_at": NOW + HOUR}, NOW + MINUTE),
        ({"verdict": Verdict.EXPIRED, "decided_at": NOW + HOUR, "votes": ()}, NOW),
    ],
)
def test_it_is_tried_as_of_the_verdict_of_people_else_of_the_last_vote(
    changes: dict[str, Any], moment: datetime
) -> None:
    voted = (says("grace"), says("linus", at=NOW + MINUTE))
    assert moment_of(gate(**{"votes": voted, **changes})) == moment


def test_people_who_were_asked_anew_are_asked_as_of_then() -> None:
    anew = replace(QUIET, at=NOW + 5 * MINUTE)
    assert moment_of(gate(anew, verdict=None, decided_at=None)) == NOW + 5 * MINUTE


HELD = RecordedHold(owner="Grace", reason="holidays", until=NOW + HOUR)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"holds": (HELD,)}, "warn: on hold: holidays (Grace) until 2026-11-22 13:00 UTC"),
        ({"holds": (HELD,), "parallel": True}, "block: on hold: holidays (Grace)"),
        ({"holds": (replace(HELD, here=True),), "held_here": True}, "block: on hold"),
        ({"holds": (replace(HELD, here=True),)}, "warn: on hold"),
        ({"held_here": True, "parallel": True}, "pass"),
    ],
)
def test_a_hold_of_then_holds_in_a_trial(facts: dict[str, Any], said: str) -> None:
    assert checked(gate(replace(QUIET, **facts)), "noHold").startswith(said)


def held_by(found: Gate, **window: Any) -> str:
    """What a trial says of noHold under a policy with this hold."""
    hold = {"owner": "U0ADA", "reason": "calm", **window}
    trial = tried(found, holds=[hold])
    if "noHold" in trial.unrecorded:
        return "unknown"
    (finding,) = (one for one in trial.judgement.findings if one.check == "noHold")
    return finding.meaning.value if finding.meaning else "pass"


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (SUNDAY_MORNING, "warn"),
        (SUNDAY_MORNING | {"environments": ["production"]}, "warn"),
        (SUNDAY_MORNING | {"stages": ["Production"]}, "warn"),
        (SUNDAY_MORNING | {"stages": ["Approval"]}, "block"),
        (SUNDAY_MORNING | {"environments": ["staging"]}, "pass"),
        ({"cron": "0 9 * * 1", "for": "4h"}, "pass"),
        ({"calendar": "quiet-days"}, "unknown"),
        ({"calendar": "quiet-days", "environments": ["staging"]}, "pass"),
    ],
)
def test_the_holds_of_a_policy_are_tried_on_what_was_still_ahead(
    window: dict[str, Any], said: str
) -> None:
    assert held_by(gate(), **window) == said


def test_nobody_knows_what_was_ahead_of_a_gate_without_facts() -> None:
    for window in (SUNDAY_MORNING, {"calendar": "quiet-days"}):
        assert held_by(gate(None, "pass nothing is on hold"), **window) == "unknown"


def test_a_hotfix_waits_for_no_hold_and_no_window_and_needs_no_record_of_them() -> None:
    hotfix = gate(None, kind=GateKind.HOTFIX)
    rules = {"changeWindow": {"windows": [{"calendar": "quiet-days"}]}}
    assert not {"noHold", "changeWindow"} & set(tried(hotfix, checks=rules).unrecorded)


@pytest.mark.parametrize(
    ("verdict", "rules", "mark"),
    [
        (Verdict.APPROVED, {}, "="),
        (Verdict.APPROVED, {"approvals": 2}, "≠"),
        (Verdict.REJECTED, {}, "≠"),
        (None, {"approvals": 2}, "="),
        (None, {}, "≠"),
        (Verdict.EXPIRED, {"approvals": 2}, "="),
        (Verdict.SUPERSEDED, {"approvals": 2}, "="),
        (Verdict.DECIDED_ELSEWHERE, {}, "≠"),
    ],
)
def test_the_mark_says_whether_the_policy_would_have_come_to_the_same(
    verdict: Verdict | None, rules: dict[str, Any], mark: str
) -> None:
    assert lines(gate(verdict=verdict), **rules)[0][0] == mark


def test_a_check_without_a_rule_for_trials_is_unknown_and_every_check_has_one() -> None:
    assert set(RULES) == set(EVERY_CHECK)


# What was recorded is enough to find the same again


def a_hold(source: HoldSource) -> Hold:
    return Hold(
        id="h",
        scope=Scope.of_stage(PIPELINE, "Production"),
        owner="Grace",
        reason="holidays",
        since=NOW,
        source=source,
    )


SCANS = st.builds(
    ImageScan,
    repository=st.just("hello"),
    digest=st.just("d"),
    findings=st.lists(
        st.builds(
            ScanFinding,
            id=st.sampled_from(("CVE-1", "CVE-2", "CVE-3")),
            severity=st.sampled_from(FindingSeverity),
        ),
        max_size=4,
    ).map(tuple),
)
WAIVERS = st.builds(
    Waiver,
    finding=st.sampled_from(("CVE-1", "CVE-2", "CVE-3")),
    until=st.sampled_from((NOW - HOUR, NOW, NOW + HOUR)),
    reason=st.just("r"),
    repository=st.sampled_from(("", "hello", "other")),
)
EVIDENCE = st.builds(
    Evidence,
    at=st.just(NOW),
    tests=st.sampled_from((WELL.tests, TestResult(failed=1), TestResult(known=False))),
    coverage=st.none() | st.floats(0, 100),
    ships_image=st.booleans(),
    scan=st.none() | SCANS,
    waivers=st.lists(WAIVERS, max_size=4).map(tuple),
    firing_alarms=st.sampled_from(((), ("errors",))),
    unknown_alarms=st.sampled_from(((), ("latency",))),
    holds=st.sampled_from(((), (a_hold(HoldSource.PERSON),))),
    parallel=st.booleans(),
    artifact_digest=st.just(ARTIFACT),
    has_staging=st.booleans(),
    staged_digest=st.sampled_from(("", ARTIFACT, "e" * 64)),
    staged_at=st.none() | st.sampled_from((NOW, NOW - HOUR)),
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "coverage": st.builds(Coverage, at_least=st.floats(0, 100)),
        "imageScan": st.builds(ScanBelow, below=st.sampled_from(FindingSeverity)),
        "soak": st.builds(Soak, lasts=st.sampled_from((MINUTE, 2 * HOUR))),
    },
).map(lambda asked: Policy(checks=tuple(asked.values())))


@given(evidence=EVIDENCE, asked=ASKED, other=ASKED)
def test_a_trial_finds_what_the_gate_had_found_and_guesses_nothing(
    evidence: Evidence, asked: Policy, other: Policy
) -> None:
    release = Release(id=release_id())
    facts = recorded_of(evidence, asked, a_service(), release, "Approval")
    alarms = {"tests": evidence.tests, "firing_alarms": evidence.firing_alarms}
    opened = a_gate(None, recorded=facts, **alarms)
    for tried_one in (asked, other):
        truth = findings_of(Case(gate=opened, policy=tried_one, directory=TEAM, evidence=evidence))
        trial = retried(opened, tried_one, TEAM)
        found = {one.check: one for one in trial.judgement.findings}
        assert set(found) | set(trial.unrecorded) == {one.check for one in truth}
        assert [one for one in truth if one.check in found] == list(found.values())
        if tried_one is asked:
            assert not trial.unrecorded, "what the gate had looked at was all recorded"


def test_no_trial_goes_by_the_time_of_day() -> None:
    """Windows of years ago and of years ahead are looked at as of the gate."""
    past = datetime(2019, 1, 6, 10, tzinfo=UTC)
    old = gate(
        replace(QUIET, at=past), opened_at=past, decided_at=past, votes=(says("grace", at=past),)
    )
    assert checked(old, "changeWindow", windows=[SUNDAY_MORNING]) == "pass"
    monday = past + timedelta(days=1)
    late = replace(old, decided_at=monday)
    assert checked(late, "changeWindow", windows=[SUNDAY_MORNING]).startswith("block: ")
