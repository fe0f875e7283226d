"""A sandbox for tests, and a copy of the checkout that a test may spoil."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.demo.world import World
from sandbox.deploy import deploy_everything
from sandbox.preflight import ROOT
from sandbox.process import running_sandbox

DEPLOYED = ("template.yaml", "functions", "layers", "pipelines", "statemachines")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def deployed_sandbox(root: Path = ROOT) -> Iterator[World]:
    with running_sandbox(free_port()) as box:
        yield World(box=box, deployment=deploy_everything(box, root))


def copy_of_the_checkout(to: Path) -> Path:
    """What `sam deploy` reads, in a folder whose name has a space in it."""
    root = to / "a checkout"
    root.mkdir()
    for name in DEPLOYED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    return root


def spoil(file: Path, old: str, new: str) -> None:
    """Replace `old`, which must be there, so that a moved template fails the test loudly."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} no longer says {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")
