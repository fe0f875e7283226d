"""A small burst through the functions and their real adapters; `make bench` sends a large one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.burst.losses import losses
from tests.burst.traffic import Traffic, traffic
from tests.burst.works import Works, works_for

EVENTS = 120


@pytest.fixture(scope="module")
def said() -> Traffic:
    return traffic(EVENTS)


@pytest.fixture(scope="module")
def worked_off(said: Traffic) -> Iterator[Works]:
    with works_for(said) as works:
        works.work_off(said.bodies)
        yield works


def test_a_burst_is_worked_off_with_nothing_lost_or_doubled(
    worked_off: Works, said: Traffic
) -> None:
    assert list(losses(worked_off, said)) == []


def test_the_same_burst_once_more_changes_nothing(worked_off: Works, said: Traffic) -> None:
    bells, dead = worked_off.bells.copy(), len(worked_off.dead)
    worked_off.work_off(said.bodies)
    assert worked_off.bells == bells
    assert len(worked_off.dead) == 2 * dead
    del worked_off.dead[dead:]
    assert list(losses(worked_off, said)) == []
