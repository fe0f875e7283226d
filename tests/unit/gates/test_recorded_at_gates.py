"""A gate keeps what its checks looked at, so that another policy can be tried on it later."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from signalbox.adapters.dynamodb_documents import from_document, to_document
from signalbox.domain.evidence import FindingSeverity, ImageScan, ScanFinding, Waiver
from signalbox.domain.gates import Dossier, GateKind
from signalbox.domain.holds import Hold, HoldSource, Reach, Scope
from signalbox.domain.policy import CheckSettings, Policy
from signalbox.domain.recorded import (
    Recorded,
    RecordedCalendar,
    RecordedEnvironment,
    RecordedFinding,
    RecordedHold,
    RecordedScan,
)
from signalbox.domain.releases import Release, Stage
from signalbox.domain.states import ExecutionState
from signalbox.domain.windows import HoldWindow, Window
from signalbox.policies.change_window import ChangeWindow
from signalbox.policies.coverage import Coverage
from signalbox.policies.image_scan import ScanBelow
from signalbox.policies.recording import KEPT, recorded_of
from signalbox.policies.soak import Soak
from signalbox.usecases.compile_gate import compile_gate

from tests.fakes import NOW, PIPELINE, a_service
from tests.gate_world import APPROVAL_ID, DIGEST, RELEASE, GateWorld
from tests.unit.policies.cases import WELL

UNASKED = ("testsPassed", "noAlarmFiring", "noHold", "sameArtifactAsStaged")
CALENDAR = Window(calendar="quiet-days")
CRON = Window(cron="0 9 * * *", lasts=timedelta(hours=8))


def recorded_at(world: GateWorld, *checks: CheckSettings, **policy: Any) -> Recorded:
    pending = world.pipelines.approvals[APPROVAL_ID]
    asked = Policy(checks=checks, **policy)
    gate = compile_gate("g", pending, a_service(), asked, world, kind=GateKind.APPROVAL).gate
    assert gate.dossier.recorded is not None
    return gate.dossier.recorded


def recorded(policy: Policy | None = None, stage: str = "Approval", **evidence: Any) -> Recorded:
    return recorded_of(
        replace(WELL, **evidence), policy or Policy(), a_service(), Release(id=RELEASE), stage
    )


def test_a_gate_that_was_opened_has_the_facts_behind_its_card() -> None:
    world = GateWorld()
    listing = world.artifacts.listed[RELEASE]
    world.artifacts.listed[RELEASE] = replace(listing, coverage=91.4, image="sha256:1")
    world.scans.known["sha256:1"] = ImageScan(
        repository="hello",
        digest="sha256:1",
        findings=(ScanFinding(id="CVE-1", severity=FindingSeverity.HIGH),),
    )
    world.ledger.write_notes(RELEASE, staged_digest=DIGEST)
    asked = (Coverage(at_least=80), ScanBelow(), Soak(lasts=timedelta(minutes=20)))
    found = recorded_at(world, *asked)
    assert (found.at, found.coverage, found.ships_image) == (NOW, 91.4, True)
    assert found.scan == RecordedScan(findings=(RecordedFinding(id="CVE-1", severity="HIGH"),))
    assert (found.has_staging, found.staged_digest, found.staged_at) == (True, DIGEST, NOW)
    assert found.asked == (
        *("testsPassed", "coverage", "imageScan", "noAlarmFiring"),
        *("noHold", "sameArtifactAsStaged", "soak"),
    )


def test_what_was_not_asked_for_is_told_from_what_was_not_there() -> None:
    world = GateWorld()
    assert recorded_at(world).asked == UNASKED
    assert recorded_at(world).coverage is None
    asked = recorded_at(world, Coverage(at_least=80)).asked
    assert asked == ("testsPassed", "coverage", *UNASKED[1:])


def a_hold(source: HoldSource = HoldSource.PERSON, stage: str = "Production") -> Hold:
    return Hold(
        id="h",
        scope=Scope.of_stage(PIPELINE, stage),
        owner="Grace",
        reason="holidays",
        since=NOW,
        until=NOW + timedelta(hours=2),
        source=source,
    )


def test_holds_of_people_are_kept_and_windows_are_left_to_the_policy_that_has_them() -> None:
    here = a_hold(HoldSource.INCIDENT, "Approval")
    found = recorded(holds=(a_hold(), a_hold(HoldSource.WINDOW), here), parallel=True)
    until = NOW + timedelta(hours=2)
    away = RecordedHold(owner="Grace", reason="holidays", until=until)
    assert found.holds == (away, replace(away, here=True))
    assert (found.parallel, found.held_here) == (True, False)
    assert recorded(holds=(here,), held_here=True).held_here


def test_of_a_finding_the_last_waiver_that_is_about_it_is_kept() -> None:
    def waived(finding: str, days: int, repository: str = "") -> Waiver:
        until = NOW + timedelta(days=days)
        return Waiver(finding=finding, until=until, reason="r", repository=repository)

    scan = ImageScan(
        repository="hello",
        digest="d",
        findings=tuple(
            ScanFinding(id=id, severity=FindingSeverity.LOW) for id in ("CVE-3", "CVE-1", "CVE-2")
        ),
    )
    waivers = (
        *(waived("CVE-1", 1), waived("CVE-1", 3, "hello"), waived("CVE-1", 9, "other")),
        waived("CVE-2", -1),
    )
    found = recorded(ships_image=True, scan=scan, waivers=waivers).scan
    assert found is not None
    ends = {one.id: one.waived_until for one in found.findings}
    day = timedelta(days=1)
    assert ends == {"CVE-1": NOW + 3 * day, "CVE-2": NOW - day, "CVE-3": None}


def test_of_a_crowd_of_findings_the_gravest_are_kept_and_the_rest_is_counted() -> None:
    low = [ScanFinding(id=f"CVE-{n}", severity=FindingSeverity.LOW) for n in range(KEPT + 4)]
    worst = ScanFinding(id="CVE-" + "X" * 999, severity=FindingSeverity.CRITICAL)
    scan = ImageScan(repository="hello", digest="d", findings=(*low, worst))
    found = recorded(ships_image=True, scan=scan).scan
    assert found is not None
    assert (len(found.findings), found.more) == (KEPT, 5)
    assert found.findings[0].id == "CVE-" + "X" * 96


def test_of_change_windows_the_calendars_are_kept() -> None:
    other = Window(calendar="other")
    policy = Policy(checks=(ChangeWindow(windows=(CRON, CALENDAR, other)),))
    found = recorded(policy, windows={0: NOW, 2: None}).calendars
    assert found == (
        RecordedCalendar(name="quiet-days", is_open=False),
        RecordedCalendar(name="other", is_open=True),
    )


def test_the_environments_ahead_are_those_that_it_has_not_been_through() -> None:
    def ahead(stage: str, *seen: str) -> list[str]:
        stages = tuple(Stage(name=name, state=ExecutionState.SUCCEEDED) for name in seen)
        release = Release(id=RELEASE, stages=stages)
        found = recorded_of(WELL, Policy(), a_service(), release, stage).ahead
        return [one.name for one in found]

    assert ahead("Approval", "Source", "Staging", "Approval") == ["production"]
    assert ahead("Approval", "Source", "Approval") == ["staging", "production"]
    assert ahead("Production", "Staging", "Production") == ["production"], "the gate's own stage"


WHOLE = Recorded(
    at=NOW,
    asked=UNASKED,
    coverage=91.4,
    ships_image=True,
    scan=RecordedScan(
        findings=(RecordedFinding(id="CVE-1", severity="HIGH", waived_until=NOW),), more=2
    ),
    has_staging=True,
    staged_digest=DIGEST,
    staged_at=NOW - timedelta(minutes=20),
    holds=(RecordedHold(owner="Grace", reason="holidays", until=None, here=True),),
    held_here=True,
    parallel=True,
    calendars=(RecordedCalendar(name="quiet-days", is_open=True),),
    ahead=(RecordedEnvironment(name="production", stage="Production"),),
)


@pytest.mark.parametrize("facts", [WHOLE, Recorded(at=datetime(2026, 1, 1, tzinfo=UTC))])
def test_the_facts_are_read_as_they_were_written(facts: Recorded) -> None:
    dossier = Dossier(revision="a", artifact_digest="d", tests=WELL.tests, recorded=facts)
    written = json.loads(json.dumps(to_document(dossier)))
    assert from_document(Dossier, written) == dossier


def test_a_gate_of_an_earlier_signalbox_has_none_and_one_of_a_later_has_more() -> None:
    dossier = Dossier(revision="a", artifact_digest="d", tests=WELL.tests, recorded=WHOLE)
    written = to_document(dossier)
    del written["recorded"]
    assert from_document(Dossier, written) == replace(dossier, recorded=None)
    later = {**to_document(dossier), "recorded": {**to_document(WHOLE), "moon": "full"}}
    assert from_document(Dossier, later) == dossier


def test_a_window_of_the_policy_is_no_fact_of_the_gate() -> None:
    world = GateWorld()
    dates = Window(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
    found = recorded_at(world, holds=(HoldWindow(window=dates, owner="o", reason="r"),))
    assert found.holds == ()


def test_what_a_person_holds_is_found_at_the_gate() -> None:
    world = GateWorld()
    world.ledger.add_hold(replace(a_hold(), scope=Scope(reach=Reach.EVERYTHING)), [])
    (held,) = recorded_at(world).holds
    assert (held.owner, held.here) == ("Grace", False)
