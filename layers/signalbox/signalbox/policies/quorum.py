"""Whether enough different people have approved, with one from each group that must be heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signalbox.domain.people import Directory
from signalbox.domain.policy import Policy, Quorum


def people_in(policy: Policy, directory: Directory, *groups: str) -> frozenset[str]:
    """The people behind the Slack ids of these groups."""
    found = (directory.of_slack(member) for member in policy.members(*groups))
    return frozenset(person.id for person in found if person is not None)


def may_approve(policy: Policy, directory: Directory, quorum: Quorum) -> frozenset[str]:
    """The people whose approval can count; without groups everybody who is known and no bot."""
    known = frozenset(person.id for person in directory.people if not person.bot)
    if not quorum.groups:
        return known
    return people_in(policy, directory, *quorum.groups, *quorum.one_from_each) & known


def standing_of(
    people: frozenset[str], policy: Policy, directory: Directory, quorum: Quorum
) -> tuple[bool, str]:
    """Whether these people are enough, and how far it is in words."""
    needed = max(1, quorum.approvals, len(quorum.one_from_each))
    groups = {name: people_in(policy, directory, name) for name in quorum.one_from_each}
    missing = unrepresented(people, groups)
    told = f"{len(people)} of {needed} approvals"
    if missing:
        told += f", nobody for {' and '.join(missing)} yet"
    return len(people) >= needed and not missing, told


def unrepresented(people: frozenset[str], groups: Mapping[str, frozenset[str]]) -> Sequence[str]:
    """The groups for which nobody is left, when everybody speaks for one group at most.

    A maximum matching by augmenting paths: groups are few.
    """
    speaks_for: dict[str, str] = {}

    def seat(group: str, asked: set[str]) -> bool:
        for person in sorted(people & groups[group] - asked):
            asked.add(person)
            if person not in speaks_for or seat(speaks_for[person], asked):
                speaks_for[person] = group
                return True
        return False

    return [group for group in groups if not seat(group, set())]
