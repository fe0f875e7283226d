"""Calls that CloudTrail tells: who, what, where, and never what the call carried."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import Any

import pytest
from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import ApiCalled, Ignored
from signalbox.events.cloudtrail import STEERING
from signalbox.events.leftovers import masked
from signalbox.events.reader import read

from tests.unit.events.samples import only, sample

SAMPLE = "cloudtrail_approval_put_by_hand"
TOKEN = "33333333-aaaa-4bbb-8ccc-000000000003"


def told(**detail: Any) -> dict[str, Any]:
    """The sample, with parts of its detail changed; None takes a part out."""
    event = sample(SAMPLE)
    for name, value in detail.items():
        if value is None:
            event["detail"].pop(name, None)
        else:
            event["detail"][name] = value
    return event


def the_call(event: dict[str, Any]) -> ApiCalled:
    (fact,) = read(event)
    assert isinstance(fact, ApiCalled)
    return fact


def test_it_says_who_did_what_to_which_pipeline() -> None:
    fact = only(SAMPLE, ApiCalled)
    assert fact.pipeline.key == "123456789012/us-east-1/hello"
    assert (fact.call, fact.stage, fact.action) == ("PutApprovalResult", "Approval", "Approve")
    assert fact.by == "arn:aws:sts::123456789012:assumed-role/Developer/linus"
    assert fact.at.isoformat() == "2026-11-22T12:01:07+00:00"
    assert (fact.id, fact.error) == ("9b1f3c55-2a64-4b2f-8a35-0d9a9b7c1e22", "")


def test_a_token_that_cloudtrail_does_not_hide_is_not_kept_either() -> None:
    event = told()
    event["detail"]["requestParameters"]["token"] = TOKEN
    event["detail"]["responseElements"] = {"token": TOKEN}
    fact = the_call(event)
    assert TOKEN not in repr(fact)
    assert TOKEN not in str(asdict(fact))
    assert TOKEN not in str(masked(asdict(fact)))


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ("PutApprovalResult", {"pipelineName": "hello", "stageName": "S", "actionName": "A"}),
        ("OverrideStageCondition", {"pipelineName": "hello", "stageName": "S"}),
        ("EnableStageTransition", {"pipelineName": "hello", "stageName": "S"}),
        ("RollbackStage", {"pipelineName": "hello", "stageName": "S"}),
        ("UpdatePipeline", {"pipeline": {"name": "hello", "stages": [{"name": "S"}]}}),
    ],
)
def test_each_steering_call_names_its_pipeline(call: str, asked: dict[str, Any]) -> None:
    assert call in STEERING
    fact = the_call(told(eventName=call, requestParameters=asked))
    assert (fact.call, fact.pipeline.name) == (call, "hello")
    assert fact.stage == asked.get("stageName", "")


def test_a_refused_call_carries_the_code_of_the_refusal() -> None:
    assert the_call(told(errorCode="AccessDenied")).error == "AccessDenied"
    (fact,) = read(told(errorCode="AccessDenied", requestParameters=None))
    assert isinstance(fact, Ignored)


def test_a_call_that_went_through_and_names_no_pipeline_cannot_be_read() -> None:
    for asked in (None, {}, {"pipelineName": ""}, {"pipelineName": "a b"}, {"pipelineName": []}):
        with pytest.raises(UnreadableEventError, match="pipeline"):
            read(told(requestParameters=asked))


@pytest.mark.parametrize(
    ("identity", "by"),
    [
        (
            {"type": "Root", "arn": "arn:aws:iam::123456789012:root"},
            "arn:aws:iam::123456789012:root",
        ),
        (
            {"type": "AWSService", "invokedBy": "codepipeline.amazonaws.com"},
            "codepipeline.amazonaws.com",
        ),
        ({"arn": "arn:x", "invokedBy": "cloudformation.amazonaws.com"}, "arn:x"),
        ({"type": "AWSAccount", "accountId": "1"}, ""),
        (None, ""),
    ],
)
def test_whoever_called_is_named_as_far_as_cloudtrail_does(identity: Any, by: str) -> None:
    assert the_call(told(userIdentity=identity)).by == by


def test_every_other_call_is_none_of_our_business() -> None:
    others = [told(eventName="GetPipelineState"), told(eventName=None)]
    elsewhere = copy.deepcopy(sample(SAMPLE)) | {"source": "aws.ecs"}
    for event in [*others, elsewhere]:
        (fact,) = read(event)
        assert isinstance(fact, Ignored)


def test_one_that_an_archive_sends_again_says_so() -> None:
    assert the_call(sample(SAMPLE) | {"replay-name": "r"}).replayed
