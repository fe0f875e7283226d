import io
from collections.abc import Generator, Iterator

import pytest
from rich.console import Console

from sandbox.demo.diagnosis import troubles
from sandbox.demo.narrator import Narrator
from sandbox.demo.world import World

from .gatekeeping import Gatekeeping
from .leaving import Tokens, outputs_of
from .stage import deployed_sandbox


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put beside a failed test what the sandbox has to say of it."""
    report = yield
    world = getattr(item, "funcargs", {}).get("world")
    if report.when == "call" and report.failed and isinstance(world, World):
        report.sections.append(("What the sandbox says", "\n".join(troubles(world))))
    return report


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    """The tokens that the sandbox's gates have had so far."""
    return Tokens()


@pytest.fixture(scope="session")
def world(tokens: Tokens) -> Iterator[World]:
    """One deployed sandbox for the tests that do not spoil it. When they are done, none of the
    tokens of its gates may have left the ledger.
    """
    with deployed_sandbox() as deployed:
        yield deployed
        for where, text in outputs_of(deployed):
            assert not [what for token, what in tokens.seen.items() if token in text], where


@pytest.fixture
def narrator() -> Narrator:
    """A narrator whose words pytest shows when a test fails."""
    return Narrator(Console(width=200, force_terminal=False))


@pytest.fixture
def silent() -> Narrator:
    return Narrator(Console(file=io.StringIO(), width=200))


@pytest.fixture
def gates(world: World, narrator: Narrator, tokens: Tokens) -> Iterator[Gatekeeping]:
    """The pipeline's gate with a policy of its own, which goes with the test."""
    keeping = Gatekeeping.begun(world, narrator, tokens)
    yield keeping
    keeping.end()
