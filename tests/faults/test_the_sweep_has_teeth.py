"""The sweep finds what it is there to find: each mutant breaks one promise of the code.

``make sweep`` shows all of it, ``make test`` what is shown in seconds.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any
from unittest.mock import patch

import pytest
from signalbox.adapters.dynamodb_table import Outcome
from signalbox.adapters.slack_messenger import SlackMessenger
from signalbox.adapters.sqs_bells import SqsBells
from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.errors import SignalboxError
from signalbox.runtime import batches
from signalbox.usecases import dispatch

from tests.faults.injection import FAULTS
from tests.faults.stories import STORIES
from tests.faults.sweep import Stage, differs, staged
from tests.faults.verdicts import of_a_lasting_refusal, of_a_single_fault, of_no_fault

Mutant = Callable[[], AbstractContextManager[Any]]


def wrong_with(stage: Stage) -> Iterator[str]:
    """Everything that the sweep says against a story's code, until it says something."""
    yield from of_no_fault(stage)
    for site in stage.sites:
        for fault in FAULTS:
            if differs(site, fault, stage.sites):
                yield from of_a_single_fault(stage, site, fault)
    for site in stage.sites:
        yield from of_a_lasting_refusal(stage, site)


def ignores_its_nonce() -> AbstractContextManager[Any]:
    return patch.object(Outcome, "unless_ours", lambda self, _: self)


def finishes_before_it_carries_out() -> AbstractContextManager[Any]:
    real = dispatch._carry_out

    def carry_out(effect: Effect, ports: Any) -> None:
        ports.effects.finish(effect, EffectStatus.DONE)
        real(effect, ports)

    return patch.object(dispatch, "_carry_out", carry_out)


def swallows_errors() -> AbstractContextManager[Any]:
    def error_of(record: Mapping[str, Any], handle: Callable[[Any], None]) -> None:
        with suppress(SignalboxError):
            handle(record)

    return patch.object(batches, "_error_of", error_of)


def drops_its_bells() -> AbstractContextManager[Any]:
    return patch.object(SqsBells, "ring", lambda *_, **__: None)


def starts_under_random_names() -> AbstractContextManager[Any]:
    return patch.object(dispatch, "execution_name", lambda *_: secrets.token_hex(16))


def writes_no_audit() -> AbstractContextManager[Any]:
    return patch.object(dispatch, "_note", lambda *_, **__: None)


@contextmanager
def posts_again_without_asking() -> Iterator[None]:
    real = SlackMessenger.post

    def post(self: SlackMessenger, channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
        real(self, channel, message)
        return real(self, channel, message)

    with patch.object(SlackMessenger, "post", post):
        yield


MUTANTS: tuple[Mutant, ...] = (
    ignores_its_nonce,
    finishes_before_it_carries_out,
    swallows_errors,
    drops_its_bells,
    starts_under_random_names,
    writes_no_audit,
)
slow = pytest.mark.skipif(
    not os.environ.get("SIGNALBOX_SWEEP"), reason="half a minute and more: in make sweep"
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.__name__)
def test_the_sweep_speaks_against_code_that(mutant: Mutant) -> None:
    with mutant(), staged(STORIES["an_alarm_fires"]) as stage:
        assert next(wrong_with(stage), None)


@slow
def test_the_sweep_speaks_against_code_that_posts_again_without_asking() -> None:
    with posts_again_without_asking(), staged(STORIES["a_release_begins"]) as stage:
        assert next(wrong_with(stage), None)


@slow
def test_the_sweep_speaks_for_code_that_keeps_its_promises() -> None:
    with staged(STORIES["an_alarm_fires"]) as stage:
        assert next(wrong_with(stage), None) is None
