"""CloudWatch's metrics and alarms: MiniStack stores and serves them, our engine evaluates them."""

import functools
import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.borrowed import borrow
from sandbox.emulator.environment import ACCOUNT, REGION

MODULE = "ministack.services.cloudwatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """One published value or statistic set; `at` is in seconds since the epoch."""

    at: float
    count: float
    total: float
    minimum: float
    maximum: float


def alarms() -> list[dict[str, Any]]:
    """The metric alarms as `DescribeAlarms` shows them; changes to a record are seen there."""
    return list(borrow(f"{MODULE}:_alarms").values())


def put_alarm(record: dict[str, Any]) -> str:
    """Store an alarm as `PutMetricAlarm` does: a known name keeps its state. Gives the ARN."""
    name, moment = record["AlarmName"], int(time.time())
    known = borrow(f"{MODULE}:_alarms").get(name) or {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": moment,
    }
    kept = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp")
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    borrow(f"{MODULE}:_alarms")[name] = {
        **record,
        **{key: known[key] for key in kept if key in known},
        "AlarmArn": arn,
        "AlarmConfigurationUpdatedTimestamp": moment,
    }
    return arn


def delete_alarm(name: str) -> None:
    """Forget an alarm, as CloudFormation does when its stack goes."""
    borrow(f"{MODULE}:cloudformation_delete_metric_alarm")(name)


def tell_of_alarm(record: dict[str, Any], old_state: str) -> None:
    """Write the alarm's history and run its own SNS actions, after its state has changed."""
    state, reason = record["StateValue"], record["StateReason"]
    borrow(f"{MODULE}:_record_history")(record["AlarmName"], old_state, state, reason)
    borrow(f"{MODULE}:_dispatch_alarm_actions")(record, old_state, state, reason)


def record_metric(
    namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
) -> None:
    """Publish one datapoint of an AWS service."""
    borrow(f"{MODULE}:record_metric")(namespace, name, value, unit, dict(dimensions))


def datapoints(
    namespace: str, name: str, dimensions: Mapping[str, str], since: float
) -> list[Datapoint]:
    """What was published under exactly these dimensions, later than `since` (epoch seconds)."""
    key = (namespace, name, borrow(f"{MODULE}:_dims_key")(dict(dimensions)))
    points = list(borrow(f"{MODULE}:_metrics").get(key) or ())
    return [_datapoint(point) for point in points if point["Timestamp"] > since]


def _datapoint(point: dict[str, Any]) -> Datapoint:
    count, total, minimum, maximum = borrow(f"{MODULE}:_point_stats")(point)
    return Datapoint(
        at=point["Timestamp"], count=count, total=total, minimum=minimum, maximum=maximum
    )


def take_over_alarms() -> None:
    """Silence MiniStack's own evaluation, which ignores dimensions, and keep metric math."""
    module: Any = importlib.import_module(MODULE)
    put = borrow(f"{MODULE}:_put_metric_alarm")
    borrow(f"{MODULE}:_evaluate_alarm")
    borrow(f"{MODULE}:_evict_old_metrics")

    @functools.wraps(put)
    def put_with_metrics(parameters: Any, data: dict[str, Any], *rest: Any, **more: Any) -> Any:
        answer = put(parameters, data, *rest, **more)
        stored = borrow(f"{MODULE}:_alarms").get(data.get("AlarmName", ""))
        if stored is not None and data.get("Metrics"):
            stored["Metrics"] = data["Metrics"]
            for name in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions"):
                stored.pop(name, None)
        return answer

    module._put_metric_alarm = put_with_metrics
    module._evaluate_alarm = lambda *_: None
    # Eviction rebuilds each list on every request, and loses what is published meanwhile.
    module._evict_old_metrics = lambda: None
