"""CloudWatch's alarms: evaluated here, kept where `DescribeAlarms` reads them."""

from functools import cache
from typing import Any

from sandbox import emulator
from sandbox.alarms import resources
from sandbox.alarms.definition import Metric, read
from sandbox.alarms.watch import AlarmWatch


@cache
def watch() -> AlarmWatch:
    """The watch of this process."""
    return AlarmWatch()


def start() -> None:
    """Teach CloudFormation our alarms and begin to watch them."""
    resources.register()
    watch().start()


def snapshot() -> list[dict[str, Any]]:
    """All alarms as the console shows them, by name."""
    records = sorted(emulator.alarms(), key=lambda record: str(record["AlarmName"]))
    return [
        {
            "name": record["AlarmName"],
            "state": record["StateValue"],
            "reason": record.get("StateReason", ""),
            "metric": _words(record),
            "updated": record.get("StateUpdatedTimestamp"),
        }
        for record in records
    ]


def _words(record: dict[str, Any]) -> str:
    alarm = read(record)
    query = next(query for query in alarm.queries if query.id == alarm.watched)
    subject = query.expression if query.metric is None else _metric_words(query.metric)
    return f"{query.statistic} {subject}".strip()


def _metric_words(metric: Metric) -> str:
    dimensions = ", ".join(f"{name}={value}" for name, value in metric.dimensions.items())
    return f"{metric.name} ({dimensions})" if dimensions else metric.name
