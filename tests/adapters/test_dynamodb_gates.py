"""Gates in DynamoDB: one claim, one verdict, one settlement, whatever is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import PermanentError
from signalbox.domain.gates import (
    Change,
    Choice,
    Dossier,
    Gate,
    GateStatus,
    Taken,
    TestResult,
    Verdict,
    Vote,
)

from tests.adapters.faults import faults
from tests.fakes import NOW, release_id

RELEASE = release_id()
GATE = Gate(
    id="9" * 32,
    release=RELEASE,
    stage="Approval",
    action="Approve",
    action_execution_id="a1",
    status=GateStatus.OPEN,
    opened_at=NOW,
    expires_at=NOW + timedelta(days=1),
    dossier=Dossier(
        revision="abc",
        artifact_digest="d" * 64,
        tests=TestResult(passed=4, failed=1, failing=("test_x",)),
        changes=(Change(id="abc", author_name="Ada", author_email="a@b.c", subject="Fix"),),
        firing_alarms=("hello-staging-errors",),
    ),
    shown_digest="s" * 64,
    approval_token="11111111-2222-3333-4444-555555555555",
)
ADA = Vote(principal="slack:T1:U1", name="Ada", choice=Choice.APPROVE, at=NOW, shown_digest="s")
BOB = Vote(
    principal="slack:T1:U2",
    name="Bob",
    choice=Choice.REJECT,
    at=NOW + timedelta(seconds=1),
    reason="no",
)


def an_effect(key: str) -> Effect:
    return Effect(kind=EffectKind.DECIDE_GATE, subject=GATE.subject, key=key, created_at=NOW)


@pytest.fixture
def gates(table: LedgerTable) -> DynamoDbGates:
    return DynamoDbGates(table)


@pytest.fixture
def opened(gates: DynamoDbGates) -> DynamoDbGates:
    assert gates.open_gate(GATE, ())
    return gates


def put_task_token(dynamodb: Any, token: str) -> None:
    """As the state machine's SDK integration does."""
    dynamodb.update_item(
        TableName="ledger",
        Key={"pk": {"S": GATE.subject}, "sk": {"S": "gate"}},
        UpdateExpression="SET task_token = :token",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":token": {"S": token}},
    )


def test_the_first_claim_of_a_gate_holds(gates: DynamoDbGates) -> None:
    assert gates.claim_gate(RELEASE, "a1", "first") == "first"
    assert gates.claim_gate(RELEASE, "a1", "second") == "first"
    assert gates.claim_gate(RELEASE, "a2", "other") == "other"


def test_a_claim_whose_reply_was_lost_is_still_ours(gates: DynamoDbGates) -> None:
    with faults("PutItem", "lost-reply") as sent:
        assert gates.claim_gate(RELEASE, "a1", "mine") == "mine"
    assert sent.count("PutItem") == 2
    assert gates.claim_gate(RELEASE, "a1", "theirs") == "mine"


def test_a_gate_comes_back_as_it_was_opened(opened: DynamoDbGates) -> None:
    assert opened.gate(GATE.id) == GATE
    assert opened.open_gates() == (GATE,)


def test_a_gate_opens_once(opened: DynamoDbGates) -> None:
    assert not opened.open_gate(replace(GATE, stage="Elsewhere"), ())
    assert opened.gate(GATE.id) == GATE


def test_a_gate_opened_under_a_lost_reply_is_open_and_ours(gates: DynamoDbGates) -> None:
    with faults("TransactWriteItems", "lost-reply"):
        assert gates.open_gate(GATE, [an_effect("decide")])


def test_the_token_of_the_machine_survives_all_that_we_write(
    opened: DynamoDbGates, dynamodb: Any
) -> None:
    put_task_token(dynamodb, "token-1")
    opened.vote(GATE.id, ADA, ())
    opened.open_gate(GATE, ())
    opened.decide(GATE.id, Verdict.APPROVED, "enough", NOW)
    gate = opened.gate(GATE.id)
    assert gate
    assert gate.task_token == "token-1"
    assert "token-1" not in repr(gate)


def test_one_person_says_each_thing_once_of_what_is_shown(
    opened: DynamoDbGates, table: LedgerTable
) -> None:
    assert opened.vote(GATE.id, BOB, [an_effect("bob")])
    assert opened.vote(GATE.id, ADA, ())
    later = replace(BOB, reason="once more", at=NOW + timedelta(minutes=1))
    assert opened.vote(GATE.id, later, [an_effect("again")]) is Taken.TAKEN
    gate = opened.gate(GATE.id)
    assert gate
    assert gate.votes == (ADA, BOB), "in the order in which they were cast"
    effects = DynamoDbEffects(table)
    assert effects.effect(GATE.subject, "bob")
    assert effects.effect(GATE.subject, "again") is None


