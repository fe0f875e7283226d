"""Several gates, voters, duplicates, crashes and faults in any order: what must hold all the same.

The rules are what can happen to a control plane; the oracle of ``a_team`` says, from what was
shown and who clicked, whether an approval that CodePipeline was given follows the policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from signalbox.adapters.dynamodb_items import to_item
from signalbox.domain.gates import Choice, Taken
from signalbox.domain.identity import ReleaseId
from signalbox.domain.states import ActionState
from signalbox.domain.truth import PendingApproval

from tests.interleavings.a_team import (
    PERSON_OF,
    POLICIES,
    PRINCIPALS,
    RULES,
    satisfied,
)
from tests.interleavings.a_world import InterleavedWorld, action_of
from tests.interleavings.faults import FAULTS, Faults
from tests.interleavings.voting import cast

GATES = 3
LETTERS = st.sampled_from("ab")
MINUTES = timedelta(minutes=1)
SOON = (5 * MINUTES, 5 * MINUTES, 20 * MINUTES)
ROUNDS = (*SOON, timedelta(hours=25), *SOON * 8)
"""How long each round of the end lasts: in the course of them every gate expires, and a workflow
that failed gets its second attempt."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card with some digest stood for."""

    release: ReleaseId
    artifact: str
    policy: str


@dataclass
class Seen:
    """What the oracle has seen."""

    meaning: dict[str, Shown] = field(default_factory=dict)
    answers: dict[str, list[tuple[bool, str]]] = field(default_factory=dict)
    requests: set[str] = field(default_factory=set)


