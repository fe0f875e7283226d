"""Whose commits a release has and the last good one had not: ancestry says so, not dates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain import facts
from signalbox.domain.evidence import Evidence
from signalbox.domain.gates import Change, Dossier, TestResult
from signalbox.domain.listing import Listing
from signalbox.domain.policy import Policy
from signalbox.domain.releases import Release
from signalbox.domain.truth import ReleaseNotes
from signalbox.policies.authors import UNLISTED, authors_of
from signalbox.policies.votes import weigh
from signalbox.usecases.compile_dossier import compile_dossier
from signalbox.usecases.gather_evidence import Gathered

from tests.fakes import NOW, a_service, release_id
from tests.gate_world import DIGEST, EVERYBODY, RELEASE, GateWorld, a_truth
from tests.unit.gates.git_history import Commit, git, grown, listing_in, log
from tests.unit.policies.cases import a_gate, says

PEOPLE = ("ada", "alan", "grace", "linus")


def compiled(listing: Listing, head: str, last: str = "") -> Dossier:
    """The dossier of a release of ``head`` after a good one of ``last``."""
    world = GateWorld()
    if last:
        good = a_truth(release=release_id("earlier"), commit=facts.Commit(id=last))
        world.pipelines.succeeded["Production"] = [good]
    evidence = Evidence(at=NOW, tests=TestResult(passed=1), artifact_digest=DIGEST)
    return compile_dossier(
        Release(id=RELEASE),
        ReleaseNotes(commit=facts.Commit(id=head, author_email="ada@example.com")),
        a_service(),
        Gathered(evidence=evidence, listing=listing),
        pipelines=world.pipelines,
        releases=world.ledger,
    )


def authors(dossier: Dossier) -> set[str]:
    return set(authors_of(dossier, Policy(), EVERYBODY).people)


def may_approve(dossier: Dossier, who: str) -> bool:
    return weigh(a_gate(None, says(who), changes=dossier.changes), Policy(), EVERYBODY).enough


def lacks_commits(dossier: Dossier) -> bool:
    return UNLISTED in authors_of(dossier, Policy(), EVERYBODY).unknown


BASE, LAST_GOOD, HERS, MERGE = range(4)
MERGED_LATER = (
    Commit(by="linus", day=1),
    Commit(by="alan", day=3, parents=(BASE,)),
    Commit(by="grace", day=2, parents=(BASE,)),
    Commit(by="ada", day=4, parents=(LAST_GOOD, HERS)),
)
"""Grace commits on a branch on the second day, a release goes out on the third, and the branch is
merged on the fourth: by date, hers is behind the last good release."""


@pytest.mark.case(13)
def test_an_older_commit_that_was_merged_later_is_part_of_what_would_ship(tmp_path: Path) -> None:
    ids = grown(tmp_path / "hello", MERGED_LATER)
    dossier = compiled(listing_in(tmp_path / "hello"), ids[MERGE], ids[LAST_GOOD])
    assert [change.id for change in dossier.changes] == [ids[MERGE], ids[HERS]]
    assert not may_approve(dossier, "grace")
    assert may_approve(dossier, "alan"), "alan's has shipped already"


@pytest.mark.case(13)
@pytest.mark.parametrize("depth", [1, 2])
def test_what_a_shallow_clone_lacks_is_everybodys_own_change(tmp_path: Path, depth: int) -> None:
    ids = grown(tmp_path / "hello", MERGED_LATER)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", str(depth), f"file://{tmp_path}/hello", "clone")
    shallow = listing_in(clone)
    assert len(shallow.changes) == (1, 3)[depth - 1]
    assert lacks_commits(compiled(shallow, ids[MERGE])), "nor does a first release end here"
    dossier = compiled(shallow, ids[MERGE], ids[LAST_GOOD])
    # Two deep, the base that is missing is behind the last good release as well.
    assert lacks_commits(dossier) == (depth == 1)
    assert not may_approve(dossier, "grace")
    assert may_approve(dossier, "alan") == (depth == 2)


@pytest.mark.case(13)
def test_a_list_that_is_cut_before_the_last_good_release_says_so(tmp_path: Path) -> None:
    line = [Commit(by="ada", day=day, parents=(day - 1,) if day else ()) for day in range(5)]
    ids = grown(tmp_path / "hello", line)
    whole, cut = listing_in(tmp_path / "hello"), listing_in(tmp_path / "hello", newest=2)
    for listing, last, lacking in (
        (cut, ids[3], False),
        (cut, ids[2], False),  # the parent of the last that is listed: known by name
        (cut, ids[1], True),
        (cut, "", True),
        (whole, ids[1], False),
        (whole, "f" * 40, False),  # lost by a forced push; whoever made anything is listed
        (whole, "", False),
    ):
        dossier = compiled(listing, ids[4], last)
        assert lacks_commits(dossier) == lacking, (len(listing.changes), last)
        assert may_approve(dossier, "grace") != lacking


@pytest.mark.case(13)
def test_a_released_commit_that_the_build_did_not_list_is_not_all(tmp_path: Path) -> None:
    ids = grown(tmp_path / "hello", MERGED_LATER)
    listing = listing_in(tmp_path / "hello")
    for one in (listing, Listing()):
        dossier = compiled(one, "f" * 40, ids[LAST_GOOD])
        assert dossier.changes[0].id == "f" * 40
        assert lacks_commits(dossier)


@pytest.mark.case(13)
def test_of_commits_without_parents_none_is_left_out() -> None:
    ids = ("c" * 40, "b" * 40, "a" * 40)
    changes = tuple(
        Change(id=id, author_name="", author_email=f"{by}@example.com", subject="")
        for id, by in zip(ids, PEOPLE, strict=False)
    )
    for parents in ({}, {ids[0]: (ids[1],)}):
        older = Listing(changes=changes, parents=parents)
        dossier = compiled(older, ids[0], ids[1])
        assert (authors(dossier), lacks_commits(dossier)) == ({"ada", "alan", "grace"}, False)
        assert lacks_commits(compiled(older, ids[0], "f" * 40))
        assert lacks_commits(compiled(older, "f" * 40, ids[1]))
        assert lacks_commits(compiled(older, ids[0]))


# What holds of every history

Graph = Sequence[Commit]


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> list[Commit]:
    """Commits with up to three parents; clocks are wrong now and then."""
    history: list[Commit] = []
    for place in range(draw(st.integers(2, most))):
        near = st.integers(max(0, place - 4), place - 1) if place else st.nothing()
        parents = draw(st.lists(near, unique=True, max_size=min(3, place)))
        by, day = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from((place, 0, 20)))
        history.append(Commit(by=by, day=day, parents=tuple(parents)))
    return history


def reach(graph: Graph) -> list[set[int]]:
    """What each commit has, itself included: by another way than the code's, from the first on."""
    had: list[set[int]] = []
    for place, one in enumerate(graph):
        had.append({place}.union(*(had[parent] for parent in one.parents)))
    return had


