"""A build's log, streamed to CloudWatch Logs under the build's role."""

import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.engine.ports import Clock

_FLUSH_SECONDS = 0.4
_MOST_EVENTS = 1000
_MOST_BYTES = 250_000


class BuildLog:
    """Collects lines and sends them in batches; `close` sends the rest.

    CodeBuild makes the log group only when it is missing, so that a role without
    logs:CreateLogGroup works with a group that exists.
    """

    def __init__(self, *, client: Any, group: str, stream: str, clock: Clock) -> None:
        self._client = client
        self._names = {"logGroupName": group, "logStreamName": stream}
        self._clock = clock
        self._lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._sender = threading.Thread(target=self._send, name="build-log", daemon=True)

    def open(self) -> None:
        """Make the stream; raises ClientError when the role may not."""
        try:
            self._client.create_log_stream(**self._names)
        except self._client.exceptions.ResourceNotFoundException:
            self._client.create_log_group(logGroupName=self._names["logGroupName"])
            self._client.create_log_stream(**self._names)
        self._sender.start()

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