class GateMachine(RuleBasedStateMachine):
    """Whatever is doubled, lost, reordered or crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults()
        self.world = InterleavedWorld(self.faults)
        self.releases: list[ReleaseId] = []
        self.policy = "one"
        self.shipped: dict[ReleaseId, str] = {}
        self.seen = Seen()
        self.cards: list[tuple[str, str]] = []
        answer = self.world.codepipeline.answer_approval
        self._answer = answer
        self.world.codepipeline.answer_approval = self._answered  # type: ignore[method-assign]

    # What happens

    @initialize(count=st.integers(1, 2), policy=st.sampled_from(sorted(POLICIES)))
    def people_are_asked(self, count: int, policy: str) -> None:
        """Most stories begin with gates that are open."""
        self.the_policy_changes(policy)
        for _ in range(count):
            self.a_release_comes_to_its_approval(heard=True)
        self.work_goes_on(rounds=1)

    @rule(rounds=st.integers(1, 2))
    def work_goes_on(self, rounds: int) -> None:
        """Queues deliver and machines step, as they do all the time."""
        for _ in range(rounds):
            for _ in range(len(self.world.work.rung)):
                self.world.deliver(0)
                self._look()
            self.world.machines.step()
            self._look()

    @rule(heard=st.booleans())
    @precondition(lambda self: len(self.releases) < GATES)
    def a_release_comes_to_its_approval(self, heard: bool) -> None:
        release = self.world.arrive(len(self.releases) + 1)
        self.releases.append(release)
        self.shipped[release] = "a"
        if heard:
            self.world.hear(release)
        self._look()

    @rule(number=st.integers(0, GATES - 1))
    @precondition(lambda self: self.releases)
    def its_events_come_again(self, number: int) -> None:
        self.world.hear(self.releases[number % len(self.releases)])
        self._look()

    @rule(place=st.integers(0, 5), times=st.integers(1, 3))
    def bells_are_heard(self, place: int, times: int) -> None:
        for _ in range(times):
            self.world.deliver(place)
            self._look()

    @rule()
    def machines_go_on(self) -> None:
        self.world.machines.step()
        self._look()

    @rule()
    def the_reconciler_runs(self) -> None:
        self.world.reconcile()
        self._look()

    @rule(
        card=st.integers(0, 9),
        principal=st.sampled_from(PRINCIPALS),
        choice=st.sampled_from([Choice.APPROVE, Choice.APPROVE, Choice.APPROVE, *Choice]),
        request=st.integers(0, 3),
    )
    @precondition(lambda self: self.cards)
    def somebody_votes(self, card: int, principal: str, choice: Choice, request: int) -> None:
        self._cast(card, principal, choice, f"request-{principal}-{request}")

    @rule(card=st.integers(0, 2), principal=st.sampled_from(PRINCIPALS), request=st.uuids())
    @precondition(lambda self: self.cards)
    def the_answer_to_a_vote_is_lost(self, card: int, principal: str, request: UUID) -> None:
        self.faults.arm_next("TransactWriteItems", "lost-reply")
        self._cast(card, principal, Choice.APPROVE, str(request))
        self.faults.next_of.clear()

    def _cast(self, card: int, principal: str, choice: Choice, request: str) -> None:
        """Vote; what was never sent before must not be answered as if it had been."""
        gate, digest = self.cards[-1 - card % len(self.cards)]
        taken = cast(self.world, gate, digest, principal, choice, request)
        assert taken is not Taken.REPLAYED or request in self.seen.requests, request
        self.seen.requests.add(request)
        self._look()

    @rule(
        principals=st.lists(st.sampled_from(PRINCIPALS), min_size=1, max_size=3),
        card=st.integers(0, 2),
    )
    @precondition(lambda self: self.cards)
    def some_approve_a_card(self, principals: list[str], card: int) -> None:
        for principal in principals:
            self._cast(card, principal, Choice.APPROVE, f"crowd-{principal}")

    @rule(policy=st.sampled_from(sorted(POLICIES)))
    def the_policy_changes(self, policy: str) -> None:
        self.policy = policy
        self.world.policies.default = POLICIES[policy]
        self._look()

    @rule(number=st.integers(0, GATES - 1), letter=LETTERS)
    @precondition(lambda self: self.releases)
    def something_else_would_ship(self, number: int, letter: str) -> None:
        release = self.releases[number % len(self.releases)]
        self.world.ship(release, letter)
        self.shipped[release] = letter
        self._look()

    @rule(number=st.integers(0, GATES - 1), approve=st.booleans(), often=st.integers(0, 3))
    @precondition(lambda self: self.releases)
    def somebody_answers_in_the_console(self, number: int, approve: bool, often: int) -> None:
        if often:
            return  # it is rare
        release = self.releases[number % len(self.releases)]
        if self.world.codepipeline.approvals.pop(action_of(release), None):
            state = ActionState.SUCCEEDED if approve else ActionState.FAILED
            self.world.end(release, state, "by hand", by="arn:aws:iam::123456789012:user/root")
            self.seen.answers.setdefault(action_of(release), []).append((approve, "console"))

    @rule(minutes=st.sampled_from([1, 1, 3, 3, 16, 60, 25 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    @rule(kind=st.sampled_from(FAULTS), calls_later=st.integers(0, 12))
    @precondition(lambda self: len(self.faults.given) + len(self.faults.armed) < 3)
    def something_will_fail(self, kind: str, calls_later: int) -> None:
        self.faults.arm(kind, calls_later)

    # What must hold

    def teardown(self) -> None:
        """Once nothing fails any more, every gate comes to its end."""
        self.faults.disarm()
        for lasts in ROUNDS:
            if self._all_over():
                break
            self._a_round(lasts)
        assert self._all_over(), [
            self._gates(),
            self.world.machines.executions,
        ]
        actions = [gate["action_execution_id"] for gate in self._gates()]
        assert len(set(actions)) == len(actions), "two gates for one approval"
        for release in self.releases:
            answers = self.seen.answers.get(action_of(release), [])
            assert len(answers) == 1, (release, answers)

    def _a_round(self, lasts: timedelta) -> None:
        self.world.reconcile()
        self.world.tell_announcements()
        self.work_goes_on(rounds=4)
        self.world.clock.advance(lasts)

    def _all_over(self) -> bool:
        waits = self.world.codepipeline.approvals
        ended = all(action_of(release) not in waits for release in self.releases)
        return ended and all(gate["status"] == "SETTLED" for gate in self._gates())

    def _gates(self) -> list[dict[str, Any]]:
        """The gates of the ledger, as far as the oracle looks at them."""
        names = ("id", "pk", "status", "shown_digest", "release", "action_execution_id")
        return [
            {name: item[name]["S"] for name in names if name in item}
            for item in self.world.items("gate")
            if item["sk"]["S"] == "gate"
        ]

    def _look(self) -> None:
        """Remember what each card stands for; its message is posted as ``announce`` would."""
        for gate in self._gates():
            if gate["shown_digest"] in self.seen.meaning:
                continue
            release = ReleaseId.from_key(gate["release"])
            shown = Shown(release, self.shipped[release], self.policy)
            self.seen.meaning[gate["shown_digest"]] = shown
            self.cards.append((gate["id"], gate["shown_digest"]))
            self.world.post(release)

    def _answered(
        self, service: Any, approval: PendingApproval, *, approve: bool, summary: str
    ) -> None:
        """CodePipeline takes an answer: the moment at which it must be right."""
        self._look()
        self._answer(service, approval, approve=approve, summary=summary)
        release = approval.release
        self.seen.answers.setdefault(approval.action_execution_id, []).append((approve, summary))
        state = ActionState.SUCCEEDED if approve else ActionState.FAILED
        self.world.end(release, state, summary, by="arn:aws:sts::1:assumed-role/op/signalbox-s")
        if approve:
            assert self._may_ship(release), (release, self._votes(release), self.seen.meaning)

    def _may_ship(self, release: ReleaseId) -> bool:
        """Whether enough people approved just what would ship now, under one policy."""
        votes = self._votes(release)
        return any(
            shown.release == release
            and shown.artifact == self.shipped[release]
            and self._carried(RULES[shown.policy], digest, votes)
            for digest, shown in self.seen.meaning.items()
        )

    def _carried(self, rules: Any, digest: str, votes: list[dict[str, Any]]) -> bool:
        mine = [vote for vote in votes if vote["shown_digest"] == digest]
        alone = {
            PERSON_OF.get(vote["principal"]) for vote in mine if vote["choice"] == "BREAK_GLASS"
        }
        if alone & rules.alone:
            return True
        said = frozenset(vote["principal"] for vote in mine if vote["choice"] == "APPROVE")
        return satisfied(rules, said)

    def _votes(self, release: ReleaseId) -> list[dict[str, Any]]:
        gates = {gate["pk"] for gate in self._gates() if gate["release"] == release.key}
        votes = [to_item(item) for item in self.world.items("vote#")]
        return [vote for vote in votes if vote["pk"] in gates]
