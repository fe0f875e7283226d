"""What every test gets: loggers of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    """A handler that ran has taken the package's logger for its own: `caplog` would see nothing."""
    ours = logging.getLogger("signalbox")
    found = ours.handlers, ours.level, ours.propagate
    yield
    ours.handlers, ours.level, ours.propagate = found
