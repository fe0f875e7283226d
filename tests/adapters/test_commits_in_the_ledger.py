"""A gate keeps its commits as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.gates import Change, Gate

from tests.adapters.test_dynamodb_gates import GATE

COMMIT = Change(id="a" * 40, author_name="Ada", author_email="ada@example.com", subject="Greet")


def with_commits(*changes: Change) -> Gate:
    return replace(GATE, dossier=replace(GATE.dossier, changes=changes))


def kept(table: LedgerTable, gate: Gate) -> tuple[Change, ...]:
    gates = DynamoDbGates(table)
    assert gates.open_gate(gate, ())
    found = gates.gate(gate.id)
    assert found is not None
    return found.dossier.changes


@pytest.mark.parametrize("committer", [None, "", "grace@example.com"])
@pytest.mark.parametrize("breaks_off", [True, False])
def test_who_committed_and_whether_the_list_breaks_off_is_read_as_it_was_written(
    table: LedgerTable, committer: str | None, breaks_off: bool
) -> None:
    change = replace(COMMIT, committer_email=committer, breaks_off=breaks_off)
    assert kept(table, with_commits(COMMIT, change)) == (COMMIT, change)


def test_a_gate_that_an_older_signalbox_opened_reads_on(table: LedgerTable, dynamodb: Any) -> None:
    kept(table, with_commits(COMMIT))
    change = {
        "id": {"S": "a"},
        "author_name": {"S": "Ada"},
        "author_email": {"S": "ada@example.com"},
        "subject": {"S": "Greet"},
        "committer_email": {"S": ""},
        "co_authors": {"L": []},
    }
    dynamodb.update_item(
        TableName="ledger",
        Key={"pk": {"S": GATE.subject}, "sk": {"S": "gate"}},
        UpdateExpression="SET dossier.changes = :changes",
        ExpressionAttributeValues={":changes": {"L": [{"M": change}]}},
    )
    found = DynamoDbGates(table).gate(GATE.id)
    assert found is not None
    (read,) = found.dossier.changes
    assert (read.committer_email, read.breaks_off) == ("", False)
