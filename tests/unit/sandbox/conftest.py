"""One real sandbox for the tests that ask its server, started by the first of them."""

from collections.abc import Iterator

import pytest

from sandbox.process import Box, running_sandbox
from tests.unit.sandbox.an_api import api, caller
from tests.unit.sandbox.live import free_port

__all__ = ["api", "box", "caller"]


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """An empty sandbox: its server runs, nothing is deployed."""
    with running_sandbox(free_port()) as running:
        yield running
