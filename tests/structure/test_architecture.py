"""The architecture as tests: arrows point inwards, importing is free, handlers are thin."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIGNALBOX = ROOT / "layers" / "signalbox" / "signalbox"
INNER = ("domain", "policies", "notifications", "usecases")
ALLOWED = {
    "domain": {"domain"},
    "policies": {"domain", "policies"},
    "notifications": {"domain", "policies", "notifications", "ports"},
    "usecases": {"domain", "policies", "notifications", "usecases", "ports"},
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
COUNTING = {"enough_approvals", "judge"}
"""Not checks: what turns their answers into a verdict."""
OWN_TREES = ("layers/signalbox/signalbox", "functions", "cli", "sandbox", "tools", "tests")


def modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield node.module or ""


@pytest.mark.parametrize("layer", INNER)
def test_dependence_points_inwards(layer: str) -> None:
    assert modules(SIGNALBOX / layer), f"{layer} is empty"
    for path in modules(SIGNALBOX / layer):
        for name in imports_of(path):
            top, *rest = name.split(".")
            if top != "signalbox":
                assert top in sys.stdlib_module_names, f"{path} imports {name}"
            elif rest:
                assert rest[0] in ALLOWED[layer], f"{path} imports {name}"


def test_ports_know_the_domain_only() -> None:
    for path in modules(SIGNALBOX / "ports"):
        for name in imports_of(path):
            top, *rest = name.split(".")
            assert top in sys.stdlib_module_names or rest[0] in {"domain", "ports"}, name


def test_no_two_test_files_share_a_name() -> None:
    """pytest imports a file by its name, unless its folder is a package."""
    files = [path for path in modules(ROOT / "tests") if not (path.parent / "__init__.py").exists()]
    names = Counter(path.name for path in files if path.name.startswith("test_"))
    assert [name for name, number in names.items() if number > 1] == []


def test_what_ships_never_imports_the_sandbox_or_the_command_line() -> None:
    for path in [*modules(SIGNALBOX), *modules(ROOT / "functions")]:
        for name in imports_of(path):
            assert name.split(".")[0] not in {"sandbox", "cli", "moto", "ministack"}, path


def test_importing_is_free() -> None:
    """No client, no environment read of ours, no clock, no network while anything is imported."""
    names = [
        "signalbox." + ".".join(path.relative_to(SIGNALBOX).with_suffix("").parts)
        for path in modules(SIGNALBOX)
        if path.name != "__init__.py"
    ]
    names += [f"functions.{path.parent.name}.app" for path in modules(ROOT / "functions")]
    program = textwrap.dedent(
        f"""
        import importlib, os, socket, sys
        import botocore.client, botocore.session
        made = []
        botocore.client.ClientCreator.create_client = lambda *a, **k: made.append(a)
        botocore.session.Session.create_client = lambda *a, **k: made.append(a)
        def no_network(*a, **k):
            raise AssertionError("network at import")
        socket.socket.connect = no_network
        kept = {{"PATH": os.environ["PATH"]}}
        os.environ.clear(); os.environ.update(kept)
        for name in {names!r}:
            importlib.import_module(name)
        assert not made, made
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": f"{SIGNALBOX.parent}:{ROOT}", "PATH": "/usr/bin:/bin", "HOME": "/"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").glob("*/app.py")), ids=lambda path: path.parent.name
)
def test_handlers_are_thin(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 40, "40 lines at most"
    tree = ast.parse(source)
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Try | ast.If | ast.While | ast.Match), (
            f"line {getattr(node, 'lineno', '?')}: what a handler lets escape is its contract"
        )
    handlers = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "handler"]
    assert len(handlers) == 1, "one function named handler"
    assert "environ" not in source, "settings are read by the wiring"
    assert "boto3" not in source, "clients are made by the wiring"


@pytest.mark.parametrize("tree", OWN_TREES)
def test_no_module_is_a_drawer(tree: str) -> None:
    for path in modules(ROOT / tree):
        assert path.stem not in FORBIDDEN_NAMES, path
        assert not FORBIDDEN_NAMES & set(path.relative_to(ROOT).parts), path


def test_every_use_case_has_a_test_that_names_it() -> None:
    tests = "\n".join(path.read_text() for path in modules(ROOT / "tests"))
    for path in modules(SIGNALBOX / "usecases"):
        if f"def {path.stem}(" in path.read_text():
            assert path.stem in tests, f"no test mentions {path.stem}"


def test_every_policy_check_is_in_the_visible_list() -> None:
    listed = (SIGNALBOX / "policies" / "__init__.py").read_text()
    for path in modules(SIGNALBOX / "policies"):
        if path.name != "__init__.py" and f"def {path.stem}(" in path.read_text():
            counted = path.stem in COUNTING or path.stem in listed
            assert counted, f"{path.stem} is missing from policies/__init__.py"


def test_files_stay_readable() -> None:
    for tree in ("layers/signalbox/signalbox", "functions", "cli", "sandbox", "tools"):
        for path in modules(ROOT / tree):
            lines = len(path.read_text().splitlines())
            assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines"
