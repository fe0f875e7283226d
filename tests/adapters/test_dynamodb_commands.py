"""Commands in DynamoDB: given once, answered once, whatever is lost or doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from signalbox.adapters.dynamodb_commands import DynamoDbCommands
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.holds import Reach, Scope

from tests.adapters.faults import faults
from tests.fakes import NOW, PIPELINE

HOLD = Command(
    id="c" * 64,
    kind=CommandKind.HOLD,
    principal="slack:T1:U1",
    name="Ada",
    at=NOW,
    scope=Scope.of_stage(PIPELINE, "Production"),
    reason="load test",
    until=NOW + timedelta(hours=2),
    channel="C1",
    user="U1",
)
REVIEW = Command(
    id="d" * 64, kind=CommandKind.REVIEW, principal="aws:arn", name="Bob", at=NOW, gate="9" * 32
)


def an_effect(key: str) -> Effect:
    return Effect(kind=EffectKind.ANNOUNCE, subject=HOLD.subject, key=key, created_at=NOW)


@pytest.fixture
def commands(table: LedgerTable) -> DynamoDbCommands:
    return DynamoDbCommands(table)


@pytest.mark.parametrize(
    "command",
    [HOLD, REVIEW, replace(HOLD, scope=Scope(reach=Reach.EVERYTHING), until=None)],
    ids=["a hold", "a review", "a hold on everything"],
)
def test_a_command_comes_back_as_it_was_given(commands: DynamoDbCommands, command: Command) -> None:
    assert commands.give(command, ())
    assert commands.command(command.id) == command
    assert commands.command("0" * 64) is None


def test_the_same_signed_request_is_the_same_command(
    commands: DynamoDbCommands, table: LedgerTable
) -> None:
    assert commands.give(HOLD, [an_effect("first")])
    assert not commands.give(replace(HOLD, reason="another"), [an_effect("second")])
    assert commands.command(HOLD.id) == HOLD
    effects = DynamoDbEffects(table)
    assert effects.effect(HOLD.subject, "first")
    assert effects.effect(HOLD.subject, "second") is None


def test_a_command_whose_reply_was_lost_was_given(commands: DynamoDbCommands) -> None:
    with faults("TransactWriteItems", "lost-reply"):
        assert commands.give(HOLD, [an_effect("first")])


@pytest.mark.parametrize("later", ["done", "something else"])
def test_a_command_is_answered_once(
    commands: DynamoDbCommands, table: LedgerTable, later: str
) -> None:
    commands.give(HOLD, ())
    assert commands.answer(HOLD.id, "done", [an_effect("whisper")])
    assert not commands.answer(HOLD.id, later, [an_effect("again")])
    assert commands.command(HOLD.id) == replace(HOLD, answer="done")
    effects = DynamoDbEffects(table)
    assert effects.effect(HOLD.subject, "whisper")
    assert effects.effect(HOLD.subject, "again") is None


@pytest.mark.parametrize("denied", [True, False])
def test_whether_anything_was_done_is_kept(commands: DynamoDbCommands, denied: bool) -> None:
    commands.give(HOLD, ())
    assert commands.answer(HOLD.id, "done", (), denied=denied)
    assert commands.command(HOLD.id) == replace(HOLD, answer="done", denied=denied)


def test_an_answer_whose_reply_was_lost_is_ours(commands: DynamoDbCommands) -> None:
    commands.give(HOLD, ())
    with faults("TransactWriteItems", "lost-reply"):
        assert commands.answer(HOLD.id, "done", [an_effect("whisper")])


def test_what_was_never_asked_is_not_answered(commands: DynamoDbCommands) -> None:
    assert not commands.answer("0" * 64, "done", ())
    assert commands.command("0" * 64) is None
