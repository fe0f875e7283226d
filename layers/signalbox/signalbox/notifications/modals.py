"""The dialog that asks why a release is rejected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from signalbox.notifications.blocks import plain

REASON_LIMIT = 500


def reason_modal(*, gate: str, digest: str, channel: str, ts: str) -> Mapping[str, Any]:
    """The view for ``views.open``. Its metadata carries what the click carried, and no secret.

    Limits: title, submit and close 24 characters, ``private_metadata`` 3,000 (docs.slack.dev).
    """
    metadata = {"gate": gate, "digest": digest, "channel": channel, "ts": ts}
    return {
        "type": "modal",
        "callback_id": "reject_gate_reason",
        "private_metadata": json.dumps(metadata, separators=(",", ":")),
        "title": plain("Reject this release"),
        "submit": plain("Reject"),
        "close": plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": plain("Why?"),
                "hint": plain("Kept in the audit and told to CodePipeline and the channel."),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "reason",
                    "multiline": True,
                    "min_length": 1,
                    "max_length": REASON_LIMIT,
                },
            }
        ],
    }
