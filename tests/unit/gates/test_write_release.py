"""What the example's build writes about a release is what Signalbox reads."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from signalbox.adapters.s3_artifacts import S3Artifacts

from tests.adapters.stubbed import StubbedClients
from tests.adapters.test_artifact_listings import built
from tests.fakes import a_service, release_id

SCRIPT = Path(__file__).resolve().parents[3] / "examples/lambda-service/write_release.py"
DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_release", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    git("commit", "--quiet", "--allow-empty", "-m", f"Greet, \x1b[1mloudly\n\nMore.\n\n{trailers}")
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def written(script: ModuleType, clone: Path, *options: str) -> dict[str, Any]:
    output = clone / "release.json"
    assert script.main(["--branch", "main", "--output", str(output), *options]) == 0
    document = json.loads(output.read_text())
    assert isinstance(document, dict)
    return document


def test_everybody_who_had_a_hand_in_a_commit_is_listed(script: ModuleType, clone: Path) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "Alone")
    alone, helped = written(script, clone)["commits"]
    assert alone["co_authors"] == []
    assert helped["author_email"] == "ada@example.com"
    assert helped["committer_email"] == "grace@example.com"
    assert helped["co_authors"] == [
        "Alan T. <alan@example.com>",
        "Linus <linus@example.com>",
    ]


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


def test_what_it_writes_is_what_signalbox_reads(script: ModuleType, clone: Path) -> None:
    written(script, clone, "--coverage", "81.5", "--image", f"hello@{DIGEST}")
    with zipfile.ZipFile(clone / "artifact.zip", "w") as archive:
        archive.write(clone / "release.json", "release.json")
    clients = StubbedClients()
    built(clients, (clone / "artifact.zip").read_bytes())
    listing = S3Artifacts(clients).listing(a_service(), release_id())
    (change,) = listing.changes
    assert change.co_authors == ("alan@example.com", "linus@example.com")
    assert change.committer_email == "grace@example.com"
    assert (listing.coverage, listing.repository, listing.image) == (81.5, "hello", DIGEST)
