"""Makes strangers' text safe to show: cleaned, masked, cut and escaped, in this order."""

from __future__ import annotations

import re
import unicodedata

from signalbox.notifications.masking import mask

MARK = "…"
_PARTIAL_ENTITY = re.compile(r"&[a-z]{0,4}$")
_KEPT_CONTROLS = "\n"


def clean(text: str) -> str:
    """Drop control characters, bidi overrides and zero-width characters; keep line breaks.

    Unicode categories: Cc control, Cf format (bidi and zero width), Cs surrogate, Co private use,
    Zl and Zp line separators. A combining run is cut to three, so that no letter towers over lines.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept, combining = [], 0
    for char in text:
        category = unicodedata.category(char)
        combining = combining + 1 if category == "Mn" else 0
        if combining > 3 or (char not in _KEPT_CONTROLS and _is_unseen(category)):
            continue
        kept.append(char)
    return "".join(kept)


def _is_unseen(category: str) -> bool:
    return category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters; what was cut off shows as an ellipsis."""
    return text if len(text) <= limit else text[: limit - len(MARK)].rstrip() + MARK


def escape(text: str) -> str:
    """Escape the three characters that mean something to Slack.

    Source: docs.slack.dev "Formatting message text": only ``&``, ``<`` and ``>``.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def safe(text: str, limit: int = 3000) -> str:
    """Text from outside for a ``plain_text`` object, escaped, at most ``limit`` characters."""
    escaped = escape(cut(mask(clean(_start(text, limit))), limit))
    if len(escaped) <= limit:
        return escaped
    return _PARTIAL_ENTITY.sub("", escaped[: limit - len(MARK)]) + MARK


def safe_line(text: str, limit: int = 300) -> str:
    """One line of text from outside, for use inside ``mrkdwn``: backticks cannot close a span."""
    return safe(_one_line(text, limit).replace("`", "'"), limit)


def plain_line(text: str, limit: int = 300) -> str:
    """One line of text from outside for e-mail, AWS and logs: cleaned and masked, not escaped."""
    return cut(mask(_one_line(text, limit)), limit)


def _one_line(text: str, limit: int) -> str:
    return " ".join(clean(_start(text, limit)).split())


def _start(text: str, limit: int) -> str:
    """As much as may show after masking has made it shorter; the rest is not worth its time."""
    return text[: max(4 * limit, 2000)]
