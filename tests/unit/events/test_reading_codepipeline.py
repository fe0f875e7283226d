from __future__ import annotations

from datetime import UTC, datetime

import pytest
from signalbox.adapters.dynamodb_facts import fact_json, read_fact
from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import (
    ActionChanged,
    ApprovalAsked,
    ArtifactLocation,
    Commit,
    Fact,
    PipelineChanged,
    StageChanged,
)
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.events.reader import read

from tests.unit.events.samples import changed, only, sample

HELLO = PipelineId(account="123456789012", region="us-east-1", name="hello")
RELEASE = ReleaseId(pipeline=HELLO, execution="5e1f7a90-3c42-4d8b-9f06-2b7c1d9ae410")


def test_a_pipeline_that_starts_by_a_push_brings_its_commit() -> None:
    fact = only("codepipeline_pipeline_started", PipelineChanged)
    assert fact == PipelineChanged(
        release=RELEASE,
        state=ExecutionState.STARTED,
        at=datetime(2026, 11, 22, 9, 0, 2, tzinfo=UTC),
        attempt=1,
        pipeline_version=3,
        commit=Commit(
            id="9c1d4be07fa2365801c3de7749ab65f20d813e5c",
            message="Greet people by name",
            author_name="Ada Example",
            author_email="ada@example.com",
            branch="main",
            repository="example-org/hello",
            provider_identity="github:ada-example",
        ),
    )


@pytest.mark.parametrize(
    ("trigger", "identity"),
    [
        ({"provider-type": "GitLab", "author-id": "Mary Major"}, "gitlab:Mary Major"),
        ({"provider-type": "GitLab"}, ""),
        ({"author-id": "Mary Major"}, ""),
        ({"author-id": 12345, "provider-type": "GitHub"}, "github:12345"),
    ],
)
def test_who_pushed_is_named_with_the_provider_or_not_at_all(
    trigger: dict[str, object], identity: str
) -> None:
    named = {"commit-id": "abc", **trigger}
    (fact,) = read(changed("codepipeline_pipeline_started", **{"execution-trigger": named}))
    assert isinstance(fact, PipelineChanged)
    assert fact.commit is not None
    assert fact.commit.provider_identity == identity


def test_a_stage_belongs_to_its_execution() -> None:
    fact = only("codepipeline_stage_failed", StageChanged)
    assert (fact.release, fact.stage, fact.state) == (RELEASE, "Build", ExecutionState.FAILED)


def test_a_failed_action_brings_its_build_and_the_reason() -> None:
    fact = only("codepipeline_action_build_failed", ActionChanged)
    assert fact.state is ActionState.FAILED
    assert fact.external_id == "hello:4f2e91c7-6ad8-43b0-8e15-d97b20c3fa61"
    assert fact.error_code == "JobFailed"
    assert "exit status 1" in fact.summary
    assert (fact.category, fact.provider) == ("Build", "CodeBuild")


def test_a_connections_summary_is_its_commit_message() -> None:
    fact = only("codepipeline_action_source_succeeded", ActionChanged)
    assert fact.summary == "Greet people by name"


def test_the_identity_is_the_envelopes_region_not_the_actions() -> None:
    payload = changed("codepipeline_action_build_failed", region="eu-west-1")
    (fact,) = read(payload)
    assert isinstance(fact, ActionChanged)
    assert fact.release.pipeline == HELLO


def test_a_notification_reads_as_the_event_that_it_repeats() -> None:
    assert only("codestar_notification_approval_needed", ActionChanged) == only(
        "codepipeline_action_approval_started", ActionChanged
    )


def test_a_notification_may_say_the_reason_beside_the_detail() -> None:
    payload = changed("codepipeline_action_build_failed", **{"execution-result": None})
    payload["additionalAttributes"] = {"additionalInformation": "the deployment failed"}
    (fact,) = read(payload)
    assert isinstance(fact, ActionChanged)
    assert fact.summary == "the deployment failed"


def test_the_approval_message_hints_and_its_token_is_nowhere() -> None:
    fact = only("sns_codepipeline_approval", ApprovalAsked)
    assert (fact.pipeline, fact.stage, fact.action) == (HELLO, "Approval", "Approve")
    assert fact.at == datetime(2026, 11, 22, 9, 30, 12, 51000, tzinfo=UTC)
    assert fact.expires_at == datetime(2026, 11, 29, 9, 6, tzinfo=UTC)
    assert "00000000-0000-4000-8000-000000000000" not in repr(fact)


@pytest.mark.parametrize("attempt", [None, 0, 0.0, "x", float("nan"), -1, [], 1.0, "1"])
def test_an_attempt_that_says_nothing_is_the_first(attempt: object) -> None:
    (fact,) = read(changed("codepipeline_stage_started", **{"pipeline-execution-attempt": attempt}))
    assert isinstance(fact, StageChanged)
    assert fact.attempt == 1


@pytest.mark.parametrize("attempt", [2, 2.0, "2", "2.0"])
def test_a_retry_is_the_second_attempt_however_it_is_written(attempt: object) -> None:
    (fact,) = read(changed("codepipeline_stage_started", **{"pipeline-execution-attempt": attempt}))
    assert isinstance(fact, StageChanged)
    assert fact.attempt == 2


