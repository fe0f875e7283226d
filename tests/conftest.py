"""What every test gets."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def _the_packages_log_is_heard() -> None:
    """A handler that ran earlier has kept the package's log to itself: `caplog` would see none."""
    logging.getLogger("signalbox").propagate = True
