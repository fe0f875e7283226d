"""Real repositories out of a few words, and what Signalbox reads of them."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from signalbox.adapters.s3_artifacts import S3Artifacts
from signalbox.domain.listing import Listing

from tests.adapters.stubbed import StubbedClients
from tests.adapters.test_artifact_listings import built
from tests.fakes import a_service, release_id

SCRIPT = Path(__file__).resolve().parents[3] / "examples/lambda-service/write_release.py"
ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
DAY = 86_400


def the_script() -> ModuleType:
    """The example's write_release.py, which no package holds."""
    spec = importlib.util.spec_from_file_location("write_release", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def git(folder: Path, *arguments: str, said: bytes = b"") -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=said,
        check=True,
        capture_output=True,
        env={**os.environ, **ALONE},
    )
    return done.stdout.decode()


@dataclass(frozen=True, kw_only=True)
class Commit:
    """``parents`` are places in the history before it."""

    by: str
    day: int
    parents: tuple[int, ...] = ()
    message: str = ""


def grown(folder: Path, history: Sequence[Commit]) -> list[str]:
    """Make a repository with this history, the last commit its head; the ids of the commits."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main")
    git(folder, "fast-import", "--quiet", "--export-marks=marks", said=_stream(history))
    marks = dict(line.split() for line in (folder / "marks").read_text().splitlines())
    ids = [marks[f":{place}"] for place in range(1, len(history) + 1)]
    git(folder, "update-ref", "refs/heads/main", ids[-1])
    return ids


def _stream(history: Sequence[Commit]) -> bytes:
    said = []
    for mark, one in enumerate(history, 1):
        who = f"{one.by.capitalize()} <{one.by}@example.com> {one.day * DAY} +0000"
        message = one.message or f"Change {mark}"
        parents = [f"{'merge' if n else 'from'} :{p + 1}" for n, p in enumerate(one.parents)]
        said += [
            f"commit refs/heads/commit-{mark}\nmark :{mark}\nauthor {who}\ncommitter {who}",
            f"data {len(message.encode())}\n{message}",
            *parents,
        ]
    return ("\n".join(said) + "\n").encode()


def log(folder: Path, span: str) -> list[str]:
    """The commits of a span, by git's own word."""
    return git(folder, "log", "--format=%H", span).split()


def released(clone: Path, newest: int = 2000) -> dict[str, Any]:
    """The document that the build writes in a clone."""
    script = the_script()
    with chdir(clone), patch.dict(os.environ, ALONE):
        document: dict[str, Any] = script.release("main") | {"commits": script.commits(newest)}
    return document


def listing_in(clone: Path, newest: int = 2000) -> Listing:
    """What Signalbox reads of it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("release.json", json.dumps(released(clone, newest)))
    clients = StubbedClients()
    built(clients, buffer.getvalue())
    return S3Artifacts(clients).listing(a_service(), release_id())
