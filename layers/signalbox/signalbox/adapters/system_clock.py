"""The machine's own clock and randomness."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


class SystemClock:
    """Tells the time of the machine, in UTC."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Makes ids from the operating system's randomness."""

    def new(self) -> str:
        """A fresh random id of 128 bits, 32 lower-case hexadecimal digits."""
        return secrets.token_hex(16)
