from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import (
    AlarmChanged,
    BuildChanged,
    DeploymentChanged,
    Ignored,
    ImageScanned,
)
from signalbox.domain.identity import AlarmId
from signalbox.domain.states import AlarmState
from signalbox.events.reader import read

from tests.unit.events.samples import changed, only, sample

BUILD = "hello:4f2e91c7-6ad8-43b0-8e15-d97b20c3fa61"
ERRORS = AlarmId(account="123456789012", region="us-east-1", name="hello-production-errors")


def test_a_build_is_named_as_actions_name_it_and_says_which_phase_failed() -> None:
    fact = only("codebuild_state_failed", BuildChanged)
    assert (fact.project, fact.build_id, fact.status) == ("hello", BUILD, "FAILED")
    assert fact.reason.startswith("BUILD: COMMAND_EXECUTION_ERROR")
    assert fact.initiator == "codepipeline/hello"
    assert fact.logs_url.startswith("https://console.aws.amazon.com/cloudwatch/")


def test_a_build_that_succeeds_has_no_reason() -> None:
    assert only("codebuild_state_succeeded", BuildChanged).reason == ""


def test_a_failed_phase_says_why() -> None:
    fact = only("codebuild_phase_failed", BuildChanged)
    assert (fact.phase, fact.status) == ("BUILD", "FAILED")
    assert fact.reason.endswith("exit status 1")


def test_the_last_phase_has_no_status_of_its_own() -> None:
    payload = changed("codebuild_phase_failed", **{"completed-phase": "COMPLETED"})
    del payload["detail"]["completed-phase-status"]
    (fact,) = read(payload)
    assert isinstance(fact, BuildChanged)
    assert (fact.phase, fact.status, fact.reason) == ("COMPLETED", "UNKNOWN", "")


@pytest.mark.parametrize("odd", [None, [], "none", 3, {"phases": None, "logs": []}])
def test_a_build_reads_whatever_its_additional_information_is(odd: object) -> None:
    (fact,) = read(changed("codebuild_state_failed", **{"additional-information": odd}))
    assert isinstance(fact, BuildChanged)
    assert (fact.build_id, fact.reason) == (BUILD, "")


@pytest.mark.parametrize(
    ("name", "state", "raw"),
    [
        ("codedeploy_deployment_started", "RUNNING", "START"),
        ("codedeploy_deployment_failed", "FAILED", "FAILURE"),
        ("codedeploy_deployment_ready", "WAITING", "READY"),
        ("codedeploy_trigger_failed", "FAILED", "FAILED"),
        ("ecs_deployment_failed", "FAILED", "SERVICE_DEPLOYMENT_FAILED"),
        ("ecs_hook_awaiting_action", "WAITING", "HOOK_AWAITING_ACTION"),
        ("ecs_task_stopped", "STOPPED", "STOPPED"),
    ],
)
def test_deployments_of_two_services_speak_one_language(name: str, state: str, raw: str) -> None:
    fact = only(name, DeploymentChanged)
    assert (fact.state, fact.raw_state) == (state, raw)
    assert fact.target in ("hello/production", "production/hello")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("codedeploy_deployment_failed", "state"),
        ("ecs_deployment_failed", "eventName"),
        ("ecs_hook_awaiting_action", "eventName"),
        ("ecs_task_stopped", "lastStatus"),
        ("ecs_service_cannot_place_tasks", "eventName"),
    ],
)
def test_an_unknown_state_of_a_deployment_keeps_its_word(name: str, field: str) -> None:
    (fact,) = read(changed(name, **{field: "SLEEPING"}))
    assert isinstance(fact, DeploymentChanged)
    assert (fact.state, fact.raw_state) == ("UNKNOWN", "SLEEPING")


def test_a_triggers_times_are_seconds_and_its_error_may_be_text() -> None:
    fact = only("codedeploy_trigger_failed", DeploymentChanged)
    assert fact.at == datetime(2026, 11, 22, 9, 22, 10, 480000, tzinfo=UTC)
    assert fact.reason == "Too few healthy instances are left."


def test_an_instance_and_a_task_are_parts_of_their_deployment() -> None:
    assert only("codedeploy_instance_failed", DeploymentChanged).part == "i-0f4c2a9d7b1e63850"
    task = only("ecs_task_stopped", DeploymentChanged)
    assert (task.deployment_id, task.part[:8]) == ("ecs-svc/4815162342108", "6e1b0f9c")


def test_a_task_of_no_service_is_ignored() -> None:
    (fact,) = read(changed("ecs_task_stopped", group="family:migrate"))
    assert isinstance(fact, Ignored)
    assert "no service" in fact.reason


def test_an_ecs_deployment_that_names_no_service_is_unreadable() -> None:
    payload = sample("ecs_deployment_failed")
    payload["resources"] = []
    with pytest.raises(UnreadableEventError, match="resources: name no service"):
        read(payload)


