"""Alarms over CloudWatch's store: dimensions, aliases, metric math, events, states by hand."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from signalbox.domain.facts import AlarmChanged
from signalbox.events.reader import read

from sandbox import clock, emulator
from sandbox.alarms import resources
from sandbox.alarms.events import timestamp
from sandbox.alarms.lambda_metrics import dimension_sets
from sandbox.alarms.watch import AlarmWatch
from sandbox.emulator import Invocation

CORPUS_KEYS = {"alarmName", "configuration", "previousState", "state"}


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(emulator, "emit_event", lambda **event: sent.append(event))
    return sent


@pytest.fixture
def watch(events: list[dict[str, Any]]) -> Iterator[AlarmWatch]:
    from ministack.services import cloudwatch

    cloudwatch.reset()
    yield AlarmWatch()
    cloudwatch.reset()


def errors_alarm(function: str, **changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": f"{function}-errors",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [
            {"Name": "FunctionName", "Value": function},
            {"Name": "Resource", "Value": f"{function}:live"},
        ],
        "Statistic": "Sum",
        "Period": "60",
        "EvaluationPeriods": "1",
        "Threshold": "1",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        **changes,
    }


def create(properties: dict[str, Any]) -> None:
    resources._create("Alarm", properties, "stack")


def invoked(function: str, *, failed: bool, qualifier: str = "live") -> Invocation:
    return Invocation(
        function=function,
        qualifier=qualifier,
        version="3",
        failed=failed,
        duration_ms=5.0,
        at=clock.now(),
    )


def states() -> dict[str, str]:
    return {each["AlarmName"]: each["StateValue"] for each in emulator.alarms()}


def test_errors_of_function_a_leave_the_alarm_of_b_ok(watch: AlarmWatch) -> None:
    create(errors_alarm("a"))
    create(errors_alarm("b"))
    watch._count(invoked("a", failed=True))
    watch._count(invoked("b", failed=False))
    watch.look()
    assert states() == {"a-errors": "ALARM", "b-errors": "OK"}


def test_a_call_past_the_alias_does_not_touch_the_aliass_alarm(watch: AlarmWatch) -> None:
    create(errors_alarm("a"))
    watch._count(invoked("a", failed=True, qualifier=""))
    watch._count(invoked("a", failed=True, qualifier="3"))
    watch.look()
    assert states() == {"a-errors": "OK"}


def test_an_error_is_forgotten_after_its_period(
    watch: AlarmWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(errors_alarm("a"))
    watch._count(invoked("a", failed=True))
    watch.look()
    later = datetime.fromtimestamp(clock.now().timestamp() + clock.scaled(60) + 1, tz=UTC)
    monkeypatch.setattr(clock, "now", lambda: later)
    watch.look()
    assert states() == {"a-errors": "OK"}


def test_metric_math_weighs_errors_against_invocations(watch: AlarmWatch) -> None:
    def metric(identifier: str, name: str) -> dict[str, Any]:
        dimensions = [{"Name": "FunctionName", "Value": "a"}]
        return {
            "Id": identifier,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions,
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": "false",
        }  # fmt: skip

    rate = {"Id": "rate", "Expression": "100 * errors / calls", "ReturnData": True}
    create(
        {
            "AlarmName": "a-error-rate",
            "Metrics": [rate, metric("errors", "Errors"), metric("calls", "Invocations")],
            "EvaluationPeriods": 1,
            "Threshold": 40,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        }
    )
    for failed in (True, False, False):
        watch._count(invoked("a", failed=failed))
    watch.look()
    assert states() == {"a-error-rate": "OK"}
    watch._count(invoked("a", failed=True))
    watch.look()
    assert states() == {"a-error-rate": "ALARM"}


def test_a_change_of_state_is_told_once_in_awss_shape(
    watch: AlarmWatch, events: list[dict[str, Any]]
) -> None:
    create(errors_alarm("a", AlarmDescription="A call failed."))
    watch.look()
    watch._count(invoked("a", failed=True))
    watch.look()
    watch.look()
    assert [event["detail"]["state"]["value"] for event in events] == ["OK", "ALARM"]
    told = events[-1]
    detail = told["detail"]
    assert told["detail_type"] == "CloudWatch Alarm State Change"
    assert told["resources"] == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a-errors"]
    assert set(detail) == CORPUS_KEYS
    assert detail["previousState"]["value"] == "OK"
    assert detail["state"]["timestamp"].endswith("+0000")
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [1.0]
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"]["metric"]["dimensions"] == {
        "FunctionName": "a",
        "Resource": "a:live",
    }


def test_signalbox_reads_our_event(watch: AlarmWatch, events: list[dict[str, Any]]) -> None:
    create(errors_alarm("a"))
    watch._count(invoked("a", failed=True))
    watch.look()
    told = events[-1]
    (fact,) = read(
        {
            "version": "0",
            "id": "1",
            "detail-type": told["detail_type"],
            "source": told["source"],
            "account": emulator.ACCOUNT,
            "time": f"{told['time']:%Y-%m-%dT%H:%M:%SZ}",
            "region": emulator.REGION,
            "resources": told["resources"],
            "detail": told["detail"],
        }
    )
    assert isinstance(fact, AlarmChanged)
    assert (fact.alarm.name, fact.state.value) == ("a-errors", "ALARM")


def test_a_state_set_by_hand_stands_for_a_period(
    watch: AlarmWatch, events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    create(errors_alarm("a"))
    watch.look()
    watch.force("a-errors", "ALARM", "somebody tries the switch")
    begun = clock.now().timestamp()
    assert events[-1]["detail"]["state"]["reason"] == "somebody tries the switch"
    for seconds, state in ((clock.scaled(60) + 1, "ALARM"), (59, "ALARM"), (61, "OK")):
        then = datetime.fromtimestamp(begun + seconds, tz=UTC)
        monkeypatch.setattr(clock, "now", lambda then=then: then)
        watch.look()
        assert states() == {"a-errors": state}


def test_the_switch_thrown_back_stands_for_a_scaled_period_only(
    watch: AlarmWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(errors_alarm("a"))
    watch.look()
    with monkeypatch.context() as earlier:
        begun = datetime.fromtimestamp(clock.now().timestamp() - clock.scaled(60) - 1, tz=UTC)
        earlier.setattr(clock, "now", lambda: begun)
        watch.force("a-errors", "ALARM", "on")
        watch.force("a-errors", "OK", "off")
        watch._count(invoked("a", failed=True))
        watch.look()
        assert states() == {"a-errors": "OK"}
    watch.look()
    assert states() == {"a-errors": "ALARM"}


def test_a_state_that_an_operator_sets_is_told_as_well(
    watch: AlarmWatch, events: list[dict[str, Any]]
) -> None:
    create(errors_alarm("a"))
    watch.look()
    (record,) = emulator.alarms()
    record.update(StateValue="ALARM", StateReason="set-alarm-state")
    watch.look()
    assert events[-1]["detail"]["state"]["value"] == "ALARM"


def test_silence_is_measured_in_awss_time_and_from_the_alarms_beginning(
    watch: AlarmWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(
        errors_alarm(
            "a", ComparisonOperator="LessThanThreshold", TreatMissingData="breaching", Period=300
        )
    )
    begun = clock.now().timestamp()
    for seconds, state in ((200, "INSUFFICIENT_DATA"), (301, "ALARM")):
        then = datetime.fromtimestamp(begun + seconds, tz=UTC)
        monkeypatch.setattr(clock, "now", lambda then=then: then)
        watch.look()
        assert states() == {"a-errors": state}


def test_an_unknown_alarm_has_no_switch(watch: AlarmWatch) -> None:
    with pytest.raises(KeyError):
        watch.force("nothing", "ALARM", "")


def test_an_updated_alarm_keeps_its_state(watch: AlarmWatch) -> None:
    create(errors_alarm("a"))
    watch._count(invoked("a", failed=True))
    watch.look()
    resources._update("a-errors", {}, errors_alarm("a", Threshold="2"), "stack")
    (record,) = emulator.alarms()
    assert (record["StateValue"], record["Threshold"]) == ("ALARM", 2.0)


def test_an_alias_counts_under_every_set_of_dimensions() -> None:
    assert dimension_sets(invoked("a", failed=False)) == [
        {"FunctionName": "a"},
        {"FunctionName": "a", "Resource": "a:live"},
        {"FunctionName": "a", "Resource": "a:live", "ExecutedVersion": "3"},
    ]
    assert dimension_sets(invoked("a", failed=False, qualifier="")) == [
        {"FunctionName": "a"},
        {"FunctionName": "a", "Resource": "a"},
    ]


def test_times_are_written_as_cloudwatch_does() -> None:
    moment = datetime(2026, 11, 22, 9, 8, 7, 654321, tzinfo=UTC)
    assert timestamp(moment) == "2026-11-22T09:08:07.654+0000"
