"""What the terminal says agrees with what the control plane does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from signalbox.domain.effects import EffectKind
from signalbox.domain.facts import AlarmChanged
from signalbox.domain.identity import PipelineId
from signalbox.domain.services import Environment, LambdaTarget, Service
from signalbox.events.reader import read
from signalbox.usecases.record_fact import effects_of

from cli.describe import describe
from tests.unit.events.samples import FILES, changed

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PRODUCTION = Environment(
    name="production",
    stage="Production",
    target=LambdaTarget(function="hello-production", alias="live"),
    alarms=("hello-production-errors",),
)
HELLO = Service(
    name="hello",
    pipeline=PipelineId(account="123456789012", region="us-east-1", name="hello"),
    operator_role_arn="arn:aws:iam::123456789012:role/signalbox-operator-hello",
    artifact_bucket="hello-artifacts",
    environments=(PRODUCTION,),
)
PROMISES = {
    "Start the approval": EffectKind.START_APPROVAL,
    "Start a rollback": EffectKind.START_ROLLBACK,
    "release's message": EffectKind.ANNOUNCE,
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sentence_promises_exactly_what_is_done(file: Path) -> None:
    for fact in read(json.loads(file.read_text())):
        alarmed = (HELLO, PRODUCTION) if isinstance(fact, AlarmChanged) else None
        done = {effect.kind for effect in effects_of(fact, NOW, alarmed=alarmed)}
        said = describe(fact)
        promised = {kind for words, kind in PROMISES.items() if words in said}
        assert promised == done - {EffectKind.ANCHOR_AUDIT}, said


def test_an_approval_that_does_not_say_which_one_it_is_opens_no_gate() -> None:
    payload = changed("codepipeline_action_approval_started", **{"action-execution-id": None})
    (fact,) = read(payload)
    kinds = {effect.kind for effect in effects_of(fact, NOW)}
    assert EffectKind.START_APPROVAL not in kinds
    assert "Start the approval" not in describe(fact)


def test_an_unknown_state_is_said_in_the_word_that_came() -> None:
    (fact,) = read(changed("codepipeline_stage_failed", state="HIBERNATING"))
    assert "HIBERNATING" in describe(fact)
