"""Where Slack's answers become our errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from signalbox.domain.errors import SignalboxError, SlackRefusedError, SlackUnavailableError

PASSING = {
    "fatal_error",
    "internal_error",
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}
"""Errors in an ``ok: false`` after which the same call may work later (docs.slack.dev, each
method's page, "Errors"). All others are about the call itself and stay."""


_CODE = re.compile(r"[a-z][a-z0-9_]{1,80}")


def slack_error(
    method: str, status: int, answer: Mapping[str, Any], headers: Mapping[str, str]
) -> SignalboxError:
    """Our error for an answer that is not ``ok``; rate limiting is a 429, with seconds to wait.

    What carries no code of Slack's comes from something between us and Slack, and passes.
    """
    code = str(answer.get("error", ""))
    if not _CODE.fullmatch(code):
        code = "an answer that is not Slack's"
        status = max(status, 500)
    if status == 429 or status >= 500 or code in PASSING:
        return SlackUnavailableError(
            f"Slack did not take {method}: {code}", retry_after_seconds=_retry_after(headers)
        )
    return SlackRefusedError(f"Slack refused {method}: {code}", code=code)


def _retry_after(headers: Mapping[str, str]) -> int | None:
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return int(given) if given.isascii() and given.isdigit() else None
