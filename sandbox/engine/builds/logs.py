"""A build's log, streamed to CloudWatch Logs.

AWS asks the build role's policies about the log group as `log-group:NAME:*` and the stream as
`log-group:NAME:log-stream:STREAM`; MiniStack asks about `log-group:NAME`, which a policy with the
group's own ARN does not match. So the rights are asked here, and the lines sent as root.
"""

import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.engine.naming import ACCOUNT, REGION
from sandbox.engine.ports import Clock

_FLUSH_SECONDS = 0.4
_MOST_EVENTS = 1000
_MOST_BYTES = 250_000


Denied = Callable[[str, str], str | None]
"""`denied(action, resource ARN)`: None, or AWS's refusal of the build's role."""


class LogDenied(Exception):  # noqa: N818 - a fact that the phase context reports
    """The build's role may not write its log."""


class BuildLog:
    """Collects lines and sends them in batches; `close` sends the rest.

    CodeBuild makes the log group only when it is missing, so that a role without
    logs:CreateLogGroup works with a group that exists.
    """

    def __init__(
        self, *, client: Any, group: str, stream: str, clock: Clock, denied: Denied
    ) -> None:
        self._client = client
        self._denied = denied
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._group_arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
        self._stream_arn = f"{self._group_arn}:log-stream:{stream}"
        self._clock = clock
        self._lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._sender = threading.Thread(target=self._send, name="build-log", daemon=True)

    def open(self) -> None:
        """Make the stream; raises LogDenied when the role may not."""
        self._require("logs:CreateLogStream", f"{self._group_arn}:*")
        self._require("logs:PutLogEvents", self._stream_arn)
        try:
            self._client.create_log_stream(**self._names)
        except self._client.exceptions.ResourceNotFoundException:
            self._require("logs:CreateLogGroup", f"{self._group_arn}:*")
            self._client.create_log_group(logGroupName=self._names["logGroupName"])
            self._client.create_log_stream(**self._names)
        self._sender.start()

    def _require(self, action: str, resource_arn: str) -> None:
        refusal = self._denied(action, resource_arn)
        if refusal is not None:
            raise LogDenied(refusal)

    def say(self, line: str) -> None:
        """Write a line."""
        at = int(self._clock.now().timestamp() * 1000)
        message = line[:_MOST_BYTES] + "\n"
        with self._lock:
            self._lines.append({"timestamp": at, "message": message})

    def close(self) -> None:
        """Send what is left and stop."""
        self._closed.set()
        if self._sender.is_alive():
            self._sender.join(timeout=10)

    def _send(self) -> None:
        while not self._closed.wait(_FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        for first in range(0, len(lines), _MOST_EVENTS):
            try:
                self._client.put_log_events(
                    **self._names, logEvents=lines[first : first + _MOST_EVENTS]
                )
            except (ClientError, BotoCoreError):
                return
