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
from sandbox.emulator.authorization import document_arn
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
from sandbox.emulator.identity import (
    access_key_of,
    caller_arn,
    denied,
    forgery,
    user_identity,
)
from sandbox.emulator.invocations import Invocation, on_invocation
from sandbox.emulator.resources import Provisioned, register_resource
from sandbox.emulator.systems_manager import extend_systems_manager
from sandbox.emulator.trail import a_trail_logs, start_trail, trail_routes

__all__ = [
    "ACCOUNT",
    "REGION",
    "Datapoint",
    "Invocation",
    "Provisioned",
    "a_trail_logs",
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
    "document_arn",
    "emit_event",
    "endpoint",
    "extend_systems_manager",
    "forgery",
    "on_invocation",
    "put_alarm",
    "record_metric",
    "register_resource",
    "session_environment",
    "start_trail",
    "stop_workers",
    "tell_of_alarm",
    "trail_routes",
    "user_identity",
]
