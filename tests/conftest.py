"""What every test gets, and what every test is watched for."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator

import pytest

from tests.leaving import WORLDS, left, tokens_in


@pytest.fixture(autouse=True)
def _the_packages_log_is_heard() -> None:
    """A handler that ran earlier has kept the package's log to itself: `caplog` would see none."""
    ours = logging.getLogger("signalbox")
    ours.propagate = True
    ours.setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _no_token_leaves() -> Iterator[None]:
    """Whatever a test is about: no token leaves its worlds."""
    WORLDS.clear()
    yield
    for world in list(WORLDS):
        found = {where: tokens_in(text) for where, text in left(world).items()}
        assert not any(found.values()), f"tokens have left: {found}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Nor is one printed or logged."""
    report = yield
    printed = f"{report.capstdout}{report.capstderr}{report.caplog}"
    if report.passed and (found := tokens_in(printed)):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} prints or logs the tokens {found}"
    return report
