from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signalbox.adapters.codepipeline import CodePipelinePipelines, fitting_reason
from signalbox.domain.facts import ActionChanged, PipelineChanged
from signalbox.domain.releases import fold
from signalbox.domain.scopes import scope_of, state_of
from signalbox.domain.states import ExecutionState

from tests.adapters.stubbed import StubbedClients
from tests.fakes import a_service, release_id

RELEASE = release_id()
OTHER = "22222222-aaaa-4bbb-8ccc-000000000002"
TOKEN = "33333333-aaaa-4bbb-8ccc-000000000003"
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def clients() -> StubbedClients:
    return StubbedClients()


def _execution(clients: StubbedClients, status: str = "InProgress", **more: Any) -> None:
    summary = json.dumps({"ProviderType": "GitHub", "CommitMessage": "Say hello"})
    execution = {
        "pipelineName": "hello",
        "pipelineVersion": 3,
        "pipelineExecutionId": RELEASE.execution,
        "status": status,
        "artifactRevisions": [{"revisionId": "abc", "revisionSummary": summary}],
        "trigger": {"triggerType": "WebhookV2", "triggerDetail": "arn:connection"},
        **more,
    }
    clients.answers("codepipeline").add_response(
        "get_pipeline_execution", {"pipelineExecution": execution}
    )


def _run(stage: str, category: str, status: str, **result: Any) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": "Manual", "version": "1"}
    return {
        "pipelineExecutionId": RELEASE.execution,
        "actionExecutionId": f"run-{stage}",
        "stageName": stage,
        "actionName": "Act",
        "startTime": AT,
        "lastUpdateTime": AT,
        "status": status,
        "input": {"actionTypeId": kind},
        "output": {
            "executionResult": result,
            "outputVariables": {
                "CommitId": "abc",
                "AuthorEmail": "ann@example.com",
                "CommitMessage": "Say hello",
            },
        },
    }


def _actions(clients: StubbedClients, *pages: list[dict[str, Any]]) -> None:
    for number, page in enumerate(pages, 1):
        more = {"nextToken": f"page-{number}"} if number < len(pages) else {}
        clients.answers("codepipeline").add_response(
            "list_action_executions", {"actionExecutionDetails": page, **more}
        )


def _state(clients: StubbedClients, execution: str, **run: Any) -> None:
    stage = {
        "stageName": "Approval",
        "inboundTransitionState": {"enabled": False},
        "latestExecution": {"pipelineExecutionId": execution, "status": "InProgress"},
        "actionStates": [{"actionName": "Act", "latestExecution": run}] if run else [],
    }
    clients.answers("codepipeline").add_response("get_pipeline_state", {"stageStates": [stage]})


def test_facts_say_what_events_should_have_said_and_the_token_stays_behind(
    clients: StubbedClients,
) -> None:
    _execution(clients)
    source = _run("Source", "Source", "Succeeded", externalExecutionId="abc")
    approval = _run("Approval", "Approval", "InProgress", externalExecutionId=TOKEN)
    _actions(clients, [approval], [source])
    _state(clients, RELEASE.execution)
    facts = CodePipelinePipelines(clients).facts(a_service(), RELEASE)
    assert {(scope_of(fact), fact.attempt, state_of(fact)) for fact in facts} == {
        ("pipeline", 1, "STARTED"),
        ("stage/Source", 1, "STARTED"),
        ("stage/Source", 1, "SUCCEEDED"),
        ("action/Source/Act/run-Source", 1, "STARTED"),
        ("action/Source/Act/run-Source", 1, "SUCCEEDED"),
        ("stage/Approval", 1, "STARTED"),
        ("action/Approval/Act/run-Approval", 1, "STARTED"),
    }
    assert TOKEN not in repr(facts)


def test_a_failed_execution_folds_to_failed_with_its_reason(clients: StubbedClients) -> None:
    _execution(clients, "Failed")
    _actions(clients, [_run("Build", "Build", "Failed", errorDetails={"message": "tests failed"})])
    _state(clients, OTHER)
    release = fold(RELEASE, CodePipelinePipelines(clients).facts(a_service(), RELEASE))
    stage = release.stage("Build")
    assert release.state is ExecutionState.FAILED
    assert stage is not None
    assert stage.state is ExecutionState.FAILED
    assert stage.actions[0].summary == "tests failed"


