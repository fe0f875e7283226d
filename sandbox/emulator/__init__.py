"""MiniStack, as the rest of the sandbox sees it; nothing else touches its inside."""

from sandbox.emulator.alarm_store import (
    Datapoint,
    alarms,
    datapoints,
    delete_alarm,
    put_alarm,
    record_metric,
    tell_of_alarm,
)
from sandbox.emulator.application import application, stop_workers
from sandbox.emulator.bus import bus_routes
from sandbox.emulator.clients import client, session_environment
from sandbox.emulator.environment import (
    ACCOUNT,
    REGION,
    account,
    configure,
    credentials,
    endpoint,
)
from sandbox.emulator.events import emit_event
from sandbox.emulator.identity import access_key_of, caller_arn, denied, forgery
from sandbox.emulator.invocations import Invocation, on_invocation
from sandbox.emulator.resources import Provisioned, register_resource

__all__ = [
    "ACCOUNT",
    "REGION",
    "Datapoint",
    "Invocation",
    "Provisioned",
    "access_key_of",
    "account",
    "alarms",
    "application",
    "bus_routes",
    "caller_arn",
    "client",
    "configure",
    "credentials",
    "datapoints",
    "delete_alarm",
    "denied",
    "emit_event",
    "endpoint",
    "forgery",
    "on_invocation",
    "put_alarm",
    "record_metric",
    "register_resource",
    "session_environment",
    "stop_workers",
    "tell_of_alarm",
]
