"""Which votes count, for whom, and why the others do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signalbox.domain.gates import Change, Choice, GateKind, Vote
from signalbox.domain.people import Directory
from signalbox.domain.policy import (
    Excluded,
    Policy,
    Quorum,
    ReasonRequired,
    UnknownAuthor,
)
from signalbox.policies.authors import authors_of
from signalbox.policies.outcome import Weighed
from signalbox.policies.votes import weigh

from tests.fakes import NOW
from tests.gate_world import a_person
from tests.unit.policies.cases import (
    ADAS,
    DOSSIER,
    PRODUCT,
    SRE,
    TEAM,
    a_gate,
    breaks_glass,
    rejects,
    says,
)

GROUPS = (SRE, PRODUCT)
SRE_ONLY = Policy(groups=GROUPS, quorum=Quorum(groups=("sre",)))


def weighed(policy: Policy, *votes: Vote, directory: Directory = TEAM, **dossier: Any) -> Weighed:
    return weigh(a_gate(policy, *votes, **dossier), policy, directory)


def why_not(policy: Policy, vote: Vote, directory: Directory = TEAM, **dossier: Any) -> str:
    """Why the vote does not count; "" where it does."""
    result = weighed(policy, vote, directory=directory, **dossier)
    assert len(result.counted) + len(result.refused) == 1
    return result.refused[0].why if result.refused else ""


def test_a_vote_on_another_card_is_refused() -> None:
    assert why_not(Policy(), says("grace", shown_digest="0")) == (
        "given on a card that showed something else"
    )
    assert why_not(Policy(), says("grace")) == ""


@pytest.mark.case(10)
def test_a_stranger_neither_approves_nor_rejects_nor_breaks_glass() -> None:
    policy = Policy(break_glass=("sre",), groups=GROUPS)
    for vote in (says("mallory"), rejects("mallory"), breaks_glass("mallory")):
        assert why_not(policy, vote) == "not in the people document"


@pytest.mark.case(10)
def test_only_approvers_approve_and_everybody_who_is_known_rejects() -> None:
    assert why_not(SRE_ONLY, says("barbara")) == "not in sre"
    assert why_not(SRE_ONLY, says("grace")) == ""
    assert why_not(SRE_ONLY, rejects("barbara")) == ""
    assert why_not(SRE_ONLY, rejects("ada")) == ""


def test_without_groups_everybody_who_is_known_may_approve() -> None:
    one_of_sre = Policy(groups=GROUPS, quorum=Quorum(approvals=2, one_from_each=("sre",)))
    assert why_not(one_of_sre, says("edsger")) == ""
    assert why_not(Policy(), says("edsger")) == ""


def test_a_group_to_be_heard_may_approve_beside_the_approvers() -> None:
    policy = Policy(groups=GROUPS, quorum=Quorum(groups=("sre",), one_from_each=("product",)))
    assert why_not(policy, says("barbara")) == ""
    assert why_not(policy, says("edsger")) == "not in sre or product"


def test_a_bot_has_no_vote_of_any_kind() -> None:
    policy = Policy(break_glass=("sre",), groups=(replace(SRE, members=frozenset({"U0ROBOT"})),))
    for vote in (says("robot"), rejects("robot"), breaks_glass("robot")):
        assert why_not(policy, vote) == "a bot has no vote"


@pytest.mark.case(13)
@pytest.mark.parametrize(
    ("change", "of"),
    [
        ({"author_email": " Grace@Example.com "}, "author"),
        ({"committer_email": "grace@example.com"}, "committer"),
        ({"co_authors": ("alan@example.com", "grace@example.com")}, "co-author"),
    ],
)
def test_nobody_approves_what_they_had_a_hand_in(change: dict[str, Any], of: str) -> None:
    changes = (ADAS, replace(ADAS, id="b" * 40, **change))
    for account in ("grace", "aws:grace"):
        assert why_not(Policy(), says(account), changes=changes) == "own change", of
    assert why_not(Policy(), says("linus"), changes=changes) == ""
    assert why_not(Policy(), rejects("grace"), changes=changes) == ""


@pytest.mark.case(13)
def test_nobody_approves_a_release_that_they_started_by_hand() -> None:
    by = "arn:aws:sts::123456789012:assumed-role/Team/grace"
    assert why_not(Policy(), says("grace"), started_by=by) == "own change"
    assert why_not(Policy(), says("linus"), started_by=by) == ""
    somebody = "arn:aws:iam::123456789012:user/ci"
    assert why_not(Policy(), says("linus"), started_by=somebody) == (
        f"{somebody} is not in the people document, which counts as own change"
    )


@pytest.mark.case(13)
@pytest.mark.parametrize(
    "unknown",
    [
        {"author_email": "who@example.com"},
        {"author_email": ""},
        {"committer_email": "who@example.com"},
        {"co_authors": ("who@example.com",)},
        {"co_authors": ("",)},
    ],
)
def test_an_unknown_author_is_everybodys_own_change(unknown: dict[str, Any]) -> None:
    changes = (replace(ADAS, **unknown),)
    assert "counts as own change" in why_not(Policy(), says("grace"), changes=changes)
    lenient = Policy(unknown_author=UnknownAuthor.ALLOW)
    assert why_not(lenient, says("grace"), changes=changes) == ""


@pytest.mark.case(13)
def test_a_release_of_which_nobody_knows_the_commits_is_everybodys_own_change() -> None:
    assert "counts as own change" in why_not(Policy(), says("grace"), changes=())


@pytest.mark.case(13)
def test_a_bot_is_an_author_who_is_known() -> None:
    changes = (replace(ADAS, author_email="robot@example.com", committer_email=None),)
    assert why_not(Policy(), says("grace"), changes=changes) == ""


def test_the_policy_says_who_is_excluded() -> None:
    by = "arn:aws:sts::123456789012:assumed-role/Team/linus"
    change = Change(
        id="a",
        author_name="",
        author_email="ada@example.com",
        subject="",
        committer_email="alan@example.com",
    )
    dossier = replace(DOSSIER, changes=(change,), started_by=by)
    for excluded, people in (
        (frozenset[Excluded](), set()),
        (frozenset({Excluded.AUTHORS}), {"ada"}),
        (frozenset({Excluded.COMMITTERS}), {"alan"}),
        (frozenset({Excluded.STARTER}), {"linus"}),
        (frozenset(Excluded), {"ada", "alan", "linus"}),
    ):
        assert authors_of(dossier, Policy(excluded=excluded), TEAM).people == people


@pytest.mark.case(13)
def test_strict_identity_takes_the_providers_word_besides_gits() -> None:
    strict = Policy(strict_identity=True)
    pusher = a_person("pusher", providers=frozenset({"github:42"}))
    team = replace(TEAM, people=(*TEAM.people, pusher))

    def seen(who: str, policy: Policy = strict, **dossier: Any) -> str:
        return why_not(policy, says(who), directory=team, **dossier)

    assert seen("pusher", provider_identity="github:42") == "own change"
    assert seen("grace", provider_identity="github:42") == ""
    assert seen("ada", provider_identity="github:42") == "own change"
    assert "counts as own change" in seen("grace", provider_identity="github:43")
    assert "counts as own change" in seen("grace")
    lenient = replace(strict, unknown_author=UnknownAuthor.ALLOW)
    assert "counts as own change" in seen("grace", lenient), "a stranger may be anybody"
    assert seen("pusher", Policy(), provider_identity="github:42") == ""


@pytest.mark.parametrize(
    ("required", "approving", "rejecting"),
    [
        (ReasonRequired.NEVER, "", ""),
        (ReasonRequired.REJECT, "", "no reason given"),
        (ReasonRequired.ALWAYS, "no reason given", "no reason given"),
    ],
)
def test_a_reason_is_given_where_the_policy_asks(
    required: ReasonRequired, approving: str, rejecting: str
) -> None:
    policy = Policy(reason_required=required)
    assert why_not(policy, says("grace", reason=" ")) == approving
    assert why_not(policy, rejects("grace", reason=" ")) == rejecting
    assert why_not(policy, says("grace", reason="seen it")) == ""
    assert why_not(policy, rejects("grace")) == ""


def test_glass_is_broken_by_those_who_may_with_reason_and_ticket() -> None:
    policy = Policy(groups=GROUPS, break_glass=("sre",))
    assert why_not(policy, breaks_glass("grace")) == ""
    assert why_not(policy, breaks_glass("barbara")) == "may not break the glass"
    assert why_not(Policy(groups=GROUPS), breaks_glass("grace")) == "may not break the glass"
    lacking = "breaking the glass takes a reason and a ticket"
    assert why_not(policy, breaks_glass("grace", ticket=" ")) == lacking
    assert why_not(policy, breaks_glass("grace", reason="")) == lacking


def test_an_author_may_break_the_glass_and_is_no_approval() -> None:
    policy = Policy(groups=(replace(SRE, members=frozenset({"U0ADA"})),), break_glass=("sre",))
    result = weighed(policy, breaks_glass("ada"))
    assert result.emergency is not None
    assert (result.emergency.person, result.enough) == ("ada", False)


@pytest.mark.case(14)
def test_one_person_is_one_voice_whatever_the_account() -> None:
    twofold = a_person("grace", slack=frozenset({"U0GRACE", "U0TWICE"}))
    others = tuple(one for one in TEAM.people if one.id != "grace")
    team = Directory(people=(*others, twofold))
    policy = Policy(quorum=Quorum(approvals=2))
    accounts = (says("grace"), says("twice"), says("aws:grace"))
    result = weighed(policy, *accounts, directory=team)
    assert [one.person for one in result.counted] == ["grace"]
    assert (result.enough, result.told) == (False, "1 of 2 approvals")
    assert weighed(policy, *accounts, says("linus"), directory=team).enough


@pytest.mark.case(14)
def test_one_person_speaks_for_one_group() -> None:
    both = Quorum(groups=("sre", "product"), one_from_each=("sre", "product"))
    policy = Policy(groups=GROUPS, quorum=both)
    alone = weighed(policy, says("grace"))
    assert (alone.enough, alone.told) == (False, "1 of 2 approvals, nobody for product yet")
    assert weighed(policy, says("grace"), says("barbara")).enough
    assert weighed(policy, says("grace"), says("linus")).enough, "grace speaks for product then"
    assert not weighed(policy, says("barbara")).enough


def test_the_first_vote_of_a_person_counts_and_the_first_rejection_is_told() -> None:
    later = replace(rejects("linus"), at=NOW + timedelta(seconds=1))
    result = weighed(Policy(), later, rejects("grace", "broken"), rejects("aws:grace", "again"))
    assert result.rejection is not None
    assert (result.rejection.person, result.rejection.vote.reason) == ("grace", "again")
    assert [one.person for one in result.counted] == ["grace", "linus"]


def test_a_hotfix_asks_its_own_quorum() -> None:
    policy = Policy(groups=GROUPS, hotfix=Quorum(approvals=2, groups=("sre",)))
    gate = a_gate(policy, says("grace"), says("barbara"), kind=GateKind.HOTFIX)
    result = weigh(gate, policy, TEAM)
    assert (result.enough, result.told) == (False, "1 of 2 approvals")
    assert result.refused[0].why == "not in sre"
    assert result.counted[0].vote.choice is Choice.APPROVE


def test_no_policy_counts_zero_approvals_as_enough() -> None:
    assert not weighed(Policy(quorum=Quorum(approvals=0))).enough
