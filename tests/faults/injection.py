"""Faults between botocore and moto: retries, error parsing and timeouts of botocore stay real.

moto answers from a ``before-send`` handler of botocore. Here that handler's ``__call__`` is
replaced while a sweep runs, so that a reply can be lost *after* the call was applied. A fault hits
one call together with all its retries, for a fault that one retry mends tests botocore, not us.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from moto.core.models import botocore_stubber

FAULTS = (
    "throttle",
    "500",
    "503",
    "reset",
    "connect-timeout",
    "lost-reply",
    "lost-replies",
    "deny",
    "die-before",
    "die-after",
)
"""``lost-reply`` loses the first reply of a call, so that botocore repeats what was applied;
``lost-replies`` loses them all. ``die-before`` is Lambda's deadline while a call hangs,
``die-after`` a crash between one call and the next, or at the end."""

Fake = Callable[[str, Mapping[str, Any]], tuple[int, Mapping[str, Any]] | None]
"""Answers an operation with a status and a document, as a JSON service does, or leaves it to moto
with None."""


class DiedError(BaseException):
    """The end of an invocation: nothing in the code may catch it."""


@dataclass(frozen=True, slots=True)
class Site:
    """One call: the nth of its operation in an invocation, as ``3 announce dynamodb.PutItem#2``."""

    invocation: int
    function: str
    operation: str
    nth: int

    def __str__(self) -> str:
        return f"{self.invocation} {self.function} {self.operation}#{self.nth}"


class Injector:
    """Counts calls, and gives one of them its fault, or refuses an operation for good."""

    def __init__(self) -> None:
        self.arm()

    def arm(
        self,
        *,
        fault: tuple[Site, str] | None = None,
        refused: str = "",
        invocation: int = 0,
    ) -> None:
        """Before a run: ``fault`` hits one call with its retries, ``refused`` is an operation that
        is denied from now on. ``invocation`` is how many there were before.
        """
        self.sites: list[Site] = []
        self.hits = 0
        self._fault, self._refused = fault, refused
        self._invocation, self._function = invocation, ""
        self._counted: Counter[str] = Counter()
        self._calls: dict[str, Site] = {}
        self._attempts: Counter[Site] = Counter()
        self._elsewhere = False

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Calls that something other than the functions under test makes."""
        self._elsewhere = True
        yield
        self._elsewhere = False

    @property
    def over(self) -> bool:
        """Whether the one fault was given, so that nothing else will fail."""
        return bool(self._fault and self.hits)

    def begin(self, function: str) -> None:
        """The next invocation begins."""
        self._invocation += 1
        self._function = function
        self._counted.clear()

    def meet(self, operation: str, call: str) -> str:
        """The fault that this attempt of a call gets, or nothing."""
        if self._elsewhere:
            return ""
        site = self._calls.get(call)
        if site is None:
            self._counted[operation] += 1
            nth = self._counted[operation]
            site = self._calls[call] = Site(self._invocation, self._function, operation, nth)
            self.sites.append(site)
        self._attempts[site] += 1
        kind = "deny" if operation == self._refused else ""
        if self._fault and self._fault[0] == site:
            kind = self._fault[1]
        if kind == "lost-reply" and self._attempts[site] > 1:
            kind = ""
        self.hits += bool(kind)
        return kind


@contextmanager
def in_front_of_moto(injector: Injector, fakes: Mapping[str, Fake]) -> Iterator[None]:
    """Let every call pass the injector, then a fake where the service has one, else moto."""
    cls = type(botocore_stubber)
    real = cls.__call__

    def answer(self: Any, event_name: str, request: AWSPreparedRequest, **kwargs: Any) -> Any:
        _, service, operation = event_name.split(".")
        call = _text(request.headers["amz-sdk-invocation-id"])
        kind = injector.meet(f"{service}.{operation}", call)
        raise_before(kind, request.url)
        if kind in STATUS:
            return _refusal(service, kind, request)
        fake = fakes.get(service)
        faked = fake(operation, json.loads(request.body)) if fake else None
        if faked is None:
            given = real(self, event_name, request, **kwargs)
        else:
            given = _response(request.url, faked[0], json.dumps(faked[1]))
        raise_after(kind, request.url)
        return given

    setattr(cls, "__call__", answer)  # noqa: B010 - mypy forbids assigning to a method
    try:
        yield
    finally:
        setattr(cls, "__call__", real)  # noqa: B010


def raise_before(kind: str, url: str) -> None:
    """What keeps a call from arriving."""
    if kind == "reset":
        raise ConnectionClosedError(endpoint_url=url)
    if kind == "connect-timeout":
        raise ConnectTimeoutError(endpoint_url=url)
    if kind == "die-before":
        raise DiedError


def raise_after(kind: str, url: str) -> None:
    """What keeps its answer from arriving."""
    if kind in {"lost-reply", "lost-replies"}:
        raise ReadTimeoutError(endpoint_url=url)
    if kind == "die-after":
        raise DiedError


STATUS = {"throttle": 400, "500": 500, "503": 503, "deny": 400}
CODES = {
    "throttle": "ThrottlingException",
    "500": "InternalServerError",
    "503": "ServiceUnavailable",
    "deny": "AccessDeniedException",
}
OF_DYNAMODB = {"throttle": "ProvisionedThroughputExceededException"}
OF_XML = {"throttle": "Throttling", "500": "InternalFailure", "deny": "AccessDenied"}
OF_S3 = {"throttle": "SlowDown", "500": "InternalError", "deny": "AccessDenied"}


def _refusal(service: str, kind: str, request: AWSPreparedRequest) -> AWSResponse:
    """An error as the service writes it: JSON, or the XML of query services and of S3."""
    if service == "s3":
        status = {"throttle": 503, "deny": 403}.get(kind, STATUS[kind])
        code = {**CODES, **OF_S3}[kind]
        body = f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
        return _response(request.url, status, body)
    if service in {"sns", "sts", "cloudwatch"}:
        code = {**CODES, **OF_XML}[kind]
        body = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
        return _response(request.url, 403 if kind == "deny" else STATUS[kind], body)
    code = {**CODES, **(OF_DYNAMODB if service == "dynamodb" else {})}[kind]
    body = json.dumps({"__type": code, "message": "injected"})
    return _response(request.url, STATUS[kind], body)


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()

    def read(self, *_: Any, **__: Any) -> bytes:
        content, self._content = self._content, b""
        return content


def _response(url: str, status: int, body: str) -> AWSResponse:
    return AWSResponse(url, status, {}, _Body(body.encode()))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
