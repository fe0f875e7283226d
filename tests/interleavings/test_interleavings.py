"""Two thousand interleavings of gates, voters, duplicates, crashes and the eight faults.

``make sweep`` plays them all, ``make test`` a tenth. What the machine would not notice is no proof:
each check that is taken away must make it fail.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_table import Outcome
from signalbox.policies import judge, votes
from signalbox.usecases import decide_gate

from tests.interleavings.machine import GateMachine
from tests.interleavings.quick_dynamodb import QuickDynamoDb

SWEEP = bool(os.environ.get("SIGNALBOX_SWEEP"))
EXAMPLES = 1000 if SWEEP else 100
HARD = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
QUICK = settings(
    HARD,
    max_examples=500,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)
play = cast("Callable[..., None]", run_state_machine_as_test)


@pytest.mark.case(14)
@pytest.mark.case(15)
@pytest.mark.timeout(600)
def test_no_gate_is_lost_doubled_or_settled_against_its_policy() -> None:
    play(GateMachine, settings=HARD)


@contextmanager
def _no_claim() -> Iterator[None]:
    """Whoever opens a gate takes it for the first one, whoever claimed it."""
    claim = DynamoDbGates.claim_gate

    def mine(self: DynamoDbGates, release: Any, action: str, gate_id: str) -> str:
        claim(self, release, action, gate_id)
        return gate_id

    with patch.object(DynamoDbGates, "claim_gate", mine):
        yield


@contextmanager
def _no_nonce() -> Iterator[None]:
    """A write whose reply was lost is not known for our own: neither by DynamoDB, which forgets a
    client's token after ten minutes, nor by us.
    """
    write = QuickDynamoDb.transact_write_items

    def forgetful(self: QuickDynamoDb, **asked: Any) -> dict[str, Any]:
        return write(self, **asked | {"ClientRequestToken": ""})

    with (
        patch.object(QuickDynamoDb, "transact_write_items", forgetful),
        patch.object(Outcome, "unless_ours", lambda self, _: self),
    ):
        yield


@contextmanager
def _without(name: str) -> Iterator[None]:
    """One check of a vote less."""
    kept = tuple(check for check in votes.VOTE_CHECKS if check.__name__ != name)
    assert len(kept) == len(votes.VOTE_CHECKS) - 1
    with patch.object(votes, "VOTE_CHECKS", kept):
        yield


@contextmanager
def _no_digest() -> Iterator[None]:
    """Votes count whatever was shown, and nothing that has changed is noticed."""
    with ExitStack() as patches:
        patches.enter_context(_without("same_as_shown"))
        for module in (judge, decide_gate):
            patches.enter_context(patch.object(module, "is_outdated", lambda _: False))
        yield


@contextmanager
def _no_person() -> Iterator[None]:
    """Votes are counted by account, as if each were somebody of its own."""
    text = inspect.getsource(votes)
    counted = text.replace("(person.id, vote.choice)", "(vote.principal, vote.choice)")
    counted = counted.replace("one.person for one in kept", "one.vote.principal for one in kept")
    assert counted.count("vote.principal") == text.count("vote.principal") + 2
    changed: dict[str, Any] = dict(vars(votes))
    exec(compile(counted, "votes by account", "exec"), changed)  # noqa: S102 - our own file
    with patch.object(judge, "weigh", changed["weigh"]):
        yield


@pytest.mark.skipif(not SWEEP, reason="make sweep shows that the interleavings have teeth")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "removed",
    [_no_claim, _no_nonce, _no_digest, lambda: _without("own_change"), _no_person],
    ids=["claim", "nonce", "digest", "author", "distinct principal"],
)
def test_a_check_that_is_missing_is_noticed(
    removed: Callable[[], AbstractContextManager[None]],
) -> None:
    with removed(), pytest.raises(AssertionError):
        play(GateMachine, settings=QUICK)


@pytest.mark.skipif(not SWEEP, reason="the other half of the two thousand")
@pytest.mark.timeout(600)
def test_no_gate_is_lost_in_the_other_half() -> None:
    play(GateMachine, settings=HARD)
