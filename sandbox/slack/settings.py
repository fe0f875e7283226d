"""How the double is set up, and how it is told to fail."""

import secrets
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EVERY_SCOPE = ("chat:write", "users:read", "users:read.email", "commands")


class Failure(BaseModel):
    """Make calls fail: with Slack's error, with an HTTP status, or by answering late.

    `after` fails once the work is done, as when the reply is lost; `times` is for how many calls
    (`None`: until told otherwise).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str = "*"
    error: str | None = None
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: int = 1
    hang: float = 0.0
    after: bool = False
    times: int | None = None

    def concerns(self, method: str) -> bool:
        """Whether a call of `method` is to fail."""
        return self.method in {"*", method} and self.times != 0


class SlackSettings(BaseModel):
    """The app's registration, and the limits in force."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request_url: str | None = None
    command_url: str | None = None
    signing_secret: str = Field(default_factory=lambda: secrets.token_hex(16))
    bot_token: str = Field(default_factory=lambda: f"xoxb-{secrets.token_hex(12)}")
    scopes: Sequence[str] = EVERY_SCOPE
    fail_with: Failure | None = None
    rate_limit: bool = False
    trigger_seconds: float = 3.0
    signature: Literal["valid", "forged", "old", "missing"] = "valid"

    def changed(self, changes: dict[str, object]) -> "SlackSettings":
        """These settings with `changes` (checked: a misspelt one is refused)."""
        return SlackSettings.model_validate({**self.model_dump(), **changes})