def test_inspectors_repository_is_named_like_ecrs_and_its_total_is_no_severity() -> None:
    fact = only("inspector2_scan_complete", ImageScanned)
    assert (fact.repository, fact.findings) == ("hello", {"HIGH": 1})


@pytest.mark.parametrize("counts", [None, [], "none", {"HIGH": None}])
def test_a_scan_without_counts_found_nothing(counts: object) -> None:
    (fact,) = read(changed("ecr_image_scan_complete", **{"finding-severity-counts": counts}))
    assert isinstance(fact, ImageScanned)
    assert fact.findings == {}


def test_an_unknown_status_of_a_scan_keeps_its_word() -> None:
    (fact,) = read(changed("ecr_image_scan_complete", **{"scan-status": "DREAMING"}))
    assert isinstance(fact, ImageScanned)
    assert (fact.status, fact.raw_status) == ("UNKNOWN", "DREAMING")


@pytest.mark.parametrize(
    "name", ["cloudwatch_alarm_raised", "cloudwatch_alarm_calls_function", "sns_cloudwatch_alarm"]
)
def test_one_alarm_reads_alike_in_its_three_forms(name: str) -> None:
    fact = only(name, AlarmChanged)
    assert (fact.alarm, fact.state, fact.previous) == (ERRORS, AlarmState.ALARM, AlarmState.OK)
    assert fact.at == datetime(2026, 11, 22, 9, 30, 11, 402000, tzinfo=UTC)
    assert fact.reason.startswith("Threshold Crossed")


def test_an_alarm_whose_actions_are_suppressed_says_by_what() -> None:
    fact = only("cloudwatch_alarm_raised_while_suppressed", AlarmChanged)
    assert fact.suppressed_by == "WaitPeriod"


def test_an_alarm_that_propagates_its_tags_says_whose_it_is() -> None:
    fact = only("cloudwatch_alarm_raised_with_tags", AlarmChanged)
    assert fact.tags == {"signalbox:service": "hello", "signalbox:environment": "production"}
    assert fact.extra["state"] == {"evaluationState": "PARTIAL_DATA"}


@pytest.mark.parametrize(
    "tags",
    [
        {"service": "hello"},
        [{"key": "service", "value": "hello"}],
        [{"Key": "service", "Value": "hello"}, None, {"Key": None}],
    ],
)
def test_tags_read_alike_however_they_are_written(tags: object) -> None:
    message = json.loads(sample("sns_cloudwatch_alarm")["Records"][0]["Sns"]["Message"])
    call = sample("cloudwatch_alarm_calls_function")
    call["alarmData"]["alarmTags"] = tags
    for payload in (
        changed("cloudwatch_alarm_raised", alarmTags=tags),
        call,
        message | {"AlarmTags": tags},
    ):
        (fact,) = read(payload)
        assert isinstance(fact, AlarmChanged)
        assert fact.tags == {"service": "hello"}


@pytest.mark.parametrize("odd", [None, "none", 3, [1, None], [[]]])
def test_odd_tags_are_none(odd: object) -> None:
    (fact,) = read(changed("cloudwatch_alarm_raised", alarmTags=odd))
    assert isinstance(fact, AlarmChanged)
    assert fact.tags == {}


def test_a_service_that_cannot_place_tasks_says_why_its_deployment_goes_on() -> None:
    fact = only("ecs_service_cannot_place_tasks", DeploymentChanged)
    assert (fact.target, fact.state, fact.deployment_id) == ("shop/hello", "RUNNING", "")
    assert (fact.raw_state, fact.reason) == ("SERVICE_TASK_PLACEMENT_FAILURE", "RESOURCE:CPU")


@pytest.mark.parametrize(
    "name",
    ["SERVICE_STEADY_STATE", "TASKSET_STEADY_STATE", "SERVICE_DEPLOYMENT_COMPLETED"],
)
def test_what_a_deployments_own_events_say_is_ignored_of_its_service(name: str) -> None:
    (fact,) = read(changed("ecs_service_cannot_place_tasks", eventName=name))
    assert isinstance(fact, Ignored)
    assert "own event" in fact.reason


def test_an_alarms_name_may_hold_brackets_and_blanks() -> None:
    (fact,) = read(changed("cloudwatch_alarm_raised", alarmName="[hello] errors / 5 %"))
    assert isinstance(fact, AlarmChanged)
    assert fact.alarm.name == "[hello] errors / 5 %"


def test_an_unknown_state_of_an_alarm_keeps_its_word() -> None:
    (fact,) = read(changed("cloudwatch_alarm_raised", state={"value": "PARTIAL"}))
    assert isinstance(fact, AlarmChanged)
    assert (fact.state, fact.raw_state) == (AlarmState.UNKNOWN, "PARTIAL")


def test_an_alarm_without_a_state_is_unreadable() -> None:
    with pytest.raises(UnreadableEventError, match=r"detail\.state: is missing"):
        read(changed("cloudwatch_alarm_raised", state=None))
