"""`CloudWatch Alarm State Change`, in the shape that AWS sends it.

Source: CloudWatch User Guide, "Alarm events and EventBridge": offsets are `+0000`, `reasonData`
is a JSON string.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.alarms.definition import Alarm, Metric
from sandbox.alarms.evaluation import Finding

DETAIL_TYPE = "CloudWatch Alarm State Change"


def timestamp(moment: datetime) -> str:
    """As CloudWatch writes it: milliseconds and `+0000`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def reason_data(alarm: Alarm, finding: Finding, start: datetime, queried: datetime) -> str:
    """The JSON text that goes with a reason of our own evaluation."""
    statistics = [query.statistic for query in alarm.queries if query.metric is not None]
    return json.dumps(
        {
            "version": "1.0",
            "queryDate": timestamp(queried),
            "startDate": timestamp(start),
            "statistic": statistics[0] if len(alarm.queries) == 1 else None,
            "period": alarm.period,
            "recentDatapoints": list(reversed(finding.datapoints)),
            "threshold": alarm.threshold,
        }
    )


def state(value: str, reason: str, data: str | None, moment: datetime) -> dict[str, Any]:
    """The `state` and `previousState` of the event."""
    known = {"reasonData": data} if data else {}
    return {"value": value, "reason": reason, **known, "timestamp": timestamp(moment)}


def detail(
    alarm: Alarm,
    record: Mapping[str, Any],
    previous: Mapping[str, Any],
    present: Mapping[str, Any],
) -> dict[str, Any]:
    """The event's detail."""
    description = record.get("AlarmDescription")
    return {
        "alarmName": alarm.name,
        "configuration": {
            **({"description": description} if description else {}),
            "metrics": _metrics(alarm),
        },
        "previousState": dict(previous),
        "state": dict(present),
    }


def _metrics(alarm: Alarm) -> list[dict[str, Any]]:
    single = len(alarm.queries) == 1
    return [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, alarm.name)) if single else query.id,
            **(
                {"expression": query.expression}
                if query.metric is None
                else {
                    "metricStat": {
                        "metric": _metric(query.metric),
                        "period": alarm.period,
                        "stat": query.statistic,
                    }
                }
            ),
            "returnData": query.id == alarm.watched,
        }
        for query in alarm.queries
    ]


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "dimensions": dict(metric.dimensions),
        "name": metric.name,
        "namespace": metric.namespace,
    }
