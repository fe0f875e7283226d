"""What an approver is shown is what has changed since the last good release."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signalbox.adapters.dynamodb_documents import to_document
from signalbox.domain.evidence import Evidence
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.gates import Change, Dossier, TestResult
from signalbox.domain.listing import Listing
from signalbox.domain.releases import Release
from signalbox.domain.states import ExecutionState
from signalbox.domain.truth import ReleaseNotes
from signalbox.usecases.compile_dossier import LISTED, compile_dossier
from signalbox.usecases.gather_evidence import Gathered

from tests.fakes import NOW, a_service, release_id
from tests.gate_world import CHANGES, COMMIT, DIGEST, RELEASE, GateWorld, a_truth

EVIDENCE = Evidence(
    at=NOW, tests=TestResult(passed=12), artifact_digest=DIGEST, firing_alarms=("errors",)
)
EARLIER = release_id("earlier")


def compiled(world: GateWorld, changes: tuple[Change, ...] = CHANGES, **notes: Any) -> Dossier:
    release = world.ledger.release(RELEASE) or Release(id=RELEASE)
    return compile_dossier(
        release,
        ReleaseNotes(**{"commit": COMMIT, **notes}),
        a_service(),
        Gathered(evidence=EVIDENCE, listing=Listing(changes=changes, digest=DIGEST)),
        pipelines=world.pipelines,
        releases=world.ledger,
    )


def after_a_good_one(commit: str = CHANGES[1].id) -> GateWorld:
    world = GateWorld()
    good = a_truth(release=EARLIER, commit=replace(COMMIT, id=commit))
    world.pipelines.succeeded["Production"] = [a_truth(), good]
    return world


def history(count: int) -> tuple[Change, ...]:
    return tuple(
        Change(id=f"{n:040x}", author_name="", author_email=f"{n}@example.com", subject="s")
        for n in range(count)
    )


def test_changes_end_at_the_last_good_release() -> None:
    dossier = compiled(after_a_good_one())
    assert dossier.changes == CHANGES[:1]
    assert dossier.last_good_revision == CHANGES[1].id
    assert dossier.revision == COMMIT.id


def test_how_long_ago_the_last_good_release_ended_is_known_where_the_ledger_saw_it() -> None:
    world = after_a_good_one()
    assert compiled(world).last_good_at is None
    ended = PipelineChanged(
        release=EARLIER, state=ExecutionState.SUCCEEDED, at=NOW - timedelta(days=2)
    )
    world.ledger.record(ended, [])
    assert compiled(world).last_good_at == NOW - timedelta(days=2)


def test_whether_there_is_a_way_back_is_unknown_or_there_is_none() -> None:
    assert compiled(after_a_good_one()).rollback_readiness == "unknown"
    first = compiled(GateWorld()).rollback_readiness
    assert first == "none: no earlier release succeeded in the last stage"


def test_a_service_without_environments_has_no_last_good_release() -> None:
    world = after_a_good_one()
    dossier = compile_dossier(
        Release(id=RELEASE),
        ReleaseNotes(),
        a_service(environments=()),
        Gathered(evidence=EVIDENCE, listing=Listing()),
        pipelines=world.pipelines,
        releases=world.ledger,
    )
    assert (dossier.last_good_revision, dossier.changes) == ("", ())


def test_a_first_release_shows_its_whole_history_up_to_what_people_read() -> None:
    many = tuple(replace(one, author_email="a@example.com") for one in history(LISTED + 20))
    dossier = compiled(GateWorld(), many, commit=replace(COMMIT, id=many[0].id))
    assert dossier.changes == many[:LISTED]


def of(commits: tuple[Change, ...]) -> Dossier:
    """The dossier of a first release with these commits, the newest first."""
    return compiled(GateWorld(), commits, commit=replace(COMMIT, id=commits[0].id))


@pytest.mark.case(13)
def test_whoever_had_a_hand_in_what_is_cut_is_still_there() -> None:
    many = history(LISTED + 3)
    assert of((*many, replace(many[-1], id="f" * 40))).changes == many
    once_more = replace(many[0], id="f" * 40)
    for hand in (
        {"author_email": "someone@example.com"},
        {"committer_email": "someone@example.com"},
        {"committer_email": ""},
        {"committer_email": many[1].author_email, "author_email": many[1].author_email},
        {"co_authors": ("someone@example.com",)},
        {"co_authors": ("",)},
    ):
        known = hand.get("author_email") == many[1].author_email
        more = replace(once_more, **hand)
        assert of((*many, more)).changes == (many if known else (*many, more)), hand


@pytest.mark.case(13)
def test_a_committer_who_wrote_something_else_further_back_is_an_author_as_well() -> None:
    many = tuple(replace(one, committer_email="c@example.com") for one in history(LISTED))
    his = replace(many[0], id="f" * 40, author_email="c@example.com")
    assert of((*many, his)).changes == (*many, his)


LONG = Change(
    id="",
    author_name="n" * 5000,
    author_email="",
    subject="ß" * 5000,
    committer_email="c" * 500 + "@example.com",
    co_authors=("d" * 500 + "@example.com",),
)


@pytest.mark.case(13)
@pytest.mark.parametrize("count", [2 * LISTED, 2000])
def test_a_dossier_fits_into_the_ledger_and_says_where_it_had_to_break_off(count: int) -> None:
    many = tuple(
        replace(LONG, id=f"{n:040x}", author_email=f"{n}@example.com") for n in range(count)
    )
    dossier = of(many)
    assert len(json.dumps(to_document(dossier), ensure_ascii=False).encode()) < 250_000
    *others, last = dossier.changes
    assert last.breaks_off == (len(dossier.changes) < count)
    assert not any(change.breaks_off for change in others)
    assert [change.id for change in dossier.changes] == [one.id for one in many[: len(others) + 1]]


@pytest.mark.case(13)
def test_a_commit_with_too_many_co_authors_to_keep_leaves_nobody_known() -> None:
    crowd = tuple(f"{n}@example.com" for n in range(20_000))
    assert of((replace(history(1)[0], co_authors=crowd),)).changes == ()
    first, second = history(2)
    dossier = of((first, replace(second, co_authors=crowd)))
    assert dossier.changes == (replace(first, breaks_off=True),)


def test_what_is_too_long_to_show_is_cut_and_no_address_becomes_another() -> None:
    whole = replace(LONG, id="a" * 40, author_email="a" * 500 + "@example.com")
    (kept,) = of((whole,)).changes
    assert (len(kept.author_name), len(kept.subject)) == (100, 200)
    for address in (kept.author_email, kept.committer_email, *kept.co_authors):
        assert address
        assert "@" not in address


def test_the_released_commit_counts_whatever_the_build_listed() -> None:
    dossier = compiled(GateWorld(), CHANGES[1:])
    assert [change.id for change in dossier.changes] == [COMMIT.id, CHANGES[1].id]
    assert dossier.changes[0].author_email == COMMIT.author_email
    assert dossier.changes[0].subject == "Greet by name"
    assert dossier.changes[1].breaks_off, "what else led to it, nobody has said"


def test_a_good_commit_once_more_has_all_whom_the_build_named() -> None:
    with_hands = replace(CHANGES[0], committer_email="c@example.com", co_authors=("d@example.com",))
    dossier = compiled(after_a_good_one(COMMIT.id), (with_hands, CHANGES[1]))
    assert dossier.changes == (with_hands,)


def test_who_started_it_by_hand_is_named_and_signalbox_itself_is_nobody() -> None:
    ada = "arn:aws:sts::123456789012:assumed-role/Team/ada"
    own = "arn:aws:sts::123456789012:assumed-role/signalbox-operator-hello/signalbox-dispatch"
    person = "arn:aws:sts::123456789012:assumed-role/signalbox-operator-hello/ada"
    other = "arn:aws:sts::123456789012:assumed-role/signalbox-operator-other/signalbox-dispatch"
    assert compiled(GateWorld(), started_by=ada).started_by == ada
    assert compiled(GateWorld(), started_by=own).started_by == ""
    assert compiled(GateWorld(), started_by=person).started_by == person
    assert compiled(GateWorld(), started_by=other).started_by == other


def test_the_providers_word_comes_from_the_trigger_and_else_from_what_was_read() -> None:
    world = GateWorld()
    read = replace(COMMIT, provider_identity="github:read")
    assert compiled(world).provider_identity == ""
    assert compiled(world, commit=read).provider_identity == "github:read"
    pushed = replace(COMMIT, provider_identity="github:pushed")
    started = PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOW, commit=pushed)
    world.ledger.record(started, [])
    world.ledger.record(replace(started, state=ExecutionState.RESUMED, attempt=2), [])
    assert compiled(world).provider_identity == "github:pushed"


def test_tests_artifact_and_alarms_are_those_of_the_evidence() -> None:
    dossier = compiled(GateWorld())
    assert dossier.tests == EVIDENCE.tests
    assert dossier.artifact_digest == DIGEST
    assert dossier.firing_alarms == ("errors",)
