"""What a build says of what it made is read out of its artifact."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.response import StreamingBody
from signalbox.adapters.s3_artifacts import LISTING_LIMIT, S3Artifacts
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.listing import Listing

from tests.adapters.stubbed import StubbedClients
from tests.fakes import a_service, release_id

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COMMIT = {"id": "abc", "author_name": "Ann", "author_email": "a@b", "subject": "Say hello"}


@pytest.fixture
def clients() -> StubbedClients:
    return StubbedClients()


def zipped(listing: str | None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", "")
        if listing is not None:
            archive.writestr("release.json", listing)
    return buffer.getvalue()


def built(clients: StubbedClients, content: bytes) -> None:
    kind = {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"}
    at = {"bucket": "hello-artifacts", "key": "hello/BuildArtif/1"}
    action = {
        "status": "Succeeded",
        "startTime": AT,
        "input": {"actionTypeId": kind},
        "output": {"outputArtifacts": [{"name": "BuildArtifact", "s3location": at}]},
    }
    answers = clients.answers("codepipeline")
    answers.add_response("list_action_executions", {"actionExecutionDetails": [action]})
    body = StreamingBody(io.BytesIO(content), len(content))
    clients.answers("s3").add_response("get_object", {"Body": body})


def listed(clients: StubbedClients, **document: Any) -> Listing:
    whole = {"contract": 1, "commits": [COMMIT], **document}
    built(clients, zipped(json.dumps(whole)))
    return S3Artifacts(clients).listing(a_service(), release_id())


def test_changes_come_from_release_json_with_the_digest_of_the_zip(clients: StubbedClients) -> None:
    content = zipped(json.dumps({"contract": 1, "commits": [COMMIT]}))
    built(clients, content)
    listing = S3Artifacts(clients).listing(a_service(), release_id())
    assert [change.id for change in listing.changes] == ["abc"]
    assert listing.digest == hashlib.sha256(content).hexdigest()
    assert (listing.coverage, listing.repository, listing.image) == (None, "", "")


def test_committers_and_co_authors_come_along_as_addresses(clients: StubbedClients) -> None:
    trailers = ["Ada L. <ada@example.com>", "alan@example.com", "nobody at all", ""]
    commit = {**COMMIT, "committer_email": "c@d", "co_authors": trailers}
    (change,) = listed(clients, commits=[commit]).changes
    assert change.committer_email == "c@d"
    assert change.co_authors == ("ada@example.com", "alan@example.com", "", "")


@pytest.mark.case(13)
@pytest.mark.parametrize("said", [{}, {"committer_email": ""}, {"committer_email": None}])
def test_a_committer_without_an_address_is_nobody_known(
    clients: StubbedClients, said: dict[str, Any]
) -> None:
    (change,) = listed(clients, commits=[{**COMMIT, **said}]).changes
    assert change.committer_email == ""


def test_parents_are_those_of_the_commits_that_name_them(clients: StubbedClients) -> None:
    merge = {**COMMIT, "id": "def", "parents": ["abc", "012"]}
    root = {**COMMIT, "id": "012", "parents": []}
    listing = listed(clients, commits=[merge, COMMIT, root])
    assert listing.parents == {"def": ("abc", "012"), "012": ()}


def test_a_list_of_an_older_build_says_nothing_of_parents(clients: StubbedClients) -> None:
    assert listed(clients).parents == {}


def test_coverage_and_image_are_read_where_the_build_names_them(clients: StubbedClients) -> None:
    image = {"repository": "hello", "digest": "sha256:1"}
    listing = listed(clients, coverage=87.5, image=image)
    assert (listing.coverage, listing.repository, listing.image) == (87.5, "hello", "sha256:1")


def test_an_artifact_without_a_listing_has_its_digest_alone(clients: StubbedClients) -> None:
    content = zipped(None)
    built(clients, content)
    listing = S3Artifacts(clients).listing(a_service(), release_id())
    assert listing == Listing(digest=hashlib.sha256(content).hexdigest())


def test_a_release_that_has_built_nothing_lists_nothing(clients: StubbedClients) -> None:
    clients.answers("codepipeline").add_response("list_action_executions", {})
    assert S3Artifacts(clients).listing(a_service(), release_id()) == Listing()


@pytest.mark.parametrize(
    "wrong",
    [
        {"contract": 2},
        {"commits": [{"author_email": "a@b"}]},
        {"commits": [{**COMMIT, "co_authors": "ada@example.com"}]},
        {"commits": [{**COMMIT, "parents": "def"}]},
        {"commits": [{**COMMIT, "parents": None}]},
        {"coverage": "most"},
        {"coverage": 101},
        {"coverage": -1},
        {"coverage": float("nan")},
        {"image": "hello@sha256:1"},
        {"image": {"digest": "sha256:1"}},
        {"image": {"repository": "hello"}},
    ],
)
def test_a_wrong_listing_is_refused(clients: StubbedClients, wrong: dict[str, Any]) -> None:
    with pytest.raises(DocumentInvalidError, match=r"release\.json"):
        listed(clients, **wrong)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no zip", "no zip file"),
        (zipped("{"), r"release\.json"),
        (zipped("[]"), r"release\.json"),
        (zipped(" " * (LISTING_LIMIT + 1)), "too large"),
    ],
)
def test_what_is_no_listing_at_all_is_refused(
    clients: StubbedClients, content: bytes, why: str
) -> None:
    built(clients, content)
    with pytest.raises(DocumentInvalidError, match=why):
        S3Artifacts(clients).listing(a_service(), release_id())
