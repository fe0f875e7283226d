import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from sandbox.demo.narrator import Narrator
from sandbox.demo.world import World

from .stage import deployed_sandbox


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each file's tests on one worker, for they share a sandbox; but a test that is marked
    ``alone`` has one of its own and may run on any.

    Before xdist's own hook, which reads the marker and is registered later than this file.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and not item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """One deployed sandbox for the tests that do not spoil it."""
    with deployed_sandbox() as deployed:
        yield deployed


@pytest.fixture
def narrator() -> Narrator:
    """A narrator whose words pytest shows when a test fails."""
    return Narrator(Console(width=200, force_terminal=False))


@pytest.fixture
def silent() -> Narrator:
    return Narrator(Console(file=io.StringIO(), width=200))
