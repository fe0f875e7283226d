"""What holds of the judge whatever people do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signalbox.domain.gates import Choice, GateKind, TestResult, Verdict, Vote
from signalbox.domain.people import Directory
from signalbox.domain.policy import Policy, Quorum
from signalbox.policies.judge import judge
from signalbox.policies.outcome import Case, Judgement
from signalbox.policies.votes import weigh

from tests.fakes import NOW
from tests.gate_world import a_person
from tests.unit.policies.cases import ADAS, PRODUCT, SRE, TEAM, a_case

NAMES = ("ada", "alan", "grace", "linus", "barbara", "edsger", "robot")
TWICE = replace(a_person("grace"), slack=frozenset({"U0GRACE", "U0TWICE"}))
WORLD = Directory(people=(*(one for one in TEAM.people if one.id != "grace"), TWICE))
PRINCIPALS = (
    *(f"slack:T0001:U0{name.upper()}" for name in (*NAMES, "twice", "mallory")),
    *(f"aws:arn:aws:sts::123456789012:assumed-role/Team/{name}" for name in NAMES),
    "aws:arn:aws:iam::123456789012:root",
)
GROUPS = st.lists(st.sampled_from(("sre", "product")), unique=True, max_size=2).map(tuple)
QUORUMS = st.builds(Quorum, approvals=st.integers(0, 3), groups=GROUPS, one_from_each=GROUPS)
POLICIES = st.builds(
    Policy,
    quorum=QUORUMS,
    hotfix=QUORUMS,
    groups=st.just((SRE, PRODUCT)),
    break_glass=st.sampled_from(((), ("sre",))),
)
VOTES = st.lists(
    st.builds(
        Vote,
        principal=st.sampled_from(PRINCIPALS),
        name=st.just("somebody"),
        choice=st.sampled_from(Choice),
        at=st.integers(0, 3).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        reason=st.sampled_from(("", "because")),
        ticket=st.sampled_from(("", "OPS-1")),
        shown_digest=st.sampled_from(("", "old")),
    ),
    max_size=8,
)
APPROVALS = VOTES.map(lambda votes: [replace(one, choice=Choice.APPROVE) for one in votes])
CHANGES = st.lists(
    st.sampled_from(NAMES).map(
        lambda name: replace(ADAS, author_email=f"{name}@example.com", committer_email=None)
    ),
    min_size=1,
    max_size=3,
).map(tuple)
KINDS = st.sampled_from((GateKind.APPROVAL, GateKind.HOTFIX))


@st.composite
def cases(draw: st.DrawFn, votes: st.SearchStrategy[list[Vote]] = VOTES) -> Case:
    given_ = draw(votes)
    return a_case(
        draw(POLICIES),
        *given_,
        directory=WORLD,
        kind=draw(KINDS),
        evidence={"tests": draw(st.sampled_from((TestResult(passed=1), TestResult(failed=1))))},
        changes=draw(CHANGES),
    )


def person_of(principal: str) -> str:
    """By another way than the judge's: the last word of the principal."""
    name = principal.replace("/", ":").rpartition(":")[2].lower().removeprefix("u0")
    known = "grace" if name == "twice" else name
    return known if known in NAMES else ""


def authors(case: Case) -> set[str]:
    return {change.author_email.partition("@")[0] for change in case.gate.dossier.changes}


def approving(case: Case) -> set[str]:
    """Who has approved and may: counted anew."""
    quorum = case.policy.hotfix if case.gate.kind is GateKind.HOTFIX else case.policy.quorum
    groups = {"sre": {"grace", "linus"}, "product": {"grace", "barbara"}}
    named = (*quorum.groups, *quorum.one_from_each) if quorum.groups else ()
    able = set().union(*(groups[name] for name in named)) if named else {*NAMES} - {"robot"}
    return {
        person_of(vote.principal)
        for vote in case.gate.votes
        if vote.choice is Choice.APPROVE and vote.shown_digest == case.gate.shown_digest
    } & (able - authors(case))


