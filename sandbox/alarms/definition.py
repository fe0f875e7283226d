"""What an alarm watches, read from its record as `PutMetricAlarm` and CloudFormation write it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULT_PERIOD = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric by its exact name: other dimensions are another metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One line of the alarm: a metric's statistic, or an expression over other lines."""

    id: str
    metric: Metric | None
    statistic: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm's rule; `period` in AWS seconds."""

    name: str
    queries: Sequence[Query]
    watched: str
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    comparison: str
    missing: str

    @property
    def listens_for_silence(self) -> bool:
        """Whether it sounds when too little comes: then it watches something on a schedule."""
        return self.missing == "breaching" or self.comparison.startswith("LessThan")


def read(record: Mapping[str, Any]) -> Alarm:
    """Read an alarm's record; raises `KeyError` or `ValueError` when it makes no sense."""
    metrics = record.get("Metrics") or [_as_query(record)]
    queries = [_query(each) for each in metrics]
    shown = [each["Id"] for each in metrics if each.get("ReturnData", True)]
    if len(shown) != 1:
        raise ValueError(f"alarm {record['AlarmName']} must return one series, not {len(shown)}")
    periods = int(record.get("EvaluationPeriods") or 1)
    return Alarm(
        name=record["AlarmName"],
        queries=queries,
        watched=shown[0],
        period=max(_period(each) for each in metrics),
        evaluation_periods=periods,
        datapoints_to_alarm=int(record.get("DatapointsToAlarm") or periods),
        threshold=float(record["Threshold"]),
        comparison=record["ComparisonOperator"],
        missing=record.get("TreatMissingData") or "missing",
    )


def _as_query(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Id": "m1",
        "MetricStat": {
            "Metric": {
                "Namespace": record["Namespace"],
                "MetricName": record["MetricName"],
                "Dimensions": record.get("Dimensions") or [],
            },
            "Period": record.get("Period") or DEFAULT_PERIOD,
            "Stat": record.get("ExtendedStatistic") or record.get("Statistic") or "Average",
        },
    }


def _period(query: Mapping[str, Any]) -> int:
    inside = query.get("MetricStat") or query
    return int(inside.get("Period") or DEFAULT_PERIOD)


def _query(query: Mapping[str, Any]) -> Query:
    stat = query.get("MetricStat")
    if stat is None:
        return Query(id=query["Id"], metric=None, statistic="", expression=query["Expression"])
    metric = stat["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []}
    return Query(
        id=query["Id"],
        metric=Metric(
            namespace=metric["Namespace"], name=metric["MetricName"], dimensions=dimensions
        ),
        statistic=stat["Stat"],
        expression="",
    )