def test_a_vote_whose_reply_was_lost_counts_as_cast(opened: DynamoDbGates) -> None:
    with faults("TransactWriteItems", "lost-reply"):
        assert opened.vote(GATE.id, ADA, [an_effect("ada")])


def test_the_first_verdict_holds(opened: DynamoDbGates) -> None:
    assert opened.decide(GATE.id, Verdict.APPROVED, "two", NOW) is Verdict.APPROVED
    later = NOW + timedelta(minutes=1)
    assert opened.decide(GATE.id, Verdict.EXPIRED, "late", later) is Verdict.APPROVED
    gate = opened.gate(GATE.id)
    assert gate
    assert (gate.status, gate.reason, gate.decided_at) == (GateStatus.DECIDED, "two", NOW)


def test_a_verdict_whose_reply_was_lost_is_the_one_that_holds(opened: DynamoDbGates) -> None:
    with faults("UpdateItem", "lost-reply"):
        assert opened.decide(GATE.id, Verdict.REJECTED, "no", NOW) is Verdict.REJECTED


def test_a_gate_that_does_not_exist_is_not_decided(gates: DynamoDbGates) -> None:
    with pytest.raises(PermanentError):
        gates.decide("0" * 32, Verdict.APPROVED, "", NOW)
    assert gates.gate("0" * 32) is None


def test_a_gate_settles_once_and_its_tokens_go(
    opened: DynamoDbGates, dynamodb: Any, table: LedgerTable
) -> None:
    put_task_token(dynamodb, "token-1")
    opened.decide(GATE.id, Verdict.APPROVED, "two", NOW)
    assert opened.settle(GATE.id, "APPROVED", NOW, [an_effect("say")])
    assert not opened.settle(GATE.id, "GONE", NOW + timedelta(minutes=1), [an_effect("again")])
    gate = opened.gate(GATE.id)
    assert gate
    assert (gate.status, gate.settlement) == (GateStatus.SETTLED, "APPROVED")
    assert (gate.task_token, gate.approval_token) == ("", "")
    assert opened.open_gates() == ()
    effects = DynamoDbEffects(table)
    assert effects.effect(GATE.subject, "say")
    assert effects.effect(GATE.subject, "again") is None


def test_a_settlement_whose_reply_was_lost_is_ours(opened: DynamoDbGates) -> None:
    opened.decide(GATE.id, Verdict.APPROVED, "two", NOW)
    with faults("TransactWriteItems", "lost-reply"):
        assert opened.settle(GATE.id, "APPROVED", NOW, ())


def test_a_gate_that_is_not_decided_does_not_settle(opened: DynamoDbGates) -> None:
    assert not opened.settle(GATE.id, "APPROVED", NOW, ())


def test_a_release_knows_its_gates(opened: DynamoDbGates, table: LedgerTable) -> None:
    later = replace(GATE, id="8" * 32, action_execution_id="a0", opened_at=NOW + timedelta(hours=1))
    opened.open_gate(later, ())
    for gate in (later, GATE):
        opened.claim_gate(RELEASE, gate.action_execution_id, gate.id)
    assert DynamoDbReleases(table).gates_of(RELEASE) == (GATE, later)


def test_the_same_request_once_more_writes_nothing(
    opened: DynamoDbGates, table: LedgerTable
) -> None:
    assert opened.vote(GATE.id, ADA, [an_effect("ada")], request="r1") is Taken.TAKEN
    assert opened.vote(GATE.id, BOB, [an_effect("bob")], request="r1") is Taken.REPLAYED
    gate = opened.gate(GATE.id)
    assert gate
    assert gate.votes == (ADA,)
    effects = DynamoDbEffects(table)
    assert effects.effect(GATE.subject, "ada")
    assert effects.effect(GATE.subject, "bob") is None


def test_another_request_that_says_the_same_is_taken_and_changes_nothing(
    opened: DynamoDbGates,
) -> None:
    assert opened.vote(GATE.id, ADA, [an_effect("ada")], request="r1") is Taken.TAKEN
    later = replace(ADA, at=NOW + timedelta(seconds=1), name="Ada again")
    assert opened.vote(GATE.id, later, [an_effect("ada")], request="r2") is Taken.TAKEN
    assert opened.vote(GATE.id, BOB, (), request="r2") is Taken.REPLAYED
    gate = opened.gate(GATE.id)
    assert gate
    assert gate.votes == (ADA,)


