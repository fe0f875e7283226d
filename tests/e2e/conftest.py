import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from sandbox.demo.narrator import Narrator
from sandbox.demo.world import World

from .stage import deployed_sandbox


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
