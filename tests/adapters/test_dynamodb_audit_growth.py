"""Writers of one chain that meet, the index of grown chains, and how far anchoring has come."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from signalbox.adapters.dynamodb_anchoring import DynamoDbAnchoring
from signalbox.adapters.dynamodb_audit import ATTEMPTS, DynamoDbAudit
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.audit import first_break

from tests.adapters.conftest import new_client
from tests.adapters.faults import faults
from tests.fakes import NOW, FixedClock

SUBJECT = "release#123456789012/us-east-1/hello/e1"
WRITERS = 4
ENTRIES = (ATTEMPTS - 1) // (WRITERS - 1)
"""Each writer's: every attempt in vain is an entry of another, so ATTEMPTS suffice in any order."""


def an_audit(client: Any, clock: FixedClock | None = None) -> DynamoDbAudit:
    return DynamoDbAudit(
        client=client, table="audit", clock=clock or FixedClock(), pause=lambda _: None
    )


def written_at_once(clients: list[Any]) -> list[str]:
    """Everything that writers who start together say of one subject."""
    start = threading.Barrier(len(clients))

    def write(number: int) -> list[str]:
        audit = an_audit(clients[number])
        said = [f"{number}-{entry}" for entry in range(ENTRIES)]
        start.wait()
        for one in said:
            audit.append(SUBJECT, one, {})
        return said

    with ThreadPoolExecutor(len(clients)) as pool:
        return [one for said in pool.map(write, range(len(clients))) for one in said]


@pytest.mark.case(66)
def test_writers_at_the_same_time_all_get_their_entries_into_one_chain(dynamodb: Any) -> None:
    said = written_at_once([new_client("dynamodb") for _ in range(WRITERS)])
    entries = list(an_audit(dynamodb).entries(SUBJECT))
    assert sorted(entry.what for entry in entries) == sorted(said)
    assert first_break(entries) is None
    for number in range(WRITERS):
        own = [entry.what for entry in entries if entry.what.startswith(f"{number}-")]
        assert own == [f"{number}-{entry}" for entry in range(ENTRIES)], "in the order of writing"


@pytest.mark.case(66)
def test_lost_replies_among_many_writers_double_nothing(dynamodb: Any) -> None:
    clients = [new_client("dynamodb") for _ in range(3)]
    with faults("PutItem", *["ok", "lost-reply"] * 4) as sent:
        said = written_at_once(clients)
    assert sent.count("PutItem") > len(said)
    entries = list(an_audit(dynamodb).entries(SUBJECT))
    assert sorted(entry.what for entry in entries) == sorted(said)
    assert first_break(entries) is None


def test_the_index_lists_what_was_written_in_a_time_oldest_first(dynamodb: Any) -> None:
    clock = FixedClock()
    audit = an_audit(dynamodb, clock)
    for number in range(6):
        audit.append(f"sweep#{number % 4}", "said", {})
        clock.advance(timedelta(minutes=25))
    listed = list(audit.grown(NOW, NOW + timedelta(minutes=100)))
    assert listed == [
        (NOW + timedelta(minutes=25 * number), f"sweep#{number % 4}") for number in range(1, 5)
    ]


@pytest.mark.parametrize("entries", [0, 60])
def test_listing_costs_a_query_per_hour_however_many_chains_there_are(
    dynamodb: Any, entries: int
) -> None:
    clock = FixedClock()
    audit = an_audit(dynamodb, clock)
    for number in range(entries):
        audit.append(f"sweep#{number}", "said", {})
    with faults("none") as sent:
        listed = list(audit.grown(NOW + timedelta(hours=1), NOW + timedelta(hours=4)))
    assert listed == []
    assert sent == ["Query"] * 4


def test_how_far_anchoring_has_come_only_moves_forward(dynamodb: Any) -> None:
    ledger = LedgerTable(client=dynamodb, name="ledger", pause=lambda _: None)
    anchoring = DynamoDbAnchoring(ledger)
    assert anchoring.anchored_until() is None
    anchoring.note_anchored(NOW)
    anchoring.note_anchored(NOW - timedelta(hours=1))
    assert anchoring.anchored_until() == NOW
    anchoring.note_anchored(NOW + timedelta(hours=1))
    assert anchoring.anchored_until() == NOW + timedelta(hours=1)
