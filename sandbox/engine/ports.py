"""What the engine needs from the world, as small protocols; fakes stand in for them in tests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol


class Clock(Protocol):
    """The sandbox's clock: real instants, scaled waits."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...

    def scaled(self, aws_seconds: float) -> float:
        """How many real seconds pass here for so many on AWS."""
        ...

    def sleep(self, aws_seconds: float) -> None:
        """Wait for that many AWS seconds, which the sandbox may make shorter."""
        ...


class Emit(Protocol):
    """Puts a service's event on the default event bus."""

    def __call__(
        self,
        *,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str],
        time: datetime | None = None,
    ) -> None:
        """Emit the event; `time` is the envelope's time, now when absent."""
        ...


class Clients(Protocol):
    """Makes boto3 clients against the sandbox, as root or under an assumed role."""

    def __call__(self, service: str, /, *, role_arn: str | None = None, session: str = ...) -> Any:
        """Return the client of that service."""
        ...
