"""Faults in front of moto, below botocore: its retries, timeouts and error parsing stay real.

moto answers from a ``before-send`` handler of botocore. Replacing that handler's ``__call__`` lets
a test lose a reply *after* the call was applied, which no handler of its own could.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber


@contextmanager
def faults(operation: str, *kinds: str) -> Iterator[list[str]]:
    """Give the first calls of ``operation`` (``PutItem``) these faults, one each, in order.

    Kinds: ``lost-reply`` (applied, then a timeout), ``timeout`` (not applied), ``throttle``,
    ``500``, ``deny``, ``conflict`` (a transaction that met another), ``ok``. Yields the operations
    that were sent, in order.
    """
    cls = type(botocore_stubber)
    real = cls.__call__
    plan, sent = list(kinds), []

    def faulty(self: Any, event_name: str, request: Any, **kwargs: Any) -> Any:
        name = event_name.rsplit(".", 1)[-1]
        sent.append(name)
        kind = plan.pop(0) if name == operation and plan else "ok"
        if kind == "timeout":
            raise ReadTimeoutError(endpoint_url=request.url)
        if kind in ANSWERS:
            return _answer(request, *ANSWERS[kind])
        answer = real(self, event_name, request, **kwargs)
        if kind == "lost-reply":
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    setattr(cls, "__call__", faulty)  # noqa: B010 - mypy forbids assigning to a method
    try:
        yield sent
    finally:
        setattr(cls, "__call__", real)  # noqa: B010


_PREFIX = "com.amazonaws.dynamodb.v20120810#"
ANSWERS = {
    "throttle": (400, f'{{"__type": "{_PREFIX}ProvisionedThroughputExceededException"}}'),
    "500": (500, f'{{"__type": "{_PREFIX}InternalServerError"}}'),
    "deny": (400, f'{{"__type": "{_PREFIX}AccessDeniedException", "message": "no"}}'),
    "conflict": (
        400,
        f'{{"__type": "{_PREFIX}TransactionCanceledException", "message": "cancelled",'
        ' "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]}',
    ),
}


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        content, self._content = self._content, b""
        yield content

    def read(self, *_: Any, **__: Any) -> bytes:
        content, self._content = self._content, b""
        return content


def _answer(request: AWSPreparedRequest, status: int, body: str) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), _Body(body.encode()))
