"""What votes and checks amount to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signalbox.domain.evidence import UNKNOWN_TESTS
from signalbox.domain.gates import GateKind, TestResult, Verdict
from signalbox.domain.policy import Meaning, Policy, Quorum
from signalbox.policies.judge import digest_of, judge
from signalbox.policies.same_artifact_as_staged import SameArtifactAsStaged
from signalbox.policies.tests_passed import TestsPassed

from tests.unit.policies.cases import (
    DOSSIER,
    PRODUCT,
    SRE,
    a_case,
    a_gate,
    breaks_glass,
    rejects,
    says,
)

FAILING = {"tests": TestResult(passed=3, failed=1)}
GLASS = Policy(groups=(SRE, PRODUCT), break_glass=("sre",), quorum=Quorum(approvals=2))


def test_enough_approvals_approve_with_what_people_said() -> None:
    policy = Policy(quorum=Quorum(approvals=2))
    judged = judge(a_case(policy, says("grace", reason="read it"), says("linus")))
    assert (judged.verdict, judged.reason, judged.waits) == (Verdict.APPROVED, "read it", ())
    assert [one.person for one in judged.deciding] == ["grace", "linus"]
    assert not judged.broken_glass


def test_too_few_approvals_wait_and_say_for_whom() -> None:
    judged = judge(a_case(Policy(quorum=Quorum(approvals=2)), says("grace")))
    assert (judged.verdict, judged.waits) == (None, ("1 of 2 approvals",))
    assert judged.deciding == ()


def test_a_check_that_blocks_keeps_a_gate_open_whoever_approves_and_says_why() -> None:
    judged = judge(a_case(None, says("grace"), evidence=FAILING))
    assert (judged.verdict, judged.waits) == (None, ("1 failing test",))
    assert judged.weighed.enough
    both = judge(a_case(None, evidence=FAILING))
    assert both.waits == ("0 of 1 approvals", "1 failing test")


def test_when_the_check_passes_the_same_votes_approve() -> None:
    votes = (says("grace"),)
    assert judge(a_case(None, *votes, evidence=FAILING)).verdict is None
    assert judge(a_case(None, *votes)).verdict is Verdict.APPROVED


def test_a_check_that_the_policy_lets_pass_blocks_nobody() -> None:
    policy = Policy(checks=(TestsPassed(on_fail=Meaning.WARN),))
    assert judge(a_case(policy, says("grace"), evidence=FAILING)).verdict is Verdict.APPROVED


def test_the_checks_look_at_the_evidence_and_not_at_what_was_shown() -> None:
    shown_failing = a_case(None, says("grace"), tests=FAILING["tests"])
    assert judge(shown_failing).verdict is Verdict.APPROVED


def test_one_rejection_ends_it_whatever_else_was_said() -> None:
    judged = judge(a_case(None, says("grace"), rejects("linus", "not on a Friday")))
    assert (judged.verdict, judged.reason) == (Verdict.REJECTED, "not on a Friday")
    assert [one.person for one in judged.deciding] == ["linus"]
    glass = judge(a_case(GLASS, breaks_glass("grace"), rejects("edsger")))
    assert glass.verdict is Verdict.REJECTED


def test_broken_glass_stands_above_quorum_and_checks() -> None:
    judged = judge(a_case(GLASS, breaks_glass("grace"), evidence=FAILING))
    assert (judged.verdict, judged.broken_glass) == (Verdict.APPROVED, True)
    assert judged.reason == "glass broken (OPS-1): payments are down"
    assert [one.person for one in judged.deciding] == ["grace"]
    assert judged.findings[0].blocks, "what was passed over is told"


@pytest.mark.case(17)
@pytest.mark.parametrize("vote", [says("grace"), rejects("grace"), breaks_glass("grace")])
def test_nothing_is_decided_on_a_card_that_shows_something_else(vote: object) -> None:
    case = a_case(GLASS, vote)  # type: ignore[arg-type]
    other_artifact = replace(case, evidence=replace(case.evidence, artifact_digest="e" * 64))
    other_policy = replace(case, policy=replace(case.policy, digest="newer"))
    other_commit = replace(case.gate.dossier, revision="b" * 40)
    other_gate = replace(case, gate=replace(case.gate, dossier=other_commit))
    for changed in (other_artifact, other_policy, other_gate):
        judged = judge(changed)
        assert judged.verdict is None
        assert judged.waits == ("something of what was shown has changed; people are asked anew",)


@pytest.mark.case(17)
def test_the_digest_is_of_execution_commit_artifact_policy_and_kind() -> None:
    policy = Policy(digest="p")
    seen = {
        digest_of("e", DOSSIER, policy),
        digest_of("f", DOSSIER, policy),
        digest_of("e", replace(DOSSIER, revision="other"), policy),
        digest_of("e", replace(DOSSIER, artifact_digest="other"), policy),
        digest_of("e", DOSSIER, Policy(digest="q")),
        digest_of("e", DOSSIER, policy, GateKind.HOTFIX),
    }
    assert len(seen) == 6


def test_a_field_that_a_later_signalbox_adds_leaves_the_digest_alone() -> None:
    known = digest_of("e", DOSSIER, Policy(digest="p"))
    assert known == digest_of("e", replace(DOSSIER, checks=("new",)), Policy(digest="p"))
    assert known == digest_of("e", DOSSIER, Policy(digest="p", keep_releases=9))


AUTO = Policy(auto_approve=True, quorum=Quorum(approvals=2))


def test_a_policy_may_approve_by_itself_where_every_check_passes() -> None:
    judged = judge(a_case(AUTO))
    assert (judged.verdict, judged.reason) == (Verdict.APPROVED, "all checks passed")
    assert judge(a_case(AUTO, says("grace"))).deciding == (), "nobody's vote made it"
    assert judge(a_case()).verdict is None


def test_a_warning_is_no_passing() -> None:
    assert judge(a_case(AUTO, evidence={"tests": UNKNOWN_TESTS})).verdict is None
    ignoring = replace(AUTO, checks=(TestsPassed(on_warn=Meaning.IGNORE),))
    ignored = judge(a_case(ignoring, evidence={"tests": UNKNOWN_TESTS}))
    assert ignored.verdict is Verdict.APPROVED


def test_who_rejects_is_heard_before_the_policy_approves_by_itself() -> None:
    assert judge(a_case(AUTO, rejects("grace"))).verdict is Verdict.REJECTED


def test_people_who_sufficed_are_named_although_the_policy_would_have_approved() -> None:
    judged = judge(a_case(AUTO, says("grace", reason="fine"), says("linus")))
    assert judged.reason == "fine"
    assert len(judged.deciding) == 2


def test_no_hotfix_is_approved_by_itself_and_a_gate_that_is_only_observed_would_be() -> None:
    assert judge(a_case(AUTO, kind=GateKind.HOTFIX)).verdict is None
    assert judge(a_case(AUTO, kind=GateKind.OBSERVED)).verdict is Verdict.APPROVED


def test_a_hotfix_waits_for_its_own_quorum_and_for_the_checks() -> None:
    policy = Policy(hotfix=Quorum(approvals=2), groups=(SRE,))
    one, two = (says("grace"),), (says("grace"), says("linus"))
    assert judge(a_case(policy, *one, kind=GateKind.HOTFIX)).waits == ("1 of 2 approvals",)
    assert judge(a_case(policy, *two, kind=GateKind.HOTFIX)).verdict is Verdict.APPROVED
    staged = {"has_staging": True, "staged_digest": "e" * 64}
    held = judge(a_case(policy, *two, kind=GateKind.HOTFIX, evidence=staged))
    assert held.waits == ("another artifact would ship than staging was given",)


def test_a_vote_for_a_hotfix_is_none_for_the_gate() -> None:
    gate, hotfix = a_gate(), a_gate(kind=GateKind.HOTFIX)
    vote = says("grace", shown_digest=hotfix.shown_digest)
    case = a_case()
    assert judge(replace(case, gate=replace(gate, votes=(vote,)))).verdict is None


def test_findings_come_in_the_order_of_the_list_whatever_the_document_says() -> None:
    policy = Policy(checks=(SameArtifactAsStaged(), TestsPassed()))
    assert [one.check for one in judge(a_case(policy)).findings] == [
        "testsPassed",
        "noAlarmFiring",
        "noHold",
        "sameArtifactAsStaged",
    ]
