"""MiniStack as an ASGI application, started and stopped."""

from typing import Any

from sandbox.emulator.alarm_store import take_over_alarms
from sandbox.emulator.authorization import ask_for_the_right_rights, name_the_role_of_a_session
from sandbox.emulator.borrowed import borrow
from sandbox.emulator.http_api import guard_iam_routes
from sandbox.emulator.invocations import observe_invocations
from sandbox.emulator.lambda_errors import name_errors_by_class
from sandbox.emulator.lambda_rights import know_alias_rights
from sandbox.emulator.object_lock import keep_object_lock
from sandbox.emulator.table_rights import ask_table_policies, know_which_items
from sandbox.emulator.workflows import evaluate_timeouts


def application() -> Any:
    """MiniStack's ASGI application, with the differences from AWS that we mend."""
    borrow("ministack.core.hypercorn_compat:install")()
    name_errors_by_class()
    observe_invocations()
    keep_object_lock()
    know_alias_rights()
    take_over_alarms()
    ask_for_the_right_rights()
    name_the_role_of_a_session()
    know_which_items()
    ask_table_policies()
    evaluate_timeouts()
    guard_iam_routes()
    return over_tls(borrow("ministack.app:app"))


def over_tls(app: Any) -> Any:
    """The application as if reached over TLS, as AWS is; else `aws:SecureTransport` is false."""

    async def secured(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        await app(scope, receive, send)

    return secured


def stop_workers() -> None:
    """End every Lambda worker process and remove its files."""
    borrow("ministack.core.lambda_runtime:reset")()