def test_a_retried_stage_is_in_its_second_attempt(clients: StubbedClients) -> None:
    _execution(clients, "Succeeded")
    again = _run("Build", "Build", "Succeeded") | {
        "actionExecutionId": "second",
        "startTime": AT.replace(hour=13),
        "lastUpdateTime": AT.replace(hour=14),
    }
    _actions(clients, [again, _run("Build", "Build", "Failed")])
    _state(clients, OTHER)
    facts = CodePipelinePipelines(clients).facts(a_service(), RELEASE)
    attempts = {(f.action_execution_id, f.attempt) for f in facts if isinstance(f, ActionChanged)}
    assert attempts == {("run-Build", 1), ("second", 2)}
    said = [(f.state, f.attempt) for f in facts if isinstance(f, PipelineChanged)]
    assert said == [("STARTED", 1), ("FAILED", 1), ("RESUMED", 2), ("SUCCEEDED", 2)]


def test_the_commit_has_its_author_from_the_source_action(clients: StubbedClients) -> None:
    _execution(clients)
    _actions(clients, [_run("Source", "Source", "Succeeded")])
    truth = CodePipelinePipelines(clients).execution(a_service(), RELEASE)
    assert truth is not None
    assert truth.commit is not None
    assert (truth.commit.message, truth.commit.author_email) == ("Say hello", "ann@example.com")


def test_an_execution_that_codepipeline_does_not_know_is_none(clients: StubbedClients) -> None:
    clients.answers("codepipeline").add_client_error(
        "get_pipeline_execution", "PipelineExecutionNotFoundException", http_status_code=400
    )
    assert CodePipelinePipelines(clients).execution(a_service(), RELEASE) is None


def test_a_pending_approval_of_another_execution_is_not_ours(clients: StubbedClients) -> None:
    run = {"actionExecutionId": "run-Approval", "status": "InProgress", "token": TOKEN}
    _state(clients, OTHER, **run)
    _actions(clients, [])
    pipelines = CodePipelinePipelines(clients)
    assert pipelines.pending_approval(a_service(), RELEASE, "run-Approval") is None


@pytest.mark.parametrize("parallel", [False, True])
def test_the_token_is_found_in_the_state_or_in_parallel_mode_with_the_action(
    clients: StubbedClients, parallel: bool
) -> None:
    run = {"actionExecutionId": "run-Approval", "status": "InProgress", "token": TOKEN}
    _state(clients, OTHER if parallel else RELEASE.execution, **run)
    if parallel:
        _actions(clients, [_run("Approval", "Approval", "InProgress", externalExecutionId=TOKEN)])
    pipelines = CodePipelinePipelines(clients)
    pending = pipelines.pending_approval(a_service(), RELEASE, "run-Approval")
    assert pending is not None
    assert pending.token == TOKEN
    assert TOKEN not in repr(pending)


@given(st.text())
def test_any_reason_fits_the_pattern_of_aws(reason: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9!@ ().*?\-]{1,300}", fitting_reason(reason))


def test_executions_that_succeeded_are_listed_page_after_page(clients: StubbedClients) -> None:
    first = {"pipelineExecutionId": RELEASE.execution, "status": "Succeeded", "startTime": AT}
    rollback = {"rollbackTargetPipelineExecutionId": RELEASE.execution}
    second = {**first, "executionType": "ROLLBACK", "rollbackMetadata": rollback}
    answers = clients.answers("codepipeline")
    asked = {
        "pipelineName": "hello",
        "maxResults": 100,
        "filter": {"succeededInStage": {"stageName": "Production"}},
    }
    page = {"pipelineExecutionSummaries": [first], "nextToken": "more"}
    answers.add_response("list_pipeline_executions", page, asked)
    page = {"pipelineExecutionSummaries": [second]}
    answers.add_response("list_pipeline_executions", page, {**asked, "nextToken": "more"})
    truths = CodePipelinePipelines(clients).succeeded_in_stage(a_service(), "Production")
    assert [(truth.kind, truth.rollback_target) for truth in truths] == [
        ("STANDARD", ""),
        ("ROLLBACK", RELEASE.execution),
    ]
