"""Groups are represented by different people: the matching against trying all."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from signalbox.domain.policy import Group, Policy, Quorum
from signalbox.policies.quorum import may_approve, standing_of, unrepresented

from tests.unit.policies.cases import TEAM

PEOPLE = st.frozensets(st.sampled_from("abcdef"))
GROUPS = st.dictionaries(st.sampled_from("vwxyz"), PEOPLE, max_size=5)


def seats_all(people: frozenset[str], groups: dict[str, frozenset[str]]) -> bool:
    """Whether some choice of one person per group names nobody twice, by trying every choice."""
    choices = product(*(sorted(people & members) for members in groups.values()))
    return any(len(set(chosen)) == len(groups) for chosen in choices)


@example(people=frozenset("ab"), groups={"v": frozenset("ab"), "w": frozenset("a")})
@example(people=frozenset("a"), groups={"v": frozenset("a"), "w": frozenset("a")})
@given(people=PEOPLE, groups=GROUPS)
def test_matching_seats_everybody_where_any_choice_does(
    people: frozenset[str], groups: dict[str, frozenset[str]]
) -> None:
    assert (not unrepresented(people, groups)) == seats_all(people, groups)


@given(people=PEOPLE, groups=GROUPS)
def test_no_fewer_groups_than_need_be_go_without_a_voice(
    people: frozenset[str], groups: dict[str, frozenset[str]]
) -> None:
    missing = set(unrepresented(people, groups))
    assert missing <= set(groups)
    heard = {name: members for name, members in groups.items() if name not in missing}
    assert seats_all(people, heard)
    for name in missing:
        assert not seats_all(people, heard | {name: groups[name]})


@given(people=PEOPLE, more=PEOPLE, groups=GROUPS)
def test_another_voice_never_silences_a_group(
    people: frozenset[str], more: frozenset[str], groups: dict[str, frozenset[str]]
) -> None:
    assert len(unrepresented(people | more, groups)) <= len(unrepresented(people, groups))


NAMES = [one.id for one in TEAM.people]
SOME = st.frozensets(st.sampled_from(NAMES))


@given(
    people=SOME,
    groups=st.dictionaries(st.sampled_from("xyz"), SOME, max_size=3),
    approvals=st.integers(0, 4),
)
def test_a_quorum_is_enough_people_with_a_voice_for_each_group(
    people: frozenset[str], groups: dict[str, frozenset[str]], approvals: int
) -> None:
    slack = {name: TEAM.slack_ids(members) for name, members in groups.items()}
    policy = Policy(groups=tuple(Group(name=n, members=m) for n, m in slack.items()))
    quorum = Quorum(approvals=approvals, one_from_each=tuple(groups))
    enough, told = standing_of(people, policy, TEAM, quorum)
    assert enough == (len(people) >= max(1, approvals) and seats_all(people, groups))
    assert told.startswith(f"{len(people)} of ")
    assert ("nobody for" in told) == (not seats_all(people, groups))


@given(groups=st.dictionaries(st.sampled_from("xyz"), SOME, min_size=1, max_size=3))
def test_whoever_may_approve_is_in_a_group_and_no_bot(groups: dict[str, frozenset[str]]) -> None:
    slack = {name: TEAM.slack_ids(members) for name, members in groups.items()}
    policy = Policy(groups=tuple(Group(name=n, members=m) for n, m in slack.items()))
    able = may_approve(policy, TEAM, Quorum(groups=tuple(groups)))
    assert able == frozenset[str]().union(*groups.values()) - {"robot"}
    assert may_approve(policy, TEAM, Quorum()) == set(NAMES) - {"robot"}


@pytest.mark.parametrize("approvals", [0, 1, 2])
def test_each_group_needs_a_person_of_its_own_whatever_the_number(approvals: int) -> None:
    group = Group(name="x", members=frozenset({"U0GRACE"}))
    policy = Policy(groups=(group, Group(name="y", members=group.members)))
    quorum = Quorum(approvals=approvals, one_from_each=("x", "y"))
    enough, told = standing_of(frozenset({"grace"}), policy, TEAM, quorum)
    assert (enough, told) == (False, "1 of 2 approvals, nobody for y yet")
