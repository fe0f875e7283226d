"""Whom CodePipeline's answers name: who pushed, who started, who answered, and in which mode."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from signalbox.adapters.codepipeline_reading import facts_of, truth_of
from signalbox.domain.facts import ActionChanged, PipelineChanged
from signalbox.domain.states import ActionState

from tests.fakes import release_id

RELEASE = release_id()
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REVISION = {"artifactRevisions": [{"revisionId": "abc"}]}
ANSWERER = "arn:aws:sts::123456789012:assumed-role/Admin/grace"


def run(category: str, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    return {
        "stageName": category,
        "actionName": "Act",
        "actionExecutionId": f"run-{category}",
        "startTime": AT,
        "lastUpdateTime": AT,
        "status": status,
        "input": {"actionTypeId": {"category": category, "provider": "P"}},
        **more,
    }


def source(**variables: str) -> dict[str, Any]:
    return run("Source", output={"outputVariables": {"CommitId": "abc", **variables}})


def pushed_by(trigger: str = "", *runs: dict[str, Any]) -> str:
    told = {**REVISION, "trigger": {"triggerType": "WebhookV2", "triggerDetail": trigger}}
    commit = truth_of(RELEASE, told, runs).commit
    assert commit is not None
    return commit.provider_identity


def test_who_pushed_is_named_by_the_source_actions_variables() -> None:
    assert pushed_by("", source(ProviderType="GitHub", AuthorId="12345")) == "github:12345"


@pytest.mark.parametrize(
    "said",
    [
        {"provider-type": "GitLab", "author-id": "Mary Major"},
        {"ProviderType": "GitLab", "AuthorId": "Mary Major"},
    ],
)
def test_who_pushed_is_named_by_the_trigger_of_a_connection(said: dict[str, str]) -> None:
    assert pushed_by(json.dumps(said)) == "gitlab:Mary Major"
    assert pushed_by(json.dumps(said), source()) == "gitlab:Mary Major"


@pytest.mark.parametrize(
    "trigger",
    ["", "arn:aws:codestar-connections:x:1:connection/c", "{", '{"author-id": "1"}', "[1]"],
)
def test_a_trigger_that_names_nobody_leaves_it_open(trigger: str) -> None:
    assert pushed_by(trigger, source(AuthorId="12345")) == ""
    assert pushed_by(trigger, source(ProviderType="GitHub")) == ""


def test_the_mode_is_the_executions_own() -> None:
    assert truth_of(RELEASE, {**REVISION, "executionMode": "PARALLEL"}).mode == "PARALLEL"
    assert truth_of(RELEASE, REVISION).mode == "SUPERSEDED"


def facts(*runs: dict[str, Any]) -> list[ActionChanged]:
    told = facts_of(RELEASE, {"status": "InProgress"}, list(runs), {}, (AT, AT))
    return [one for one in told if isinstance(one, ActionChanged)]


def test_who_answered_an_approval_is_named_once_it_is_answered() -> None:
    began, ended = facts(run("Approval", "Failed", updatedBy=ANSWERER))
    assert (began.state, began.by) == (ActionState.STARTED, "")
    assert (ended.state, ended.by) == (ActionState.FAILED, ANSWERER)
    (waiting,) = facts(run("Approval", "InProgress", updatedBy=ANSWERER))
    assert waiting.by == ""


def test_nobody_answers_a_deployment() -> None:
    assert {one.by for one in facts(run("Deploy", updatedBy="arn:aws:iam::1:role/x"))} == {""}


def test_the_facts_of_an_execution_name_who_pushed_as_events_do() -> None:
    runs = [source(ProviderType="GitHub", AuthorId="12345")]
    told = facts_of(RELEASE, {"status": "InProgress", **REVISION}, runs, {}, (AT, AT))
    (started,) = (one for one in told if isinstance(one, PipelineChanged))
    assert started.commit is not None
    assert started.commit.provider_identity == "github:12345"
