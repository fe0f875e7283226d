"""The ledger in memory, which most tests use, says what the table says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from signalbox.adapters.dynamodb_commands import DynamoDbCommands
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_observations import DynamoDbObservations
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.effects import Effect
from signalbox.domain.gates import Choice, Gate, Verdict, Vote
from signalbox.usecases.effects_of_gates import decision
from signalbox.usecases.record_fact import record_fact

from tests.adapters.test_dynamodb_gates import GATE
from tests.fakes import ACCOUNT, NOW, FakeWorld, MemoryLedger
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


class Both:
    """The same call to both ledgers, which must give the same answer."""

    def __init__(self, table: LedgerTable) -> None:
        self.memory = MemoryLedger()
        self.stored = (DynamoDbGates(table), DynamoDbCommands(table), DynamoDbEffects(table))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        stored = next(getattr(one, name) for one in self.stored if hasattr(one, name))

        def call(*given: Any, **more: Any) -> Any:
            said = getattr(self.memory, name)(*given, **more), stored(*given, **more)
            assert said[0] == said[1], f"{name}{given}{more}"
            return said[0]

        return call


class AnyDay:
    """Whatever may happen to one gate, drawn by a seed; each thing at a second of its own."""

    def __init__(self, both: Both, seed: int) -> None:
        self.both = both
        self.random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.now = NOW

    def at(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def gate(self) -> Gate:
        gate: Gate | None = self.both.gate(GATE.id)
        assert gate
        return gate

    def shown(self) -> str:
        """What somebody has seen, which may be old."""
        return self.random.choice([self.gate().shown_digest, "1" * 64, "2" * 64])

    def effect(self, key: str) -> list[Effect]:
        return [decision(GATE, key, self.at())]

    def vote(self) -> None:
        vote = Vote(
            principal=f"slack:T1:U{self.random.randint(1, 3)}",
            name="x",
            choice=self.random.choice(list(Choice)),
            at=self.at(),
            shown_digest=self.shown(),
            reason=self.random.choice(["", "why", "because"]),
        )
        request = self.random.choice(["", *(f"r{n}" for n in range(12))])
        self.both.vote(GATE.id, vote, self.effect(vote.key), request=request)

    def ask_anew(self) -> None:
        gate = self.gate()
        dossier = replace(gate.dossier, checks=(f"pass {self.now}",))
        digest = self.random.choice(["1" * 64, "2" * 64])
        anew = replace(
            gate, round=gate.round + 1, dossier=dossier, shown_digest=digest, asked=("U1",)
        )
        self.both.ask_anew(anew, self.shown(), self.effect(f"anew-{self.now}"))

    def note_standing(self) -> None:
        self.both.note_standing(
            GATE.id, ["U2"], [f"waits at {self.at()}"], [f"denied at {self.at()}"]
        )

    def note_newer(self) -> None:
        self.both.note_newer(GATE.id, self.random.choice(["", "e1", "e2"]))

    def decide(self) -> None:
        seen = self.random.choice(["", self.shown()])
        verdict, at = self.random.choice(list(Verdict)), self.at()
        effects, by = self.effect(f"decided-{at}"), self.random.choice(["", "ada", "bob"])
        self.both.decide(GATE.id, verdict, "why", at, effects, seen_digest=seen, broken_by=by)

    def settle(self) -> None:
        at = self.at()
        self.both.settle(GATE.id, "GONE", at, self.effect(f"settled-{at}"), decided_by=f"a{at}")

    def review(self) -> None:
        if self.gate().broken_glass:
            at = self.at()
            self.both.review(GATE.id, f"Ada at {at}", at, self.effect(f"reviewed-{at}"))

    def happens(self) -> None:
        often = [self.vote] * 5 + [self.ask_anew] * 3 + [self.note_standing, self.note_newer]
        self.random.choice([*often, self.decide, self.settle, self.review])()


@pytest.mark.parametrize("seed", range(6))
def test_any_day_of_a_gate_is_the_same_in_both(table: LedgerTable, seed: int) -> None:
    both = Both(table)
    assert both.open_gate(GATE, ())
    day = AnyDay(both, seed)
    for _ in range(30):
        day.happens()
        both.gate(GATE.id)
        both.gate_alone(GATE.id)
        both.open_gates()
    later = day.at() + timedelta(hours=1)
    assert set(map(repr, both.memory.pending(later))) == set(
        map(repr, both.stored[2].pending(later))
    )


def test_commands_are_the_same_in_both(table: LedgerTable) -> None:
    both = Both(table)
    command = Command(
        id="c", kind=CommandKind.REVIEW, principal="aws:arn", name="Ada", at=NOW, gate="9" * 32
    )
    assert both.command("c") is None
    assert both.give(command, [decision(GATE, "a", NOW)])
    assert not both.give(replace(command, gate="8" * 32), [decision(GATE, "b", NOW)])
    assert both.answer("c", "done", [decision(GATE, "c", NOW)])
    for text in ("done", "else"):
        assert not both.answer("c", text, [decision(GATE, "d", NOW)])
    assert both.command("c") == replace(command, answer="done")
    for key in "abcd":
        both.effect(GATE.subject, f"decide-{key}")
