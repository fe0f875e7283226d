"""Every handler imports from what `make build` ships, in an otherwise empty environment."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tools.build import find_runtime_python

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
BUILD = ROOT / "build" / "host"


@pytest.fixture(scope="module")
def built() -> tuple[Path, Path]:
    """The build for this machine's own processor, and the runtime's interpreter."""
    python = find_runtime_python()
    if python is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Python 3.13, the Lambda runtime's version, is missing")
        pytest.skip("Python 3.13, the Lambda runtime's version, is missing")
    architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    command = [sys.executable, "-m", "tools.build", "--architecture", architecture]
    done = subprocess.run(
        [*command, "--build-dir", "build/host"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return BUILD, python


def logical_id(folder: str) -> str:
    return "".join(word.capitalize() for word in folder.split("_")) + "Function"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("folder", HANDLERS)
def test_a_handler_imports_from_what_is_shipped(folder: str, built: tuple[Path, Path]) -> None:
    build, python = built
    function = build / logical_id(folder)
    layers = [str(path) for path in sorted(build.glob("*Layer*/python"))]
    assert len(layers) == 2
    program = f"import sys; sys.path[:0] = {[str(function), *layers]!r}; import app; app.handler"
    done = subprocess.run(
        [str(python), "-I", "-S", "-c", program],
        env={"LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_build_ships_bytecode_that_needs_no_timestamps(built: tuple[Path, Path]) -> None:
    build, _ = built
    compiled = list(build.glob("*Layer*/python/signalbox/domain/__pycache__/releases.*.pyc"))
    assert compiled, "without bytecode a start costs two to three times as much"
    flags = int.from_bytes(compiled[0].read_bytes()[4:8], "little")
    assert flags == 0b01, "unchecked-hash: bit 0 set, bit 1 clear"


def test_what_is_shipped_knows_nothing_of_where_it_was_built(built: tuple[Path, Path]) -> None:
    build, _ = built
    for compiled in build.glob("*/**/__pycache__/*.pyc"):
        assert str(ROOT).encode() not in compiled.read_bytes(), compiled
