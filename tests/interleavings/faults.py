"""The eight faults of the matrix, for calls of the quick DynamoDB and of ports in memory.

A client of botocore repeats what was not answered: that is why a lost reply means that the call was
made twice, and that only the second answer is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError

from tests.interleavings.quick_dynamodb import refusal

FAULTS = (
    "throttle",
    "500",
    "503",
    "deny",
    "connect-timeout",
    "reset",
    "lost-reply",
    "die-after",
)
CODES = {
    "throttle": ("ProvisionedThroughputExceededException", 400),
    "500": ("InternalServerError", 500),
    "503": ("ServiceUnavailable", 503),
    "deny": ("AccessDeniedException", 400),
}
SAFE_TO_ASK = {"GetItem", "Query"}


class DiedError(BaseException):
    """The end of an invocation: nothing in the code may catch it."""


@dataclass
class Faults:
    """Gives the nth call from now on its fault; ``given`` remembers what was given."""

    armed: list[tuple[int, str]] = field(default_factory=list)
    next_of: dict[str, str] = field(default_factory=dict)
    given: list[tuple[str, str]] = field(default_factory=list)
    off: bool = False

    def arm(self, kind: str, calls_later: int) -> None:
        """The call that comes after so many others gets this fault."""
        self.armed.append((calls_later, kind))

    def arm_next(self, operation: str, kind: str) -> None:
        """The next call of this operation gets this fault."""
        self.next_of[operation] = kind

    def disarm(self) -> None:
        """No call gets a fault any more."""
        self.armed.clear()
        self.next_of.clear()

    def to_dynamodb(self, operation: str, call: Callable[[], Any]) -> Any:
        """A call of the quick DynamoDB, with its fault if it has one, as botocore raises it."""
        kind = self._of(operation)
        if kind in CODES:
            code, status = CODES[kind]
            raise refusal(code, operation, "injected", ResponseMetadata={"HTTPStatusCode": status})
        if kind == "connect-timeout":
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")
        if kind == "reset":
            raise ConnectionClosedError(endpoint_url="https://dynamodb")
        return self._made(kind, call)

    def to_port(self, operation: str, call: Callable[[], Any]) -> Any:
        """A call of a port that some other AWS service stands behind, as its adapter raises it."""
        kind = self._of(operation)
        if kind == "deny":
            raise AwsRefusedError("injected", code="AccessDeniedException")
        if kind in {*CODES, "connect-timeout", "reset"}:
            raise AwsUnavailableError("injected", throttled=kind == "throttle")
        return self._made(kind, call)

    def _made(self, kind: str, call: Callable[[], Any]) -> Any:
        answer = call()
        if kind == "lost-reply":
            return call()
        if kind == "die-after":
            raise DiedError
        return answer

    def _of(self, operation: str) -> str:
        if self.off:
            return ""
        if operation in self.next_of:
            self.given.append((operation, self.next_of[operation]))
            return self.next_of.pop(operation)
        due = [kind for left, kind in self.armed if left <= 0]
        self.armed = [(left - 1, kind) for left, kind in self.armed if left > 0]
        if not due:
            return ""
        self.given.append((operation, due[0]))
        return due[0]


class Faulty:
    """A port whose methods meet faults; everything else of it is as it was."""

    def __init__(self, port: Any, faults: Faults, *methods: str) -> None:
        self._port, self._faults, self._methods = port, faults, frozenset(methods)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in self._methods:
            return found

        def meet(*args: Any, **kwargs: Any) -> Any:
            return self._faults.to_port(name, lambda: found(*args, **kwargs))

        return meet