def test_a_request_whose_reply_was_lost_is_no_replay(opened: DynamoDbGates) -> None:
    with faults("TransactWriteItems", "lost-reply") as sent:
        assert opened.vote(GATE.id, ADA, [an_effect("ada")], request="r1") is Taken.TAKEN
    assert sent.count("TransactWriteItems") == 2
    assert opened.vote(GATE.id, ADA, [an_effect("ada")], request="r1") is Taken.REPLAYED


def test_a_request_is_forgotten_by_itself(opened: DynamoDbGates, dynamodb: Any) -> None:
    opened.vote(GATE.id, ADA, (), request="r1")
    key = {"pk": {"S": "request#r1"}, "sk": {"S": "request"}}
    item = dynamodb.get_item(TableName="ledger", Key=key)["Item"]
    assert float(item["expires"]["N"]) == (NOW + timedelta(minutes=10)).timestamp()


ANEW = replace(
    GATE,
    dossier=replace(GATE.dossier, artifact_digest="e" * 64, checks=("pass quiet",)),
    shown_digest="t" * 64,
    round=2,
    asked=("U1",),
    standing=("0 of 2 approvals",),
)


def test_asking_anew_replaces_what_is_shown_once_and_keeps_the_rest(
    opened: DynamoDbGates, dynamodb: Any, table: LedgerTable
) -> None:
    put_task_token(dynamodb, "token-1")
    opened.vote(GATE.id, ADA, ())
    assert opened.ask_anew(replace(ANEW, stage="Elsewhere"), GATE.shown_digest, [an_effect("a")])
    assert opened.gate(GATE.id) == replace(ANEW, votes=(ADA,), task_token="token-1")
    assert not opened.ask_anew(ANEW, GATE.shown_digest, [an_effect("b")])
    effects = DynamoDbEffects(table)
    assert effects.effect(GATE.subject, "a")
    assert effects.effect(GATE.subject, "b") is None


def test_asking_anew_under_a_lost_reply_is_ours(opened: DynamoDbGates) -> None:
    with faults("TransactWriteItems", "lost-reply"):
        assert opened.ask_anew(ANEW, GATE.shown_digest, [an_effect("a")])


def test_a_gate_that_is_decided_asks_nobody_anew(opened: DynamoDbGates) -> None:
    opened.decide(GATE.id, Verdict.APPROVED, "two", NOW)
    assert not opened.ask_anew(ANEW, GATE.shown_digest, ())


@pytest.mark.case(17)
def test_a_verdict_on_what_is_shown_no_longer_is_none(opened: DynamoDbGates) -> None:
    opened.ask_anew(ANEW, GATE.shown_digest, ())
    old, new = GATE.shown_digest, ANEW.shown_digest
    assert opened.decide(GATE.id, Verdict.APPROVED, "two", NOW, seen_digest=old) is None
    still = opened.gate(GATE.id)
    assert still
    assert (still.status, still.verdict) == (GateStatus.OPEN, None)
    assert opened.decide(GATE.id, Verdict.REJECTED, "no", NOW, seen_digest=new) is Verdict.REJECTED
    assert opened.decide(GATE.id, Verdict.APPROVED, "", NOW, seen_digest=old) is Verdict.REJECTED


def test_who_decided_elsewhere_and_who_reviewed_is_kept_once(opened: DynamoDbGates) -> None:
    assert not opened.review(GATE.id, "Ada", NOW, ()), "no glass is broken yet"
    opened.decide(GATE.id, Verdict.APPROVED, "down", NOW, broken_by="linus")
    assert opened.settle(GATE.id, "ANSWERED_ELSEWHERE", NOW, (), decided_by="arn:root")
    assert opened.review(GATE.id, "Ada", NOW, [an_effect("r1")])
    assert not opened.review(GATE.id, "Bob", NOW, [an_effect("r2")])
    gate = opened.gate(GATE.id)
    assert gate
    assert (gate.decided_by, gate.reviewed_by, gate.broken_glass) == ("arn:root", "Ada", True)


def test_a_review_whose_reply_was_lost_is_ours(opened: DynamoDbGates) -> None:
    opened.decide(GATE.id, Verdict.APPROVED, "down", NOW, broken_by="linus")
    with faults("TransactWriteItems", "lost-reply"):
        assert opened.review(GATE.id, "Ada", NOW, [an_effect("r1")])


def test_a_gate_is_read_alone_however_many_have_voted(opened: DynamoDbGates) -> None:
    opened.vote(GATE.id, ADA, ())
    assert opened.gate_alone(GATE.id) == GATE
    assert opened.gate_alone("0" * 32) is None
