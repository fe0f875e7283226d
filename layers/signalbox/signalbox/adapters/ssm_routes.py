"""The document that says where messages go: ``{prefix}/routes`` in Parameter Store."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import DocumentInvalidError
from signalbox.ports import Clock

KEPT_FOR = timedelta(minutes=5)


class SsmRoutes:
    """Reads ``{"contract": 1, "channel": "#releases"}``, at most once in five minutes."""

    def __init__(self, client: Any, prefix: str, clock: Clock) -> None:
        self._client = client
        self._name = f"{prefix}/routes"
        self._clock = clock
        self._channel = ""
        self._read_at: datetime | None = None

    def default_channel(self) -> str:
        """The channel for services that name none. Raises DocumentInvalidError naming the field."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= KEPT_FOR:
            with aws_call(f"read {self._name}"):
                answer = self._client.get_parameter(Name=self._name)
            self._channel, self._read_at = self._parse(answer["Parameter"]["Value"]), now
        return self._channel

    def _parse(self, text: str) -> str:
        try:
            document = json.loads(text)
        except ValueError as wrong:
            raise DocumentInvalidError(f"{self._name} is no JSON: {wrong}") from wrong
        if not isinstance(document, dict) or document.get("contract") != 1:
            raise DocumentInvalidError(f"{self._name}: contract must be 1")
        channel = document.get("channel")
        if not isinstance(channel, str) or not channel:
            raise DocumentInvalidError(f"{self._name}: channel is missing")
        return channel
