"""The little of a release that the Slack endpoint reads is what the whole ledger says of it."""

from __future__ import annotations

from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_noted import DynamoDbNoted
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.states import ExecutionState
from signalbox.domain.truth import PostedMessage

from tests.fakes import NOW
from tests.gate_world import COMMIT, POSTED, RELEASE, GateWorld, an_authors_approval


def test_messages_commit_and_open_releases_are_the_same(table: LedgerTable) -> None:
    whole, noted = DynamoDbReleases(table), DynamoDbNoted(table)
    assert noted.notes(RELEASE).messages == ()
    assert noted.notes(RELEASE).commit is None
    assert noted.open_releases() == ()
    whole.record(PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOW), [])
    second = PostedMessage(channel="C-2", ts="1700000000.000200", to="#other")
    whole.write_notes(RELEASE, messages=(POSTED, second), commit=COMMIT)
    read = noted.notes(RELEASE)
    expected = whole.notes(RELEASE)
    assert [(one.channel, one.ts) for one in read.messages] == [
        (one.channel, one.ts) for one in expected.messages
    ]
    assert len(read.messages) == 2
    assert read.commit is not None
    assert read.commit.id == COMMIT.id
    assert noted.open_releases() == whole.open_releases() == (RELEASE,)


def test_a_gate_alone_is_the_gate_without_its_votes(table: LedgerTable) -> None:
    gates, gate = DynamoDbGates(table), GateWorld().opened_gate()
    assert gates.gate_alone(gate.id) is None
    gates.open_gate(gate, [])
    whole = gates.gate(gate.id)
    assert gates.gate_alone(gate.id) == whole
    gates.vote(gate.id, an_authors_approval(gate), [])
    assert gates.gate_alone(gate.id) == whole
    assert gates.gate(gate.id) != whole
