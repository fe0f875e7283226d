"""What the example's build writes about a release is what Signalbox reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from contextlib import chdir
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from signalbox.adapters.s3_artifacts import LISTING_LIMIT, S3Artifacts

from tests.adapters.stubbed import StubbedClients
from tests.adapters.test_artifact_listings import built
from tests.fakes import a_service, release_id
from tests.unit.gates.git_history import SCRIPT, the_script

DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def script() -> ModuleType:
    return the_script()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit by Ada, taken over by Grace, with help of two others."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for who, name in (("AUTHOR", "ada"), ("COMMITTER", "grace")):
        monkeypatch.setenv(f"GIT_{who}_NAME", name.capitalize())
        monkeypatch.setenv(f"GIT_{who}_EMAIL", f"{name}@example.com")
    trailers = (
        "Co-authored-by: Alan T. <alan@example.com>\nco-authored-by: Linus <linus@example.com>"
    )
    git("init", "--quiet")
    commit(f"Greet, \x1b[1mloudly\n\nMore.\n\n{trailers}")
    return tmp_path


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(message: str) -> str:
    git("commit", "--quiet", "--allow-empty", "-m", message)
    return git("rev-parse", "HEAD")


def written(script: ModuleType, clone: Path, *options: str) -> dict[str, Any]:
    output = clone / "release.json"
    assert script.main(["--branch", "main", "--output", str(output), *options]) == 0
    document = json.loads(output.read_text())
    assert isinstance(document, dict)
    return document


def test_everybody_who_had_a_hand_in_a_commit_is_listed(script: ModuleType, clone: Path) -> None:
    commit("Alone")
    alone, helped = written(script, clone)["commits"]
    assert alone["co_authors"] == []
    assert helped["author_email"] == "ada@example.com"
    assert helped["committer_email"] == "grace@example.com"
    assert helped["co_authors"] == [
        "Alan T. <alan@example.com>",
        "Linus <linus@example.com>",
    ]


def test_each_commit_has_its_parents_in_their_order(script: ModuleType, clone: Path) -> None:
    first = git("rev-parse", "HEAD")
    git("checkout", "--quiet", "-b", "side")
    side = commit("Aside")
    git("checkout", "--quiet", "-")
    main = commit("Ahead")
    git("merge", "--quiet", "--no-ff", "-m", "Merge", "side")
    document = written(script, clone)
    parents = {one["id"]: one["parents"] for one in document["commits"]}
    head = document["commit"]
    assert parents == {head: [main, side], side: [first], main: [first], first: []}


@pytest.mark.case(13)
def test_the_oldest_commit_of_a_shallow_clone_keeps_its_parents(
    script: ModuleType, clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = git("rev-parse", "HEAD"), commit("Second")
    written(script, clone)
    assert capsys.readouterr().out.endswith("2 commits, back to the first\n")
    git("clone", "--quiet", "--depth", "1", f"file://{clone}", "shallow")
    with chdir(clone / "shallow"):
        (only,) = written(script, clone)["commits"]
    assert (only["id"], only["parents"]) == (second, [first])
    assert capsys.readouterr().out.endswith("1 commits, and older ones that are not listed\n")


@pytest.mark.case(13)
@pytest.mark.parametrize(
    "end", ["\r", "\x0b", "\x1e", "\x1f", "\x1f\x1e\n", "\x85", "\u2028", "\n\n"]
)
def test_no_message_and_no_name_passes_for_a_parent_or_for_another_commit(
    script: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    first = git("rev-parse", "HEAD")
    record = "\x1f".join((first, "Ada", "ada@example.com", "Ada", "ada@example.com", "", "s"))
    said = f"Say{end}parent {'f' * 40}{end}{record}{end}commit {'e' * 40}{end}"
    monkeypatch.setenv("GIT_AUTHOR_NAME", said)
    second = commit(said)
    listed = written(script, clone)["commits"]
    assert [(one["id"], one["parents"]) for one in listed] == [(second, [first]), (first, [])]
    assert {one["author_email"] for one in listed} == {"ada@example.com"}


@pytest.mark.case(13)
def test_a_signed_tag_that_was_merged_gives_its_commit_no_more_parents(
    script: ModuleType, clone: Path
) -> None:
    first = git("rev-parse", "HEAD")
    head, _, message = git("cat-file", "commit", "HEAD").partition("\n\n")
    head = head.replace("author", f"parent {first}\nauthor", 1)
    tag = f"mergetag object {first}\n type commit\n \n parent {'f' * 40}\n commit {'e' * 40}"
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        input=f"{head}\n{tag}\n\n{message}\n",
        check=True,
        capture_output=True,
        text=True,
    )
    git("update-ref", "HEAD", made.stdout.strip())
    assert [one["parents"] for one in written(script, clone)["commits"]] == [[first], []]


@pytest.mark.case(13)
def test_a_list_too_long_for_signalbox_ends_early_and_shows_that_it_does(
    script: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit("x" * 5000)
    newest, oldest = written(script, clone)["commits"]
    assert len(newest["subject"]) == 200
    assert script.ROOM + 100_000 < LISTING_LIMIT
    room = len(json.dumps(newest)) + len(json.dumps(oldest))
    monkeypatch.setattr(script, "ROOM", room)
    assert len(script.commits()) == 2
    monkeypatch.setattr(script, "ROOM", room - 1)
    (kept,) = script.commits()
    assert kept["parents"] == [oldest["id"]]


def test_coverage_and_image_are_written_where_they_are_given(
    script: ModuleType, clone: Path
) -> None:
    bare = written(script, clone)
    assert {"coverage", "image"}.isdisjoint(bare)
    full = written(script, clone, "--coverage", "81.5", "--image", f"hello@{DIGEST}")
    assert full["coverage"] == 81.5
    assert full["image"] == {"repository": "hello", "digest": DIGEST}
    assert full["contract"] == bare["contract"] == 1


@pytest.mark.parametrize("image", ["hello", "hello:latest", f"@{DIGEST}", "hello@latest"])
def test_an_image_without_a_digest_is_refused(
    script: ModuleType, clone: Path, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        written(script, clone, "--image", image)
    assert "repository@sha256:" in capsys.readouterr().err


def test_outside_a_clone_it_ends_with_what_git_says_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--branch", "main", "--output", "release.json"]
    alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    done = subprocess.run(
        command, cwd=tmp_path, env=alone, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("write_release.py: fatal: not a git repository")
    assert not (tmp_path / "release.json").exists()


def test_what_it_writes_is_what_signalbox_reads(script: ModuleType, clone: Path) -> None:
    written(script, clone, "--coverage", "81.5", "--image", f"hello@{DIGEST}")
    with zipfile.ZipFile(clone / "artifact.zip", "w") as archive:
        archive.write(clone / "release.json", "release.json")
    clients = StubbedClients()
    built(clients, (clone / "artifact.zip").read_bytes())
    listing = S3Artifacts(clients).listing(a_service(), release_id())
    (change,) = listing.changes
    assert listing.parents == {change.id: ()}
    assert change.co_authors == ("alan@example.com", "linus@example.com")
    assert change.committer_email == "grace@example.com"
    assert (listing.coverage, listing.repository, listing.image) == (81.5, "hello", DIGEST)