@pytest.mark.parametrize(
    "name",
    ["codepipeline_pipeline_failed", "codepipeline_stage_failed", "codepipeline_action_abandoned"],
)
def test_an_unknown_state_is_recorded_with_the_word_that_came(name: str) -> None:
    (fact,) = read(changed(name, state="HIBERNATING"))
    assert isinstance(fact, PipelineChanged | StageChanged | ActionChanged)
    assert (fact.state, fact.raw_state) == ("UNKNOWN", "HIBERNATING")


@pytest.mark.parametrize("state", list(ExecutionState))
def test_every_state_of_an_execution_reads(state: ExecutionState) -> None:
    (fact,) = read(changed("codepipeline_pipeline_failed", state=state.value))
    assert isinstance(fact, PipelineChanged)
    assert (fact.state, fact.raw_state) == (state, "")


def test_an_account_that_is_a_number_gets_its_zeros_back() -> None:
    payload = sample("codepipeline_stage_started")
    payload["account"] = 1234567890
    (fact,) = read(payload)
    assert isinstance(fact, StageChanged)
    assert fact.release.pipeline.account == "001234567890"


def test_the_arn_says_where_it_happened_when_the_envelope_does_not() -> None:
    payload = sample("codepipeline_stage_started")
    payload["account"] = payload["region"] = None
    assert read(payload) == read(sample("codepipeline_stage_started"))


@pytest.mark.parametrize("field", ["pipeline", "execution-id", "state", "stage", "action"])
@pytest.mark.parametrize(
    ("value", "complaint"),
    [(None, "is missing"), ("", "is empty"), ({}, "is not text"), (True, "is not text")],
)
def test_a_missing_essential_field_is_named(field: str, value: object, complaint: str) -> None:
    with pytest.raises(UnreadableEventError, match=rf"detail\.{field}: {complaint}"):
        read(changed("codepipeline_action_build_failed", **{field: value}))


@pytest.mark.parametrize("field", ["pipeline", "execution-id", "stage", "action"])
@pytest.mark.parametrize("value", ["a/b", "a#b", "a b", "a\nb", "ä", "x" * 129])
def test_a_name_that_would_break_a_key_of_the_ledger_is_refused(field: str, value: str) -> None:
    with pytest.raises(UnreadableEventError, match=field):
        read(changed("codepipeline_action_build_failed", **{field: value}))


@pytest.mark.parametrize("odd", [None, [], "a/b", "a#b", "x" * 129])
def test_an_action_execution_that_fits_no_key_counts_as_not_named(odd: object) -> None:
    (fact,) = read(changed("codepipeline_action_approval_started", **{"action-execution-id": odd}))
    assert isinstance(fact, ActionChanged)
    assert fact.action_execution_id == ""


def test_a_state_too_long_for_a_key_is_refused() -> None:
    with pytest.raises(UnreadableEventError, match=r"detail\.state: is too long"):
        read(changed("codepipeline_stage_started", state="X" * 129))


def test_what_cannot_be_read_is_not_quoted() -> None:
    with pytest.raises(UnreadableEventError) as caught:
        read(changed("codepipeline_stage_started", **{"execution-id": "AKIA SECRET"}))
    assert "SECRET" not in str(caught.value)


def test_an_action_says_where_it_put_its_artifacts() -> None:
    made = {"name": "BuildArtifact", "s3location": {"bucket": "hello-artifacts", "key": "a/b/c"}}
    (fact,) = read(changed("codepipeline_action_build_started", **{"output-artifacts": [made]}))
    assert isinstance(fact, ActionChanged)
    place = ArtifactLocation(name="BuildArtifact", bucket="hello-artifacts", key="a/b/c")
    assert fact.outputs == (place,)
    assert read_fact(fact_json(fact)) == fact


@pytest.mark.parametrize("odd", [None, {}, "none", [None, 3, {"name": "A"}, {"s3location": []}]])
def test_artifacts_without_a_place_are_left_out(odd: object) -> None:
    (fact,) = read(changed("codepipeline_action_build_started", **{"output-artifacts": odd}))
    assert isinstance(fact, ActionChanged)
    assert fact.outputs == ()


@pytest.mark.case(22)
@pytest.mark.parametrize("kind", [{"category": "Approval"}, {"provider": "Manual"}])
def test_the_external_id_of_an_approval_is_its_token_and_goes_nowhere(kind: object) -> None:
    token = "0e6f1c9a-3d55-4b7a-9f02-6f0e5d8c7b1a"
    result = {
        "external-execution-id": token,
        "external-execution-url": f"https://console.aws.amazon.com/approve/{token}",
        "external-execution-summary": f"look: {token}",
        "new": token,
    }
    detail = {"type": kind, "execution-result": result, "newer": [token]}
    (fact,) = read(changed("codepipeline_action_approval_started", **detail))
    assert isinstance(fact, ActionChanged)
    assert token not in fact_json(fact)
    assert fact.summary == "look: [masked]"


def test_what_a_notification_says_beside_its_detail_is_kept() -> None:
    attributes = {"failedActionCount": 1, "failedActions": [{"action": "Deploy"}]}
    payload = sample("codepipeline_pipeline_failed") | {"additionalAttributes": attributes}
    (fact,) = read(payload)
    assert isinstance(fact, PipelineChanged)
    assert fact.extra["failedActions"] == [{"action": "Deploy"}]


def test_facts_of_a_batch_come_in_its_order() -> None:
    facts: list[type[Fact]] = [type(fact) for fact in read(sample("sqs_inbox_batch"))]
    assert [kind.__name__ for kind in facts] == ["StageChanged", "ActionChanged", "AlarmChanged"]
