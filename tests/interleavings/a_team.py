"""The people and the policies of the interleavings, and what a policy asks for, told anew.

``satisfied`` is an oracle: it shares no code with the judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

from signalbox.domain.people import Directory, Person
from signalbox.domain.policy import Group, Policy, Quorum

TEAM = "T0001"
ACCOUNT = "123456789012"


def _person(id: str, *slack: str, bot: bool = False) -> Person:
    return Person(
        id=id,
        name=id.capitalize(),
        slack=frozenset(slack),
        emails=frozenset({f"{id}@example.com"}),
        aws=frozenset({f"arn:aws:sts::{ACCOUNT}:assumed-role/Team/{id}"}),
        bot=bot,
    )


PEOPLE = {
    one.id: one
    for one in (
        _person("ada", "U0ADA"),
        _person("alan", "U0ALAN"),
        _person("grace", "U0GRACE", "U0GRACE2"),
        _person("linus", "U0LINUS"),
        _person("barbara", "U0BARBARA"),
        _person("edsger", "U0EDSGER"),
        _person("robot", "U0ROBOT", bot=True),
    )
}
DIRECTORY = Directory(people=tuple(PEOPLE.values()))
AUTHORS = frozenset({"ada", "alan"})
"""Ada wrote the commit that is released, Alan one before it."""

STRANGER = f"slack:{TEAM}:U0STRANGER"
PRINCIPALS = (
    *(f"slack:{TEAM}:{user}" for one in PEOPLE.values() for user in sorted(one.slack)),
    f"aws:arn:aws:sts::{ACCOUNT}:assumed-role/Team/grace",
    f"aws:arn:aws:sts::{ACCOUNT}:assumed-role/Team/barbara",
    STRANGER,
)
PERSON_OF = {
    principal: id
    for id, one in PEOPLE.items()
    for principal in (
        *(f"slack:{TEAM}:{user}" for user in one.slack),
        *(f"aws:{arn}" for arn in one.aws),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a policy asks for, in the fewest words."""

    people: int
    of: frozenset[str]
    each_of: tuple[frozenset[str], ...] = ()
    alone: frozenset[str] = frozenset()


EVERYBODY = frozenset(PEOPLE) - {"robot"}
SRE, PRODUCT = frozenset({"grace", "linus", "ada"}), frozenset({"barbara", "edsger", "grace"})
RULES: Mapping[str, Rules] = {
    "one": Rules(people=1, of=EVERYBODY),
    "two": Rules(people=2, of=EVERYBODY),
    "two of sre": Rules(people=2, of=SRE),
    "one each": Rules(people=2, of=SRE | PRODUCT, each_of=(SRE, PRODUCT)),
    "two, or one in need": Rules(people=2, of=EVERYBODY, alone=frozenset({"linus"})),
}


def _ids(people: frozenset[str]) -> frozenset[str]:
    return frozenset(user for one in people for user in PEOPLE[one].slack)


GROUPS = (
    Group(name="sre", members=_ids(SRE)),
    Group(name="product", members=_ids(PRODUCT)),
    Group(name="leads", members=frozenset({"U0LINUS"})),
)
POLICIES: Mapping[str, Policy] = {
    "one": Policy(digest="1", groups=GROUPS),
    "two": Policy(digest="2", groups=GROUPS, quorum=Quorum(approvals=2)),
    "two of sre": Policy(digest="3", groups=GROUPS, quorum=Quorum(approvals=2, groups=("sre",))),
    "one each": Policy(
        digest="4",
        groups=GROUPS,
        quorum=Quorum(approvals=2, groups=("sre", "product"), one_from_each=("sre", "product")),
    ),
    "two, or one in need": Policy(
        digest="5", groups=GROUPS, quorum=Quorum(approvals=2), break_glass=("leads",)
    ),
}


def satisfied(rules: Rules, principals: frozenset[str]) -> bool:
    """Whether those who approved are enough, authors left out, each person once."""
    people = {PERSON_OF[one] for one in principals if one in PERSON_OF}
    able = (people & rules.of) - AUTHORS
    if len(able) < rules.people:
        return False
    seats = len(rules.each_of)
    return any(
        all(one in group for one, group in zip(seated, rules.each_of, strict=True))
        for seated in permutations(sorted(able), seats)
    )
