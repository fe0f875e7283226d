"""`AWS::CloudWatch::Alarm` for CloudFormation, metric math included."""

from typing import Any

from sandbox import emulator
from sandbox.alarms.definition import read
from sandbox.emulator import Provisioned

TYPE = "AWS::CloudWatch::Alarm"
KEPT = (
    "ActionsEnabled", "AlarmActions", "AlarmDescription", "ComparisonOperator",
    "DatapointsToAlarm", "Dimensions", "EvaluationPeriods", "ExtendedStatistic",
    "InsufficientDataActions", "MetricName", "Metrics", "Namespace", "OKActions", "Period",
    "Statistic", "Threshold", "TreatMissingData", "Unit",
)  # fmt: skip
NUMBERS = {"DatapointsToAlarm": int, "EvaluationPeriods": int, "Period": int, "Threshold": float}


def register() -> None:
    """Put our handler in the place of MiniStack's, which refuses metric math."""
    emulator.register_resource(TYPE, create=_create, update=_update, delete=_delete)


def _create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
    return _put(properties.get("AlarmName") or f"{stack_name}-{logical_id}", properties)


def _update(
    physical_id: str, _old: dict[str, Any], properties: dict[str, Any], _stack: str
) -> Provisioned:
    name = properties.get("AlarmName") or physical_id
    if name != physical_id:
        emulator.delete_alarm(physical_id)
    return _put(name, properties)


def _delete(physical_id: str, _: dict[str, Any]) -> None:
    emulator.delete_alarm(physical_id)


def _put(name: str, properties: dict[str, Any]) -> Provisioned:
    record: dict[str, Any] = {"ActionsEnabled": True, "TreatMissingData": "missing"}
    record |= {key: properties[key] for key in KEPT if key in properties}
    record |= {key: kind(record[key]) for key, kind in NUMBERS.items() if key in record}
    for metric in record.get("Metrics", []):
        metric["ReturnData"] = str(metric.get("ReturnData", True)).lower() == "true"
    record["ActionsEnabled"] = str(record["ActionsEnabled"]).lower() == "true"
    record["AlarmName"] = name
    read(record)
    return name, {"Arn": emulator.put_alarm(record)}