def listed(graph: Graph, places: Sequence[int]) -> Listing:
    return Listing(
        changes=tuple(
            Change(
                id=str(place),
                author_name="",
                author_email=f"{graph[place].by}@example.com",
                subject="",
            )
            for place in places
        ),
        parents={str(place): tuple(map(str, graph[place].parents)) for place in places},
    )


@pytest.mark.case(13)
@settings(max_examples=400, deadline=None)
@given(graph=graphs(), data=st.data())
def test_all_and_only_what_the_last_good_release_had_not_is_left(
    graph: Graph, data: st.DataObject
) -> None:
    head, had = len(graph) - 1, reach(graph)
    last = data.draw(st.sampled_from(sorted(had[head])), label="last good")
    places = data.draw(st.permutations(sorted(had[head])), label="as listed")
    listing = listed(graph, places)
    since, whole = listing.since(str(last), str(head))
    left = [place for place in places if place not in had[last]]
    assert ([int(change.id) for change in since], whole) == (left, True)
    for unheard_of in ("", "lost"):
        assert listing.since(unheard_of, str(head)) == (listing.changes, True)


@pytest.mark.case(13)
@settings(max_examples=400, deadline=None)
@given(graph=graphs(), data=st.data())
def test_a_list_that_lacks_any_of_it_never_counts_as_all(graph: Graph, data: st.DataObject) -> None:
    head, had = len(graph) - 1, reach(graph)
    last = data.draw(st.integers(0, head), label="last good")
    places = data.draw(st.lists(st.sampled_from(sorted(had[head])), unique=True), label="listed")
    since, whole = listed(graph, places).since(str(last), str(head))
    new = {int(change.id) for change in since}
    assert new >= (had[head] - had[last]) & set(places)
    assert not whole or new >= had[head] - had[last]


@pytest.mark.case(13)
@settings(max_examples=20, deadline=None)
@given(graph=graphs(10), data=st.data())
def test_whatever_git_says_is_new_has_its_authors_or_somebody_unknown(
    tmp_path_factory: pytest.TempPathFactory, graph: Graph, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("git")
    ids = grown(folder / "hello", graph)
    last = data.draw(st.sampled_from(ids), label="last good")
    depth, newest = data.draw(st.sampled_from((0, 0, 1, 2, 3))), data.draw(st.integers(1, 12))
    clone = ["clone", "-q", "--single-branch", f"file://{folder}/hello", "clone"]
    git(folder, *clone, *(("--depth", str(depth)) if depth else ()))
    new = log(folder / "hello", f"{last}..{ids[-1]}")
    dossier = compiled(listing_in(folder / "clone", newest), ids[-1], last)
    made = {graph[ids.index(one)].by for one in new}
    assert lacks_commits(dossier) or made <= authors(dossier)
    if not depth and newest >= len(graph) and last in log(folder / "hello", ids[-1]):
        shown = {change.id for change in dossier.changes}
        assert (shown, lacks_commits(dossier)) == ({*new, ids[-1]}, False)
