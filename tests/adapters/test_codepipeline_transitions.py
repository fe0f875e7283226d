"""The ways into stages: who waits, who closed them, and what is started again after too long."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY
from signalbox.adapters.codepipeline import CodePipelinePipelines, fitting_reason
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.holds import REASON_MARK, Transition

from tests.adapters.stubbed import StubbedClients
from tests.fakes import a_service, release_id

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SESSION = "arn:aws:sts::123456789012:assumed-role/signalbox-operator-hello/signalbox-dispatch"
FIRST = "11111111-aaaa-4bbb-8ccc-000000000001"
SECOND = "22222222-aaaa-4bbb-8ccc-000000000002"


@pytest.fixture
def clients() -> StubbedClients:
    return StubbedClients()


def _passage(execution: str, status: str = "InProgress") -> dict[str, str]:
    return {"pipelineExecutionId": execution, "status": status}


def _ways(clients: StubbedClients, *stages: dict[str, Any]) -> tuple[Transition, ...]:
    clients.answers("codepipeline").add_response("get_pipeline_state", {"stageStates": [*stages]})
    return tuple(CodePipelinePipelines(clients).transitions(a_service()))


def test_a_closed_way_says_who_closed_it_and_who_waits(clients: StubbedClients) -> None:
    state = {
        "enabled": False,
        "lastChangedBy": SESSION,
        "lastChangedAt": AT,
        "disabledReason": "Signalbox holds holidays",
    }
    source = {"stageName": "Source"}
    production = {
        "stageName": "Production",
        "inboundTransitionState": state,
        "inboundExecutions": [_passage(FIRST), _passage(SECOND)],
        "inboundExecution": _passage(FIRST),
        "latestExecution": _passage("33333333-aaaa-4bbb-8ccc-000000000003"),
    }
    assert _ways(clients, source, production) == (
        Transition(stage="Source"),
        Transition(
            stage="Production",
            closed=True,
            reason="Signalbox holds holidays",
            changed_by=SESSION,
            changed_at=AT,
            waiting=(FIRST, SECOND),
            inside="33333333-aaaa-4bbb-8ccc-000000000003",
        ),
    )


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped", "Cancelled"])
def test_an_execution_that_has_left_the_stage_does_not_lock_it(
    clients: StubbedClients, status: str
) -> None:
    (way,) = _ways(clients, {"stageName": "S", "latestExecution": _passage(FIRST, status)})
    assert way.inside == ""


def test_older_answers_name_one_execution_and_what_was_stopped_does_not_wait(
    clients: StubbedClients,
) -> None:
    (way,) = _ways(clients, {"stageName": "S", "inboundExecution": _passage(FIRST)})
    assert way.waiting == (FIRST,)
    stopped = [_passage(FIRST, "Stopped"), _passage(SECOND)]
    (way,) = _ways(clients, {"stageName": "S", "inboundExecutions": stopped})
    assert way.waiting == (SECOND,)


def test_a_way_is_opened_at_its_inbound_side(clients: StubbedClients) -> None:
    asked = {"pipelineName": "hello", "stageName": "Production", "transitionType": "Inbound"}
    clients.answers("codepipeline").add_response("enable_stage_transition", {}, asked)
    CodePipelinePipelines(clients).open_stage(a_service(), "Production")
    clients.answers("codepipeline").assert_no_pending_responses()


def _source(provider: str, number: int, **variables: str) -> dict[str, Any]:
    kind = {"category": "Source", "owner": "AWS", "provider": provider, "version": "1"}
    return {
        "actionName": f"Fetch{number}",
        "stageName": "Source",
        "input": {"actionTypeId": kind},
        "output": {"outputVariables": variables},
    }


def _started_again(clients: StubbedClients, *runs: dict[str, Any]) -> Any:
    answers = clients.answers("codepipeline")
    answers.add_response("list_action_executions", {"actionExecutionDetails": [*runs]})
    heard: dict[str, Any] = {}
    client = clients.for_service(a_service(), "codepipeline")
    client.meta.events.register(
        "provide-client-params.codepipeline.StartPipelineExecution",
        lambda params, **_: heard.update(params),
    )
    answers.add_response(
        "start_pipeline_execution",
        {"pipelineExecutionId": SECOND},
        {"name": "hello", "sourceRevisions": ANY, "clientRequestToken": ANY},
    )
    pipelines = CodePipelinePipelines(clients)
    assert pipelines.start_again(a_service(), release_id(), "key/1") == SECOND
    return heard


def test_the_same_revision_is_started_again_once_per_key(clients: StubbedClients) -> None:
    build = _source("CodeBuild", 9) | {"input": {"actionTypeId": {
        "category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"
    }}}  # fmt: skip
    heard = _started_again(
        clients,
        build,
        _source("CodeStarSourceConnection", 1, CommitId="new"),
        _source("CodeStarSourceConnection", 1, CommitId="old"),
        _source("S3", 2, VersionId="v7"),
        _source("ECR", 3, ImageDigest="sha256:1"),
    )
    assert heard["sourceRevisions"] == [
        {"actionName": "Fetch1", "revisionType": "COMMIT_ID", "revisionValue": "new"},
        {"actionName": "Fetch2", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "v7"},
        {"actionName": "Fetch3", "revisionType": "IMAGE_DIGEST", "revisionValue": "sha256:1"},
    ]
    assert heard["clientRequestToken"] == hashlib.sha256(b"key/1").hexdigest()


def test_what_names_no_revision_is_not_started_as_something_else(clients: StubbedClients) -> None:
    clients.answers("codepipeline").add_response(
        "list_action_executions", {"actionExecutionDetails": []}
    )
    with pytest.raises(AwsRefusedError, match="names a revision"):
        CodePipelinePipelines(clients).start_again(a_service(), release_id(), "key")


def test_our_reasons_keep_the_mark_by_which_they_are_known() -> None:
    said = fitting_reason(f"{REASON_MARK}: holidays, #4711 by Grace_H " + "x" * 400)
    assert said.startswith(f"{REASON_MARK} holidays 4711 by Grace H")
    assert len(said) == 300
    assert fitting_reason("#,:_") == REASON_MARK
