from typing import Any

import pytest

from sandbox.alarms.definition import Alarm, read
from sandbox.alarms.evaluation import ALARM, INSUFFICIENT_DATA, OK, judge
from sandbox.alarms.statistics import statistic
from sandbox.emulator import Datapoint


def alarm(**changes: Any) -> Alarm:
    return read(
        {
            "AlarmName": "errors",
            "Namespace": "AWS/Lambda",
            "MetricName": "Errors",
            "Statistic": "Sum",
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("series", "missing", "state"),
    [
        ([1.0, 1.0, 0.0], "missing", ALARM),
        ([1.0, 0.0, 0.0], "missing", OK),
        ([1.0, None, 1.0], "missing", ALARM),
        ([1.0, None, None], "breaching", ALARM),
        ([1.0, None, None], "notBreaching", OK),
        ([None, None, None], "breaching", ALARM),
        ([None, None, None], "notBreaching", OK),
        ([None, None, None], "missing", INSUFFICIENT_DATA),
        ([None, None, None], "ignore", "the present state"),
    ],
)
def test_datapoints_and_missing_data_make_a_state(
    series: list[float | None], missing: str, state: str
) -> None:
    found = judge(alarm(TreatMissingData=missing), series, "the present state")
    assert found.state == state


def test_older_datapoints_than_the_evaluated_ones_do_not_count() -> None:
    assert judge(alarm(), [0.0, 0.0, 0.0, 5.0, 5.0], OK).state == OK


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanOrEqualToThreshold", 1.0, ALARM),
        ("GreaterThanThreshold", 1.0, OK),
        ("LessThanThreshold", 0.5, ALARM),
        ("LessThanOrEqualToThreshold", 1.0, ALARM),
    ],
)
def test_the_comparison_is_the_alarms(comparison: str, value: float, state: str) -> None:
    rule = alarm(ComparisonOperator=comparison, EvaluationPeriods=1, DatapointsToAlarm=1)
    assert judge(rule, [value], OK).state == state


def test_the_reason_reads_as_awss() -> None:
    rule = alarm(EvaluationPeriods=1, DatapointsToAlarm=1)
    assert judge(rule, [2.0], OK).reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [2.0] was greater than or equal to the "
        "threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )


def test_anomaly_detection_is_refused() -> None:
    rule = alarm(ComparisonOperator="GreaterThanUpperThreshold")
    with pytest.raises(ValueError, match="GreaterThanUpperThreshold"):
        judge(rule, [1.0], OK)


def test_an_alarm_must_return_one_series() -> None:
    metrics = [{"Id": "e1", "Expression": "1", "ReturnData": False}]
    with pytest.raises(ValueError, match="one series"):
        alarm(Metrics=metrics)


def point(value: float, count: float = 1) -> Datapoint:
    return Datapoint(at=0, count=count, total=value * count, minimum=value, maximum=value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sum", 14.0),
        ("Average", 3.5),
        ("Minimum", 2.0),
        ("Maximum", 4.0),
        ("SampleCount", 4.0),
        ("p50", 4.0),
        ("p99", 4.0),
    ],
)
def test_statistics_weigh_what_was_published_several_times(name: str, value: float) -> None:
    assert statistic(name, [point(4.0, 3), point(2.0)]) == value


def test_no_points_have_no_statistic() -> None:
    assert statistic("Sum", []) is None
