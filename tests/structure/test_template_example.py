"""The example service does what its three changes promise, run as its buildspec runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.structure.templates import resources
from tools.transform import ROOT

SERVICE = ROOT / "examples" / "lambda-service"
BUILDSPEC = yaml_parse((SERVICE / "buildspec.yml").read_text(encoding="utf-8"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    clone = tmp_path / "a clone"
    shutil.copytree(SERVICE, clone, ignore=shutil.ignore_patterns("changes", "__pycache__"))
    git(clone, "init", "--quiet", "--initial-branch=main")
    commit(clone, "First")
    return clone


def git(clone: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    command = ["git", *who, "-C", str(clone), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(clone: Path, subject: str) -> str:
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", subject)
    return git(clone, "rev-parse", "HEAD")


def apply(kind: str, clone: Path) -> None:
    command = [sys.executable, str(SERVICE / "changes" / "apply.py"), kind, str(clone)]
    subprocess.run(command, check=True, capture_output=True)


def build(clone: Path) -> subprocess.CompletedProcess[str]:
    """Run every command of every phase, up to the first that fails."""
    script = [c for phase in BUILDSPEC["phases"].values() for c in phase["commands"]]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-ec", "\n".join(script)],
        cwd=clone,
        env={"PATH": path, "HOME": str(clone), "BRANCH_NAME": "main"},
        check=False,
        capture_output=True,
        text=True,
    )


def call(clone: Path, stage: str) -> subprocess.CompletedProcess[str]:
    """Call the handler as Lambda would, with the environment that the template gives the stage."""
    functions = resources("environments.json", "AWS::Lambda::Function")
    variables = functions[f"{stage}Function"]["Environment"]["Variables"]
    program = "import app, json; print(json.dumps(app.handler({}, None)))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=clone,
        env={"PATH": os.environ["PATH"], **variables},
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_good_change_passes_and_says_which_commit_is_speaking(clone: Path) -> None:
    apply("good", clone)
    head = commit(clone, "Greet differently")
    assert build(clone).returncode == 0
    answer: dict[str, Any] = json.loads(call(clone, "Production").stdout)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["commit"] == head


def test_every_good_change_differs_from_the_one_before(clone: Path) -> None:
    for _ in range(6):
        apply("good", clone)
        assert git(clone, "status", "--porcelain")
        commit(clone, "Greet differently")


def test_a_bad_change_passes_its_tests_and_staging_and_breaks_production(clone: Path) -> None:
    apply("bad", clone)
    commit(clone, "Let operations choose the words")
    assert build(clone).returncode == 0
    assert call(clone, "Staging").returncode == 0
    assert "KeyError: 'SALUTATION'" in call(clone, "Production").stderr


def test_a_failing_change_stops_the_build_and_names_its_test(clone: Path) -> None:
    apply("failing", clone)
    commit(clone, "Greet calmly")
    built = build(clone)
    assert built.returncode != 0
    assert "test_a_greeting_ends_with_an_exclamation_mark" in built.stdout
    assert not (clone / "release.json").exists()
    assert "<failure" in (clone / "reports" / "junit.xml").read_text()


def test_a_good_change_puts_right_what_a_bad_one_broke(clone: Path) -> None:
    apply("bad", clone)
    apply("good", clone)
    assert build(clone).returncode == 0
    assert call(clone, "Production").returncode == 0


def test_the_release_names_every_commit_newest_first_whatever_stands_in_it(clone: Path) -> None:
    (clone / "README.md").write_text("changed")
    odd = commit(clone, 'Fix "quotes", <tags> & ünïcode; {%s}')
    assert build(clone).returncode == 0
    release = json.loads((clone / "release.json").read_text())
    assert (release["contract"], release["commit"], release["branch"]) == (1, odd, "main")
    assert [c["subject"] for c in release["commits"]] == [
        'Fix "quotes", <tags> & ünïcode; {%s}',
        "First",
    ]
    assert release["commits"][0]["author_email"] == "ada@example.com"
    assert release["tests"] == {"passed": 5, "failed": 0, "skipped": 0}


def test_the_artifact_holds_what_the_handler_needs(clone: Path, tmp_path: Path) -> None:
    assert build(clone).returncode == 0
    artifact = tmp_path / "artifact"
    artifact.mkdir()
    for name in BUILDSPEC["artifacts"]["files"]:
        shutil.copy(clone / name, artifact / name)
    assert call(artifact, "Production").returncode == 0
    assert (artifact / "release.json").exists()
