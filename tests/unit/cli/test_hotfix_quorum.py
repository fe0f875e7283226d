"""Passing a hold takes more than a release without one, whatever a document says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signalbox.adapters.policy_documents import policy_of, read_policy
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.gates import GateKind
from signalbox.domain.people import Directory, Person
from signalbox.domain.policy import Policy, Quorum
from signalbox.policies.quorum import may_approve, standing_of
from signalbox.policies.votes import quorum_of

from cli.documents import fault_in
from tests.unit.policies.cases import a_gate

GROUPS = {
    "sre": ["U0ADA00001", "U0ALAN0001", "U0GRACE001", "U0LINUS001"],
    "product": ["U0BARBARA1", "U0GRACE001"],
    "leads": ["U0EDSGER01"],
}
TEAM = sorted({one for members in GROUPS.values() for one in members} | {"U0NOBODY01"})
EVERYBODY = Directory(people=tuple(Person(id=one, slack=frozenset({one})) for one in TEAM))


def document(**rules: Any) -> dict[str, Any]:
    return {"contract": 2, "groups": GROUPS, **rules}


def read(written: dict[str, Any], stage: str = "") -> Policy:
    return policy_of(read_policy(json.dumps(written), "p"), "p", stage=stage)


def hotfix(stage: str = "", **rules: Any) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    found = read(document(**rules), stage).hotfix
    return found.approvals, found.groups, found.one_from_each


SRE, BOTH = ["sre"], ["sre", "product"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, (2, (), ())),
        ({"approvals": 3, "approvers": SRE}, (4, ("sre",), ())),
        ({"approvals": 3}, (4, (), ())),
        (
            {"approvals": 2, "approvers": BOTH, "oneFromEach": BOTH},
            (3, ("sre", "product"), ("sre", "product")),
        ),
        ({"approvals": 4, "approvers": SRE}, (4, ("sre",), ())),
        ({"approvals": 1, "approvers": ["leads"]}, (1, ("leads",), ())),
        ({"oneFromEach": ["leads"]}, (2, (), ("leads",))),
        ({"approvals": 20}, (21, (), ())),
        ({"approvals": 2, "hotfix": {}}, (3, (), ())),
        ({"approvals": 2, "hotfix": None}, (3, (), ())),
        (
            {"hotfix": {"oneFromEach": ["sre", "product", "leads"]}},
            (3, (), ("sre", "product", "leads")),
        ),
    ],
)
def test_where_none_is_written_one_more_of_the_same_people_is_asked_for(
    rules: dict[str, Any], expected: tuple[int, tuple[str, ...], tuple[str, ...]]
) -> None:
    assert hotfix(**rules) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"approvals": 4}, (4, ("sre",), ("product",))),
        ({"approvers": BOTH}, (3, ("sre", "product"), ("product",))),
        ({"approvers": ["product", "leads"]}, (3, ("product", "leads"), ("product",))),
        ({"oneFromEach": ["leads"]}, (3, ("sre",), ("leads",))),
        ({"oneFromEach": [*BOTH, "leads"]}, (3, ("sre",), ("sre", "product", "leads"))),
    ],
)
def test_what_a_written_one_leaves_out_is_as_without_a_hold(
    written: dict[str, Any], expected: tuple[int, tuple[str, ...], tuple[str, ...]]
) -> None:
    normal = {"approvals": 2, "approvers": SRE, "oneFromEach": ["product"]}
    assert hotfix(**normal, hotfix=written) == expected


def test_a_stage_that_asks_for_more_asks_for_more_to_pass_a_hold_as_well() -> None:
    rules = {"approvals": 1, "stages": {"Production": {"approvals": 3, "approvers": SRE}}}
    assert hotfix(**rules)[0] == 2
    assert hotfix("Production", **rules) == (4, ("sre",), ())


def test_the_first_form_of_the_document_asks_for_one_more_as_well() -> None:
    assert read({"contract": 1, "approvals": 3}).hotfix == Quorum(approvals=4)
    assert read({"contract": 1}).hotfix == Policy().hotfix == Quorum(approvals=2)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"hotfix": {"approvals": 1}}, "which takes 1: write 2 or more, or leave approvals out"),
        ({"approvals": 3, "hotfix": {"approvals": 2}}, "which takes 3: write 4 or more"),
        ({"approvals": 2, "hotfix": {"approvals": 2, "approvers": SRE}}, "write 3 or more"),
        (
            {"approvals": 2, "oneFromEach": BOTH, "hotfix": {"approvals": 3, "oneFromEach": SRE}},
            "oneFromEach names 1, and 2 for a release without a hold: name 2 or more",
        ),
        ({"oneFromEach": SRE, "hotfix": {"oneFromEach": []}}, "name 1 or more, or leave it out"),
        ({"approvers": SRE, "hotfix": {"approvers": []}}, "approvers is empty"),
        (
            {"approvers": SRE, "hotfix": {"approvers": ["leads"]}},
            "2 approvals are asked of 1 people; name more people, or leave hotfix out",
        ),
        (
            {"approvals": 4, "approvers": SRE, "hotfix": {"approvals": 5}},
            "5 approvals are asked of 4 people",
        ),
        ({"hotfix": {"approvers": ["ops"]}}, "not among groups"),
    ],
)
def test_a_written_one_that_is_weaker_or_impossible_is_refused_with_what_to_do(
    rules: dict[str, Any], words: str
) -> None:
    fault = fault_in(json.dumps(document(**rules)), "policy", "p.json")
    assert "hotfix" in fault
    assert words in fault


def test_the_fault_stands_on_the_line_of_the_hotfix_and_names_the_stage() -> None:
    rules = {"hotfix": {"approvals": 2}, "stages": {"Production": {"approvals": 2}}}
    text = json.dumps({"contract": 2, **rules}, indent=1)
    fault = fault_in(text, "policy", "p.json")
    assert fault.endswith("(at stage Production)")
    assert "write 3 or more" in fault
    weak = json.dumps({"contract": 2, "hotfix": {"approvals": 1}}, indent=1)
    assert fault_in(weak, "policy", "p.json").startswith("p.json:3: hotfix: ")


NAMES = st.lists(st.sampled_from(sorted(GROUPS)), unique=True, max_size=3)
RULES = st.fixed_dictionaries(
    {"approvals": st.integers(1, 6), "approvers": NAMES, "oneFromEach": NAMES}
)
WRITTEN = st.fixed_dictionaries(
    {}, optional={"approvals": st.integers(1, 7), "approvers": NAMES, "oneFromEach": NAMES}
)
PEOPLE = st.frozensets(st.sampled_from(TEAM))


def accepted(rules: dict[str, Any]) -> Policy | None:
    try:
        return read(document(**rules))
    except DocumentInvalidError:
        return None


@given(rules=RULES, voters=PEOPLE)
def test_no_derived_hotfix_refuses_a_document_or_lets_in_what_the_quorum_would_not(
    rules: dict[str, Any], voters: frozenset[str]
) -> None:
    policy = accepted(rules)
    spelled_out = accepted({**rules, "hotfix": {"approvals": rules["approvals"] + 1}})
    if policy is None:
        assert spelled_out is None
        return
    normal, derived = policy.quorum, policy.hotfix
    assert (derived.groups, derived.one_from_each) == (normal.groups, normal.one_from_each)
    if spelled_out is None:
        assert derived.approvals == normal.approvals == len(may_approve(policy, EVERYBODY, normal))
    else:
        assert derived == spelled_out.hotfix
    assert quorum_of(a_gate(policy, kind=GateKind.HOTFIX), policy) == derived
    approving = voters & may_approve(policy, EVERYBODY, derived)
    if standing_of(approving, policy, EVERYBODY, derived)[0]:
        assert standing_of(approving, policy, EVERYBODY, normal)[0]


@given(rules=RULES, written=WRITTEN)
def test_whatever_is_written_and_taken_is_stronger(
    rules: dict[str, Any], written: dict[str, Any]
) -> None:
    policy = accepted({**rules, "hotfix": written})
    if policy is None or not written:
        return
    assert policy.hotfix.approvals > policy.quorum.approvals
    assert len(policy.hotfix.one_from_each) >= len(policy.quorum.one_from_each)
    assert policy.hotfix.groups or not policy.quorum.groups
