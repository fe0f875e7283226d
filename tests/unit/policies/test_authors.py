"""Who had a hand in what would ship, as far as anybody can say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signalbox.domain.gates import Change
from signalbox.domain.policy import Excluded, Policy, UnknownAuthor
from signalbox.policies.authors import NOBODY, UNLISTED, authors_of
from signalbox.policies.votes import weigh

from tests.unit.policies.cases import ADAS, DOSSIER, TEAM, a_gate, says

NONE = frozenset[Excluded]()
AUTHORS = frozenset({Excluded.AUTHORS})
COMMITTERS = frozenset({Excluded.COMMITTERS})
STARTER = frozenset({Excluded.STARTER})
LACKING = (), (ADAS, replace(ADAS, id="b" * 40, breaks_off=True))


def unknown(changes: tuple[Change, ...], policy: Policy) -> tuple[str, ...]:
    return authors_of(replace(DOSSIER, changes=changes), policy, TEAM).unknown


def why_not(changes: tuple[Change, ...], policy: Policy) -> str:
    """Why Grace, who had no hand in any of it, may not approve; "" where she may."""
    gate = a_gate(policy, says("grace"), changes=changes)
    return next((one.why for one in weigh(gate, policy, TEAM).refused), "")


@pytest.mark.case(13)
@pytest.mark.parametrize("changes", LACKING)
def test_commits_that_nobody_listed_are_made_by_somebody_unknown(
    changes: tuple[Change, ...],
) -> None:
    for excluded in (AUTHORS, COMMITTERS, frozenset(Excluded)):
        assert unknown(changes, Policy(excluded=excluded)) == (UNLISTED,)
    for excluded in (NONE, STARTER):
        assert unknown(changes, Policy(excluded=excluded)) == ()
    assert unknown((ADAS,), Policy()) == ()


@pytest.mark.case(13)
@pytest.mark.parametrize("changes", LACKING)
def test_the_voter_reads_in_whole_what_is_to_be_done_about_it(changes: tuple[Change, ...]) -> None:
    assert why_not(changes, Policy()) == (
        "whoever made the commits that the build did not list (write release.json from a full "
        "clone) is not in the people document, which counts as own change"
    )
    assert why_not(changes, Policy(unknown_author=UnknownAuthor.ALLOW)) == ""


@pytest.mark.case(13)
def test_authors_of_a_list_that_breaks_off_are_left_out_although_unknown_ones_may_pass() -> None:
    dossier = replace(DOSSIER, changes=LACKING[1])
    lenient = Policy(unknown_author=UnknownAuthor.ALLOW)
    assert authors_of(dossier, lenient, TEAM).people == {"ada"}


@pytest.mark.case(13)
@pytest.mark.parametrize("nobody", ["", " "])
def test_a_commit_without_a_committer_is_everybodys_own_where_committers_are_excluded(
    nobody: str,
) -> None:
    changes = (replace(ADAS, committer_email=nobody),)
    assert unknown(changes, Policy()) == (NOBODY,)
    assert unknown(changes, Policy(excluded=COMMITTERS)) == (NOBODY,)
    assert unknown(changes, Policy(excluded=AUTHORS)) == ()
    assert unknown(changes, Policy(unknown_author=UnknownAuthor.ALLOW)) == ()


@pytest.mark.case(13)
def test_a_commit_that_its_author_committed_has_one_hand() -> None:
    for committer in (None, ADAS.author_email):
        dossier = replace(DOSSIER, changes=(replace(ADAS, committer_email=committer),))
        for excluded in (AUTHORS, COMMITTERS):
            assert authors_of(dossier, Policy(excluded=excluded), TEAM).people == {"ada"}
