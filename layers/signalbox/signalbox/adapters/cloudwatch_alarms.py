"""CloudWatch alarms, through the operator role of each service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline import ServiceClients
from signalbox.domain.services import Service
from signalbox.domain.states import AlarmState

AT_ONCE = 100
"""The most names that DescribeAlarms takes, and the most alarms it gives (botocore)."""


class CloudWatchAlarms:
    """``Alarms`` on DescribeAlarms.

    Without ``AlarmTypes`` it answers for metric alarms only, and those alone may be granted by
    name: composite alarms need the right on ``*`` (DescribeAlarms, API reference).
    """

    def __init__(self, clients: ServiceClients) -> None:
        self._clients = clients

    def state(self, service: Service, names: Sequence[str]) -> Mapping[str, AlarmState]:
        """The present state of each alarm; alarms that do not exist are absent."""
        states: dict[str, AlarmState] = {}
        for start in range(0, len(names), AT_ONCE):
            some = list(names[start : start + AT_ONCE])
            with aws_call(f"read the alarms of {service.name}"):
                client = self._clients.for_service(service, "cloudwatch")
                answer = client.describe_alarms(AlarmNames=some, MaxRecords=AT_ONCE)
            for alarm in answer.get("MetricAlarms", ()):
                states[str(alarm["AlarmName"])] = _state(str(alarm.get("StateValue", "")))
        return states


def _state(value: str) -> AlarmState:
    return AlarmState(value) if value in AlarmState.__members__ else AlarmState.UNKNOWN
