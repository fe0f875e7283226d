"""The example's repository: real git, real pushes, a hook that tells of them."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.repository import GitError, Repository


@pytest.fixture
def told() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server where pushes are told, and what it was told."""
    received: list[dict[str, Any]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append({"path": self.path, **json.loads(body)})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


@pytest.fixture
def repository(tmp_path: Path, told: tuple[str, list[dict[str, Any]]]) -> Repository:
    made = Repository(scratch=tmp_path / "a path with spaces")
    made.create(told[0])
    return made


def test_a_push_is_told_with_branch_and_commits(
    repository: Repository, told: tuple[str, list[dict[str, Any]]]
) -> None:
    commit = repository.push("good")
    assert told[1] == [
        {
            "path": "/_sandbox/git/received",
            "repository": "example/hello",
            "branch": "main",
            "before": "0" * 40,
            "after": commit,
        }
    ]


def test_the_first_push_brings_the_example_and_the_change(repository: Repository) -> None:
    commit = repository.push("good", "Say it nicely")
    assert repository.subjects(commit, since=None) == ["Say it nicely", "Begin the hello service"]
    files = subprocess.run(
        ["git", "--git-dir", str(repository.bare), "ls-tree", "--name-only", commit],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {"app.py", "buildspec.yml", "greeting.py", "tests"} <= set(files)
    assert not {"changes", "environments.yaml"} & set(files)


def test_commits_are_danas_whatever_this_machine_is_set_to(repository: Repository) -> None:
    commit = repository.push("bad")
    author = subprocess.run(
        ["git", "--git-dir", str(repository.bare), "log", "-1", "--format=%an <%ae>", commit],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert author == "Dana Author <dana@example.com>"


def test_each_push_changes_something(repository: Repository) -> None:
    first, second, third = (repository.push("good") for _ in range(3))
    assert len({first, second, third}) == 3
    assert len(repository.subjects(third, since=first)) == 2


def test_a_push_that_nobody_hears_says_so(repository: Repository) -> None:
    (repository.bare / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
    (repository.bare / "hooks" / "pre-receive").chmod(0o755)
    with pytest.raises(GitError, match="git push"):
        repository.push("good")
