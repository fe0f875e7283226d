"""Each check: a case that objects and one that does not."""

from __future__ import annotations

from dataclasses import replace

from signalbox.domain.gates import Choice, Dossier, Gate, GateStatus, TestResult, Vote
from signalbox.domain.policy import Policy
from signalbox.policies import RELEASE_CHECKS, VOTE_CHECKS
from signalbox.policies.enough_approvals import enough_approvals
from signalbox.policies.judge import digest_of, judge
from signalbox.policies.no_alarm_firing import no_alarm_firing
from signalbox.policies.outcome import Authors, Case, Outcome
from signalbox.policies.own_change import own_change
from signalbox.policies.reason_given import reason_given
from signalbox.policies.same_as_shown import same_as_shown
from signalbox.policies.tests_passed import tests_passed as passed_tests

from tests.fakes import NOW, release_id

DOSSIER = Dossier(revision="r", artifact_digest="d", tests=TestResult(passed=3))


def a_case(*votes: Vote, policy: Policy | None = None, **dossier: object) -> Case:
    shown = replace(DOSSIER, **dossier)  # type: ignore[arg-type]
    policy = policy or Policy()
    gate = Gate(
        id="g",
        release=release_id(),
        stage="Approval",
        action="Approve",
        action_execution_id="a",
        status=GateStatus.OPEN,
        opened_at=NOW,
        expires_at=NOW,
        dossier=shown,
        shown_digest=digest_of(release_id().execution, shown, policy),
        votes=votes,
    )
    return Case(gate=gate, policy=policy)


def a_vote(case: Case | None = None, **changes: object) -> Vote:
    known: dict[str, object] = {
        "principal": "slack:T1:U1",
        "name": "grace",
        "choice": Choice.APPROVE,
        "at": NOW,
        "shown_digest": (case or a_case()).gate.shown_digest,
    }
    return Vote(**known | changes)  # type: ignore[arg-type]


def test_failing_tests_fail_unknown_tests_warn_and_passing_tests_pass() -> None:
    failing = a_case(tests=TestResult(passed=3, failed=1))
    assert passed_tests(failing).outcome is Outcome.FAIL
    assert passed_tests(a_case(tests=TestResult(known=False))).outcome is Outcome.WARN
    assert passed_tests(a_case()).outcome is Outcome.PASS


def test_failing_tests_keep_a_gate_shut_whoever_approves() -> None:
    case = a_case(tests=TestResult(passed=3, failed=1))
    voted = replace(case, gate=replace(case.gate, votes=(a_vote(case),)))
    assert judge(voted).verdict is None
    assert judge(voted).reason == "1 failing test"


def test_a_firing_alarm_warns_and_a_quiet_one_does_not() -> None:
    assert no_alarm_firing(a_case(firing_alarms=("errors",))).outcome is Outcome.WARN
    assert no_alarm_firing(a_case()).outcome is Outcome.PASS


def test_an_authors_approval_is_refused_and_a_colleagues_is_not() -> None:
    case = replace(a_case(), authors=Authors(users=frozenset({"U1"})))
    assert own_change(case, a_vote()) == "own change"
    assert own_change(case, a_vote(principal="slack:T1:U2")) == ""


def test_a_policy_may_let_authors_approve() -> None:
    case = replace(
        a_case(policy=Policy(exclude_author=False)), authors=Authors(users=frozenset({"U1"}))
    )
    assert own_change(case, a_vote()) == ""


def test_a_vote_on_another_card_is_refused() -> None:
    assert same_as_shown(a_case(), a_vote(shown_digest="0"))
    assert same_as_shown(a_case(), a_vote()) == ""


def test_a_rejection_without_a_reason_is_refused_and_one_with_a_reason_is_not() -> None:
    assert reason_given(a_case(), a_vote(choice=Choice.REJECT))
    assert reason_given(a_case(), a_vote(choice=Choice.REJECT, reason="no")) == ""


def test_approvals_are_counted_by_person_and_zero_needed_means_one() -> None:
    case = a_case(policy=Policy(approvals=2))
    assert enough_approvals(case, [a_vote(), a_vote()]).outcome is Outcome.FAIL
    two = [a_vote(), a_vote(principal="slack:T1:U2")]
    assert enough_approvals(case, two).outcome is Outcome.PASS
    assert enough_approvals(a_case(policy=Policy(approvals=0)), []).outcome is Outcome.FAIL


def test_every_check_stands_in_its_list() -> None:
    assert set(RELEASE_CHECKS) == {passed_tests, no_alarm_firing}
    assert set(VOTE_CHECKS) == {own_change, same_as_shown, reason_given}


def test_a_field_that_a_later_signalbox_adds_leaves_the_digest_alone() -> None:
    plain = digest_of("e", DOSSIER, Policy())
    assert plain != digest_of("e", DOSSIER, Policy(approvals=2))
    assert plain == digest_of("e", DOSSIER, Policy(mode=Policy().mode))
