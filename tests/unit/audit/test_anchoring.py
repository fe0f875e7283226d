"""Chains that grow are anchored within the hour, whatever their subject, at a bounded cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from signalbox.domain.errors import AwsUnavailableError
from signalbox.usecases import anchor_audit as module
from signalbox.usecases.anchor_audit import anchor_grown

from tests.fakes import FakeWorld

MINUTE = timedelta(minutes=1)
SUBJECTS = ("release#a/r/p/e", "incident#i", "sweep#s", "gate#g")


def anchored(world: FakeWorld) -> list[str]:
    return [subject for subject, _, _ in world.anchors.anchored]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_kind_of_chain_is_anchored_with_its_head(subject: str) -> None:
    world = FakeWorld()
    world.audit.append(subject, "one", {})
    world.audit.append(subject, "two", {})
    world.clock.advance(5 * MINUTE)
    assert anchor_grown(world) == 1
    assert world.anchors.anchored == [(subject, *world.audit.head(subject))]


def test_no_entry_waits_longer_than_an_hour() -> None:
    world = FakeWorld()
    written = {}
    for minute in range(0, 300, 5):
        subject = f"sweep#{minute}"
        world.audit.append(subject, "said", {})
        written[subject] = world.clock.now()
        anchor_grown(world)
        late = [s for s, at in written.items() if world.clock.now() - at >= timedelta(hours=1)]
        assert set(late) <= set(anchored(world)), f"at minute {minute}"
        world.clock.advance(5 * MINUTE)
    assert len(set(anchored(world))) == len(anchored(world)), "no chain that did not grow"


def test_what_has_not_grown_costs_nothing() -> None:
    world = FakeWorld()
    for number in range(1000):
        world.audit.append(f"release#{number}", "said", {})
    world.clock.advance(timedelta(hours=1))
    while anchor_grown(world):
        world.clock.advance(5 * MINUTE)
    world.anchors.anchored.clear()
    world.audit.append("release#7", "said", {})
    world.clock.advance(timedelta(hours=2))
    assert anchor_grown(world) == 1
    assert anchored(world) == ["release#7"]


def test_more_chains_than_fit_into_a_run_are_the_next_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHAINS_PER_RUN", 10)
    world = FakeWorld()
    for number in range(25):
        world.audit.append(f"release#{number}", "said", {})
        world.audit.append("release#0", "said", {})
        world.clock.advance(timedelta(seconds=1))
    world.clock.advance(timedelta(hours=2))
    assert [anchor_grown(world) for _ in range(4)] == [10, 10, 7, 0]
    assert set(anchored(world)) == {f"release#{number}" for number in range(25)}


def test_entries_of_one_moment_are_not_torn_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHAINS_PER_RUN", 2)
    world = FakeWorld()
    for number in range(5):
        world.audit.append(f"release#{number}", "said", {})
    world.clock.advance(timedelta(hours=2))
    while anchor_grown(world):
        pass
    assert len(set(anchored(world))) == 5


def test_a_long_silence_is_caught_up_with_a_day_at_a_time() -> None:
    world = FakeWorld()
    world.anchoring.note_anchored(world.clock.now())
    world.clock.advance(MINUTE)
    world.audit.append("sweep#old", "said", {})
    world.clock.advance(timedelta(days=2))
    world.audit.append("sweep#new", "said", {})
    world.clock.advance(timedelta(hours=1))
    assert [anchor_grown(world) for _ in range(4)] == [1, 0, 1, 0]
    assert anchored(world) == ["sweep#old", "sweep#new"]


def test_what_cannot_be_anchored_keeps_no_other_from_it_and_comes_again() -> None:
    world = FakeWorld()
    for subject in ("sweep#1", "sweep#2"):
        world.audit.append(subject, "said", {})
    world.clock.advance(timedelta(hours=1))
    real, away = world.anchors.anchor, ["sweep#1"]

    def flaky(subject: str, number: int, head: str) -> None:
        if subject in away:
            raise AwsUnavailableError("away")
        real(subject, number, head)

    world.anchors.anchor = flaky  # type: ignore[method-assign]
    with pytest.raises(AwsUnavailableError):
        anchor_grown(world)
    assert anchored(world) == ["sweep#2"]
    away.clear()
    assert anchor_grown(world) == 2
    assert "sweep#1" in anchored(world)
