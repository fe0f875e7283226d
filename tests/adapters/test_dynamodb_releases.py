"""Releases in DynamoDB: one transaction per fact, recognised when its reply was lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from signalbox.adapters.dynamodb_effects import DynamoDbEffects
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.facts import ActionChanged, Commit, PipelineChanged, ReleaseFact, StageChanged
from signalbox.domain.gates import TestResult
from signalbox.domain.releases import fold
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.truth import PostedMessage, ReleaseNotes

from tests.adapters.faults import faults
from tests.fakes import NOW, release_id

RELEASE = release_id()


def pipeline(state: ExecutionState, *, attempt: int = 1, minutes: int = 0) -> PipelineChanged:
    at = NOW + timedelta(minutes=minutes)
    return PipelineChanged(release=RELEASE, state=state, at=at, attempt=attempt)


STARTED = pipeline(ExecutionState.STARTED)
SUCCEEDED = pipeline(ExecutionState.SUCCEEDED, minutes=9)
ACTION = ActionChanged(
    release=RELEASE,
    stage="Build",
    action="BuildAndTest",
    state=ActionState.FAILED,
    at=NOW,
    action_execution_id="a1",
    category="Build",
    provider="CodeBuild",
    external_id="hello:1",
    summary='ünïcode, [brackets] and "quotes"',
)


def an_effect(key: str = "pipeline/1/STARTED", **changes: Any) -> Effect:
    return Effect(
        **{
            "kind": EffectKind.ANNOUNCE,
            "subject": f"release#{RELEASE.key}",
            "key": key,
            "created_at": NOW,
            "payload": {"release": RELEASE.key, "contract": 1},
            **changes,
        }
    )


@pytest.fixture
def releases(table: LedgerTable) -> DynamoDbReleases:
    return DynamoDbReleases(table)


@pytest.fixture
def effects(table: LedgerTable) -> DynamoDbEffects:
    return DynamoDbEffects(table)


FACTS: list[ReleaseFact] = [
    STARTED,
    PipelineChanged(
        release=RELEASE,
        state=ExecutionState.UNKNOWN,
        at=NOW,
        raw_state="PONDERING",
        pipeline_version=3,
        commit=Commit(id="abc", message="line\n\nmore", author_email="a@b.c"),
    ),
    StageChanged(release=RELEASE, stage="Build", state=ExecutionState.FAILED, at=NOW, attempt=2),
    ACTION,
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{type(fact).__name__}-{fact.state}")
def test_a_fact_comes_back_as_it_was_written(releases: DynamoDbReleases, fact: ReleaseFact) -> None:
    assert releases.record(fact, ())
    assert releases.heard(RELEASE) == (fact,)
    assert releases.release(RELEASE) == fold(RELEASE, [fact])


def test_a_release_that_nobody_has_heard_of_is_none(releases: DynamoDbReleases) -> None:
    assert releases.release(RELEASE) is None
    assert releases.notes(RELEASE) == ReleaseNotes()


def test_a_fact_known_already_writes_nothing_and_no_effect(
    releases: DynamoDbReleases, effects: DynamoDbEffects
) -> None:
    assert releases.record(STARTED, [an_effect("first")])
    assert not releases.record(STARTED, [an_effect("second")])
    assert effects.effect(f"release#{RELEASE.key}", "first")
    assert effects.effect(f"release#{RELEASE.key}", "second") is None


def test_a_lost_reply_is_recognised_as_our_own_write(
    releases: DynamoDbReleases, effects: DynamoDbEffects
) -> None:
    with faults("TransactWriteItems", "lost-reply") as sent:
        assert releases.record(STARTED, [an_effect()])
    assert sent.count("TransactWriteItems") == 2, "botocore tried again"
    assert effects.effect(f"release#{RELEASE.key}", "pipeline/1/STARTED")


def test_a_transaction_that_met_another_is_tried_again(releases: DynamoDbReleases) -> None:
    with faults("TransactWriteItems", "conflict", "conflict"):
        assert releases.record(STARTED, [an_effect()])
    assert releases.release(RELEASE)


def test_transactions_in_the_way_for_long_are_an_error_to_retry(
    releases: DynamoDbReleases,
) -> None:
    with faults("TransactWriteItems", *["conflict"] * 20), pytest.raises(AwsUnavailableError):
        releases.record(STARTED, [an_effect()])


def test_no_answer_is_an_error_to_retry(releases: DynamoDbReleases) -> None:
    with faults("TransactWriteItems", *["timeout"] * 3), pytest.raises(AwsUnavailableError):
        releases.record(STARTED, ())
    assert releases.release(RELEASE) is None


def test_a_refusal_keeps_the_code_of_aws(releases: DynamoDbReleases) -> None:
    with faults("TransactWriteItems", "deny"), pytest.raises(AwsRefusedError) as refused:
        releases.record(STARTED, ())
    assert refused.value.code == "AccessDeniedException"
    assert refused.value.__cause__ is not None


def test_an_effect_that_is_there_already_does_not_keep_a_fact_out(
    releases: DynamoDbReleases, effects: DynamoDbEffects
) -> None:
    done = an_effect("shared")
    effects.add([done])
    effects.finish(done, EffectStatus.DONE)
    assert releases.record(STARTED, [done, an_effect("new")])
    kept = effects.effect(done.subject, "shared")
    assert kept
    assert kept.status is EffectStatus.DONE
    assert effects.effect(done.subject, "new")


def test_a_release_is_open_from_its_first_fact_whatever_that_is(
    releases: DynamoDbReleases,
) -> None:
    releases.record(ACTION, ())
    assert releases.open_releases() == (RELEASE,)


def test_a_release_that_has_ended_is_no_longer_open(releases: DynamoDbReleases) -> None:
    releases.record(STARTED, ())
    releases.record(SUCCEEDED, ())
    assert releases.open_releases() == ()


@pytest.mark.parametrize("late", [STARTED, ACTION], ids=["STARTED", "an action"])
def test_a_late_fact_does_not_open_an_ended_release(
    releases: DynamoDbReleases, late: ReleaseFact
) -> None:
    releases.record(SUCCEEDED, ())
    releases.record(late, ())
    assert releases.open_releases() == ()


def test_a_later_attempt_opens_the_release_again(releases: DynamoDbReleases) -> None:
    releases.record(pipeline(ExecutionState.FAILED), ())
    releases.record(pipeline(ExecutionState.RESUMED, attempt=2), ())
    assert releases.open_releases() == (RELEASE,)
    releases.record(pipeline(ExecutionState.SUCCEEDED, attempt=2), ())
    assert releases.open_releases() == ()


def test_a_crash_before_the_list_is_healed_by_recording_the_last_fact_again(
    releases: DynamoDbReleases,
) -> None:
    releases.record(STARTED, ())
    with faults("UpdateItem", "deny"), pytest.raises(AwsRefusedError):
        releases.record(SUCCEEDED, ())
    assert releases.open_releases() == (RELEASE,)
    assert not releases.record(SUCCEEDED, ())
    assert releases.open_releases() == ()


POSTED = (PostedMessage(channel="C1", ts="17.1", rendered="d", to="#releases"),)


def test_notes_are_set_field_by_field(releases: DynamoDbReleases) -> None:
    tests = TestResult(passed=3, failed=1, failing=("test_a",))
    releases.write_notes(RELEASE, commit=Commit(id="abc"), tests=tests)
    releases.write_notes(RELEASE, messages=POSTED, failure="test_a failed")
    assert releases.notes(RELEASE) == ReleaseNotes(
        commit=Commit(id="abc"), tests=tests, messages=POSTED, failure="test_a failed"
    )


def test_notes_have_no_room_for_what_nobody_defined(releases: DynamoDbReleases) -> None:
    with pytest.raises(TypeError, match="colour"):
        releases.write_notes(RELEASE, colour="red")


def test_pending_effects_are_those_old_enough_and_not_finished(effects: DynamoDbEffects) -> None:
    old, fresh = an_effect("old"), an_effect("fresh", created_at=NOW + timedelta(minutes=5))
    done = an_effect("done", kind=EffectKind.ANCHOR_AUDIT)
    effects.add([old, fresh, done])
    effects.finish(done, EffectStatus.DONE)
    assert effects.pending(NOW + timedelta(minutes=1)) == (old,)


def test_an_effect_comes_back_as_it_was_written(effects: DynamoDbEffects) -> None:
    effect = an_effect(payload={"contract": 1, "nested": {"list": ["a", 2, 1.5, True, None]}})
    effects.add([effect])
    assert effects.effect(effect.subject, effect.key) == effect
    assert effects.effect(effect.subject, effect.key, kind=EffectKind.ANCHOR_AUDIT) is None