@pytest.mark.case(13)
@given(case=cases())
def test_nobody_approves_their_own_change(case: Case) -> None:
    for one in judge(case).weighed.counted:
        if one.vote.choice is Choice.APPROVE:
            assert one.person not in authors(case)


@pytest.mark.case(14)
@given(case=cases())
def test_no_verdict_below_the_quorum(case: Case) -> None:
    judged = judge(case)
    if judged.verdict is Verdict.APPROVED and not judged.broken_glass:
        quorum = case.policy.hotfix if case.gate.kind is GateKind.HOTFIX else case.policy.quorum
        needed = max(1, quorum.approvals, len(quorum.one_from_each))
        assert len(approving(case)) >= needed
        assert not case.evidence.tests.failed
        assert {one.person for one in judged.deciding} == approving(case)


@pytest.mark.case(14)
@given(case=cases())
def test_each_counted_person_counts_once_for_each_thing_said(case: Case) -> None:
    counted = [(one.person, one.vote.choice) for one in judge(case).weighed.counted]
    assert len(counted) == len(set(counted))


@given(case=cases())
def test_every_vote_is_counted_refused_or_another_of_the_same_person(case: Case) -> None:
    weighed = weigh(case.gate, case.policy, case.directory)
    counted = {(one.person, one.vote.choice) for one in weighed.counted}
    refused = [one.vote for one in weighed.refused]
    for vote in case.gate.votes:
        assert vote in refused or (person_of(vote.principal), vote.choice) in counted
    assert all(one.why for one in weighed.refused)


@pytest.mark.case(10)
@given(case=cases())
def test_no_stranger_and_no_bot_decides_anything(case: Case) -> None:
    judged = judge(case)
    assert {one.person for one in judged.weighed.counted} <= {*NAMES} - {"robot"}
    for one in judged.weighed.counted:
        assert one.person == person_of(one.vote.principal)
        assert one.vote.shown_digest == case.gate.shown_digest


def _with_votes(case: Case, votes: list[Vote] | tuple[Vote, ...]) -> Judgement:
    return judge(replace(case, gate=replace(case.gate, votes=tuple(votes))))


@given(case=cases(), data=st.data())
def test_the_order_in_which_the_ledger_gives_votes_does_not_matter(
    case: Case, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(case.gate.votes))
    assert _with_votes(case, shuffled) == judge(case)


@given(case=cases())
def test_a_vote_that_is_there_twice_is_one_vote(case: Case) -> None:
    once, twice = judge(case), _with_votes(case, case.gate.votes * 2)
    assert replace(twice.weighed, refused=()) == replace(once.weighed, refused=())
    assert (twice.verdict, twice.reason, twice.waits) == (once.verdict, once.reason, once.waits)


@given(case=cases(APPROVALS), more=APPROVALS)
def test_another_approval_never_undoes_one(case: Case, more: list[Vote]) -> None:
    digest = case.gate.shown_digest
    shown = [replace(one, shown_digest=one.shown_digest or digest) for one in more]
    before, after = judge(case), _with_votes(case, [*case.gate.votes, *shown])
    assert after.weighed.enough >= before.weighed.enough
    if before.verdict is Verdict.APPROVED:
        assert after.verdict is Verdict.APPROVED


@given(case=cases())
def test_a_gate_has_a_verdict_or_says_what_it_waits_for(case: Case) -> None:
    judged = judge(case)
    assert (judged.verdict is None) == bool(judged.waits)
    assert all(line and "\n" not in line for line in judged.waits)


@given(case=cases(), artifact=st.sampled_from(("e" * 64, "f" * 64)))
def test_what_was_not_shown_is_never_decided(case: Case, artifact: str) -> None:
    moved = replace(case, evidence=replace(case.evidence, artifact_digest=artifact))
    assert judge(moved).verdict is None
