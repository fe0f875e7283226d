"""CloudWatch alarms, through the operator role of each service."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline import ServiceClients
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.services import Service
from signalbox.domain.states import AlarmState

LOG = logging.getLogger(__name__)

AT_ONCE = 100
"""The most names that DescribeAlarms takes, and the most alarms it gives (botocore)."""
COMPOSITE = "CompositeAlarm"
"""Without ``AlarmTypes`` it answers for metric alarms only (DescribeAlarms, API reference)."""
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


class CloudWatchAlarms:
    """``Alarms`` on DescribeAlarms.

    Composite alarms need the right on ``*``: "You can't return information about composite alarms
    if your cloudwatch:DescribeAlarms permission has a narrower scope" (DescribeAlarms, API
    reference). So only what is no metric alarm is asked for as one, in a call of its own.
    """

    def __init__(self, clients: ServiceClients) -> None:
        self._clients = clients

    def state(self, service: Service, names: Sequence[str]) -> Mapping[str, AlarmState]:
        """The present state of each alarm; alarms that do not exist are absent.

        UNKNOWN is one that is no metric alarm where composite alarms may not be read.
        """
        states: dict[str, AlarmState] = {}
        for start in range(0, len(names), AT_ONCE):
            some = list(names[start : start + AT_ONCE])
            found = self._states(service, some)
            missing = [name for name in some if name not in found]
            states |= found | (self._composite(service, missing) if missing else {})
        return states

    def _composite(self, service: Service, names: Sequence[str]) -> dict[str, AlarmState]:
        try:
            return self._states(service, names, AlarmTypes=[COMPOSITE])
        except AwsRefusedError as refused:
            if refused.code not in DENIED:
                raise
            LOG.warning("composite alarms of %s cannot be read: %s", service.name, refused)
            return dict.fromkeys(names, AlarmState.UNKNOWN)

    def _states(
        self, service: Service, names: Sequence[str], **kinds: Any
    ) -> dict[str, AlarmState]:
        with aws_call(f"read the alarms of {service.name}"):
            client = self._clients.for_service(service, "cloudwatch")
            answer = client.describe_alarms(AlarmNames=names, MaxRecords=AT_ONCE, **kinds)
        found = (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))
        return {
            str(alarm["AlarmName"]): _state(str(alarm.get("StateValue", ""))) for alarm in found
        }


def _state(value: str) -> AlarmState:
    return AlarmState(value) if value in AlarmState.__members__ else AlarmState.UNKNOWN
