"""Facts of many releases of one pipeline share one look at its stages, unless they have changed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from signalbox.adapters.aws_errors import from_client_error
from signalbox.adapters.codepipeline import REMEMBERED, CodePipelinePipelines
from signalbox.domain.errors import AwsUnavailableError

from tests.fakes import NOW, FixedClock, a_service, release_id


class Calls:
    """CodePipeline that counts what it is asked; ``changed`` is when an action last did."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.changed: datetime = NOW - timedelta(hours=1)

    def for_service(self, service: object, name: str) -> Any:
        return self

    def get_pipeline_execution(self, **asked: Any) -> Any:
        self.asked["execution"] += 1
        return {"pipelineExecution": {"status": "InProgress", "pipelineVersion": 1}}

    def list_action_executions(self, **asked: Any) -> Any:
        self.asked["actions"] += 1
        run = {
            "actionExecutionId": "a",
            "stageName": "Build",
            "actionName": "Build",
            "startTime": self.changed,
            "lastUpdateTime": self.changed,
            "status": "Succeeded",
        }
        return {"actionExecutionDetails": [run]}

    def get_pipeline_state(self, **asked: Any) -> Any:
        self.asked["state"] += 1
        return {"stageStates": []}


@pytest.mark.parametrize(("remembering", "looks"), [(True, 1), (False, 20)])
def test_twenty_releases_cost_one_look_at_the_stages(remembering: bool, looks: int) -> None:
    calls, clock = Calls(), FixedClock()
    pipelines = CodePipelinePipelines(calls, remembering=clock if remembering else None)
    for number in range(20):
        pipelines.facts(a_service(), release_id(f"e{number}"))
        clock.advance(timedelta(seconds=1))
    assert calls.asked == {"execution": 20, "actions": 20, "state": looks}


@pytest.mark.parametrize("ago", [-5, 0, 5])
def test_a_release_that_has_just_changed_is_looked_at_anew(ago: int) -> None:
    calls, clock = Calls(), FixedClock()
    pipelines = CodePipelinePipelines(calls, remembering=clock)
    pipelines.facts(a_service(), release_id())
    calls.changed = NOW - timedelta(seconds=ago)
    clock.advance(timedelta(seconds=5))
    pipelines.facts(a_service(), release_id())
    assert calls.asked["state"] == 2


def test_another_pipeline_and_another_run_are_looked_at_anew() -> None:
    calls, clock = Calls(), FixedClock()
    pipelines = CodePipelinePipelines(calls, remembering=clock)
    pipelines.facts(a_service(), release_id())
    pipelines.facts(a_service("other"), release_id())
    assert calls.asked["state"] == 2
    clock.advance(REMEMBERED + timedelta(seconds=1))
    pipelines.facts(a_service(), release_id())
    assert calls.asked["state"] == 3


@pytest.mark.parametrize(
    ("code", "status", "throttled"),
    [
        ("ThrottlingException", 400, True),
        ("TooManyRequestsException", 429, True),
        ("Whatever", 429, True),
        ("InternalFailure", 500, False),
        ("ServiceUnavailable", 503, False),
        ("ExpiredToken", 400, False),
    ],
)
def test_what_asks_for_fewer_calls_is_told_from_what_is_merely_away(
    code: str, status: int, throttled: bool
) -> None:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = from_client_error(ClientError(answer, "X"), "read")  # type: ignore[arg-type]
    assert isinstance(error, AwsUnavailableError)
    assert error.throttled is throttled
