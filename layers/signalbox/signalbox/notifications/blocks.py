"""Block Kit's blocks as plain dicts, within Slack's limits.

Limits from docs.slack.dev "Block Kit": section text 3,000, fields 10 of 2,000, header 150,
context 10 elements, button text 75, button value 2,000, confirm title 100 and text 300,
50 blocks per message. ``verbatim`` keeps Slack from turning strangers' text into links.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.notifications.text import MARK

Block = dict[str, Any]

SECTION_LIMIT = 3000
FIELD_LIMIT = 2000
HEADER_LIMIT = 150
BLOCKS_LIMIT = 50


def header(text: str) -> Block:
    """A large line. ``text`` is safe already."""
    return {"type": "header", "text": plain(_fit(text, HEADER_LIMIT))}


def section(mrkdwn: str) -> Block:
    """A paragraph of markup that we wrote; strangers' parts of it went through ``safe_line``."""
    return {"type": "section", "text": marked(_fit(mrkdwn, SECTION_LIMIT))}


def plain_section(text: str) -> Block:
    """A paragraph in which nothing is markup. ``text`` went through ``safe``."""
    return {"type": "section", "text": plain(_fit(text, SECTION_LIMIT))}


def fields(texts: Sequence[str]) -> Block:
    """Up to ten short texts of markup in two columns."""
    return {"type": "section", "fields": [marked(_fit(text, FIELD_LIMIT)) for text in texts[:10]]}


def context(mrkdwn: str) -> Block:
    """A line of small print."""
    return {"type": "context", "elements": [marked(_fit(mrkdwn, SECTION_LIMIT))]}


def small(elements: Sequence[Block]) -> Block:
    """A line of small print of up to ten ``plain`` or ``marked`` texts."""
    kept = [each | {"text": _fit(each["text"], SECTION_LIMIT)} for each in elements[:10]]
    return {"type": "context", "elements": kept}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def actions(block_id: str, elements: Sequence[Block]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(
    action_id: str, text: str, value: str, *, style: str, confirm: Block | None = None
) -> Block:
    """A button; ``style`` is ``primary`` or ``danger``."""
    made: Block = {
        "type": "button",
        "action_id": action_id,
        "text": plain(text),
        "value": value,
        "style": style,
    }
    return made | ({"confirm": confirm} if confirm else {})


def confirm(title: str, text: str, yes: str, no: str) -> Block:
    """The question that Slack asks before it sends the click."""
    return {
        "title": plain(_fit(title, 100)),
        "text": plain(_fit(text, 300)),
        "confirm": plain(yes),
        "deny": plain(no),
    }


def message(text: str, blocks: Sequence[Block]) -> Mapping[str, Any]:
    """A whole message; ``text`` is what notifications and screen readers use."""
    kept = list(blocks[:BLOCKS_LIMIT])
    if len(blocks) > BLOCKS_LIMIT:
        kept[-1] = context(f"{MARK} and more than Slack can show")
    return {"text": _fit(text, SECTION_LIMIT), "blocks": kept}


def plain(text: str) -> Block:
    """A text object in which nothing is markup."""
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def marked(text: str) -> Block:
    """A text object with Slack's markup, without automatic links."""
    return {"type": "mrkdwn", "text": text or " ", "verbatim": True}


def _fit(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = text[: limit - len(MARK)]
    entity = kept.rfind("&", max(0, len(kept) - 5))
    if entity >= 0 and ";" not in kept[entity:]:
        kept = kept[:entity]
    return kept + MARK
