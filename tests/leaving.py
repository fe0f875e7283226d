"""What leaves Signalbox in a test, and what must never be in it.

Every test of the suite is watched (tests/conftest.py): a token in anything that a world has sent,
or in anything that was printed or logged, fails the test.
"""

from __future__ import annotations

import json
import weakref
from typing import Any

APPROVAL_TOKEN = "33333333-aaaa-4bbb-8ccc-000000000003"
TASK_TOKEN = "AAAAKgAAAAIAAAAAAAAAAtask"
BOT_TOKEN = "xoxb-test"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKENS = (APPROVAL_TOKEN, TASK_TOKEN, BOT_TOKEN, SIGNING_SECRET, "task-token-", "approval-token-")
"""The last two begin the tokens of the interleavings."""

WORLDS: weakref.WeakSet[Any] = weakref.WeakSet()
"""Every world of fakes that a test has made and still holds."""


def left(world: Any) -> dict[str, str]:
    """All that has left Signalbox through the fakes of a world, by where it went."""
    chains = getattr(world.audit, "chains", {}).values()
    started = getattr(world.workflows, "started", [])
    completed = getattr(world.workflows, "completed", [])
    return {
        "Slack": shown([_kept_by(world.messenger), _kept_by(world.modals)]),
        "SNS": shown(_kept_by(world.publisher)),
        "audit": shown([(entry.what, entry.details) for chain in chains for entry in chain]),
        "bells": shown([_bell(effect) for effect in getattr(world.bells, "rung", [])]),
        "workflows": shown([started, [output for _, output in completed]]),
        "approvals": shown([summary for _, _, summary in getattr(world.pipelines, "answers", [])]),
        "transitions": shown(getattr(world.pipelines, "closed", {})),
        "answers": shown([one.answer for one in getattr(world.ledger, "commands", {}).values()]),
    }


def _kept_by(fake: Any) -> dict[str, Any]:
    """What a recording fake has recorded; an adapter under test has its secrets."""
    return vars(fake) if type(fake).__module__.startswith("tests.") else {}


def shown(value: Any) -> str:
    """All of it as text, objects by their fields."""
    return json.dumps(value, default=_plainly, ensure_ascii=False)


def tokens_in(text: str) -> list[str]:
    """The tokens that stand in a text."""
    return [token for token in TOKENS if token in text]


def _bell(effect: Any) -> tuple[str, str, str]:
    return effect.subject, effect.kind.value, effect.key


def _plainly(value: Any) -> Any:
    return vars(value) if hasattr(value, "__dict__") else repr(value)
