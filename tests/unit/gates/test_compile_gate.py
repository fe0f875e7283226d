"""What people are shown at a gate, put together: compile_gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.domain.evidence import FindingSeverity, ImageScan, ScanFinding
from signalbox.domain.gates import GateKind, Verdict
from signalbox.domain.people import Directory
from signalbox.domain.policy import Group, Policy, Quorum
from signalbox.domain.states import AlarmState
from signalbox.policies.judge import shown_now
from signalbox.usecases.compile_gate import Compiled, compile_gate

from tests.fakes import NOW, a_service
from tests.gate_world import APPROVAL_ID, APPROVAL_TOKEN, EVERYBODY, RELEASE, GateWorld
from tests.unit.gates.carrying import ask, card

SRE = Group(name="sre", members=frozenset({"U0ADA", "U0GRACE", "U0LINUS"}))


def compiled(
    world: GateWorld, policy: Policy, kind: GateKind = GateKind.APPROVAL, asked: int = 1
) -> Compiled:
    pending = world.pipelines.approvals[APPROVAL_ID]
    return compile_gate("g", pending, a_service(), policy, world, kind=kind, asked=asked)


def test_it_asks_those_whose_approval_would_count() -> None:
    policy = Policy(groups=(SRE,), quorum=Quorum(groups=("sre",)))
    gate = compiled(GateWorld(), policy).gate
    assert gate.asked == ("U0GRACE", "U0LINUS"), "and not Ada, who wrote it"
    assert gate.standing == ("0 of 1 approvals",)
    assert gate.approval_token == APPROVAL_TOKEN


@pytest.mark.case(13)
def test_it_asks_nobody_where_an_author_is_unknown() -> None:
    world = GateWorld()
    world.directory.directory = Directory(people=EVERYBODY.people[1:])
    assert compiled(world, Policy()).gate.asked == ()


def test_what_the_checks_found_stands_a_line_each_with_what_it_means() -> None:
    world = GateWorld()
    world.alarms.states = {"hello-production-errors": AlarmState.ALARM}
    found = compiled(world, Policy())
    assert found.gate.dossier.checks[0] == "pass 12 tests passed"
    assert "warn firing: hello-production-errors" in found.gate.dossier.checks
    assert found.judgement.verdict is None


def test_the_digest_is_of_what_the_card_shows_for_this_kind_and_this_time() -> None:
    world = GateWorld()
    digests = set()
    for kind in (GateKind.APPROVAL, GateKind.OBSERVED):
        for asked in (1, 2):
            gate = compiled(world, Policy(), kind, asked).gate
            assert (gate.kind, gate.round) == (kind, asked)
            assert gate.shown_digest == shown_now(gate, Policy())
            digests.add(gate.shown_digest)
    assert len(digests) == 4


def test_it_expires_when_the_policy_says_and_never_at_once() -> None:
    world = GateWorld()
    soon = compiled(world, Policy(expires_after=timedelta())).gate
    assert soon.expires_at == NOW + timedelta(seconds=1)
    late = compiled(world, Policy(expires_after=timedelta(days=2))).gate
    assert late.expires_at == NOW + timedelta(days=2)


def test_it_says_when_the_policy_would_approve_by_itself() -> None:
    world, by_itself = GateWorld(), Policy(auto_approve=True)
    assert compiled(world, by_itself).judgement.verdict is Verdict.APPROVED
    assert compiled(world, Policy()).judgement.verdict is None
    world.alarms.states = {"hello-production-errors": AlarmState.ALARM}
    assert compiled(world, by_itself).judgement.verdict is None


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ((), "no findings"),
        (
            (FindingSeverity.MEDIUM, FindingSeverity.CRITICAL, FindingSeverity.MEDIUM),
            "1 CRITICAL, 2 MEDIUM",
        ),
        (None, "not scanned, as far as anybody knows"),
    ],
)
def test_the_card_shows_the_scan_of_the_image_whether_or_not_a_check_asks_for_it(
    findings: tuple[FindingSeverity, ...] | None, told: str
) -> None:
    world = GateWorld()
    listing = world.artifacts.listed[RELEASE]
    world.artifacts.listed[RELEASE] = replace(listing, image="sha256:1", repository="hello")
    if findings is not None:
        found = tuple(ScanFinding(id=f"CVE-{n}", severity=one) for n, one in enumerate(findings))
        scan = ImageScan(repository="hello", digest="sha256:1", findings=found)
        world.scans.known["sha256:1"] = scan
    assert ask(world).dossier.scan == told
    assert f"*Image scan*\\n{told}" in card(world)


def test_a_release_without_an_image_says_nothing_of_scans() -> None:
    world = GateWorld()
    assert ask(world).dossier.scan == ""
    assert "Image scan" not in card(world)
