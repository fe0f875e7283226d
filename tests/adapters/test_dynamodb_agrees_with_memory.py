"""The ledger in memory, which most tests use, says what the table says."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_observations import DynamoDbObservations
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.usecases.record_fact import record_fact

from tests.fakes import ACCOUNT, NOW, FakeWorld
from tests.unit.a_demo_release import ALARM, BAD, GOOD, ROLLBACK, demo_facts


@pytest.mark.parametrize("seed", range(2))
def test_the_demo_shuffled_and_doubled_ends_the_same_in_both(table: LedgerTable, seed: int) -> None:
    in_memory, in_table = FakeWorld(), FakeWorld()
    releases, effects = DynamoDbReleases(table), DynamoDbEffects(table)
    in_table.releases = releases  # type: ignore[assignment]
    in_table.observations = DynamoDbObservations(table)  # type: ignore[assignment]
    facts = [*demo_facts(), ALARM]
    facts += Random(seed).sample(facts, 12)  # noqa: S311 - to be repeated, not to be secret
    Random(seed).shuffle(facts)  # noqa: S311
    for fact in facts:
        known = [
            record_fact(fact, world, allowed_accounts={ACCOUNT}) for world in (in_memory, in_table)
        ]
        assert known[0] == known[1]
    for release in (GOOD, BAD, ROLLBACK):
        assert releases.release(release) == in_memory.ledger.release(release)
    assert set(releases.open_releases()) == set(in_memory.ledger.open_releases())
    later = NOW + timedelta(minutes=1)
    assert {repr(effect) for effect in effects.pending(later)} == {
        repr(effect) for effect in in_memory.ledger.pending(later)
    }
    assert in_table.bells.rung == in_memory.bells.rung
