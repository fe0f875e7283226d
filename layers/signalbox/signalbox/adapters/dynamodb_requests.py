"""Signed requests that were handled, for as long as Slack's signature holds: bytes that come again
do nothing. The table forgets the items by itself (TTL on ``expires``).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from signalbox.adapters.dynamodb_items import Item

KEPT_FOR = timedelta(minutes=10)
"""Twice as long as a signature is accepted, clocks that differ included."""


def request_item(request: str, at: datetime) -> Item:
    """The item of a request by the digest of what was signed, with a nonce of ours."""
    return {
        "pk": f"request#{request}",
        "sk": "request",
        "nonce": secrets.token_hex(16),
        "expires": int((at + KEPT_FOR).timestamp()),
    }
