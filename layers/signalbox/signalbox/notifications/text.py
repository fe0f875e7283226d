"""Makes strangers' text safe to show: cleaned, masked, cut and escaped, in this order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from signalbox.notifications.masking import mask

MARK = "…"
_PARTIAL_ENTITY = re.compile(r"&[a-z]{0,4}$")
_KEPT_CONTROLS = "\n"
_RULER = re.compile(r"([=_\-*#~.+])\1{5,}")


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


def plain_lines(lines: Sequence[str], limit: int) -> list[str]:
    """The last ``limit`` lines of a text from outside, as ``plain_line``, each at most 200 long.

    A secret that spreads over lines, such as a private key, is masked before they are parted.
    """
    whole = mask(clean("\n".join(line[:2000] for line in lines)))
    return [plain_line(line, 200) for line in whole.split("\n") if line.strip()][-limit:]


def safe_code(lines: Sequence[str], limit: int = 2500) -> str:
    """The last lines from outside as a block of code, of which no backtick can end it.

    At most ``limit`` characters; what is cut off is the beginning, and a mark says so. Rulers such
    as ``=======`` become short, for phones.
    """
    kept: list[str] = []
    room = limit - len("```\n…\n```")
    for line in reversed(lines):
        shown = safe_line(_RULER.sub(r"\1\1\1", line), 200)
        if len(shown) + 1 > room:
            kept.append(MARK)
            break
        kept.append(shown)
        room -= len(shown) + 1
    return "```\n" + "\n".join(reversed(kept)) + "\n```" if kept else ""


def _one_line(text: str, limit: int) -> str:
    return " ".join(clean(_start(text, limit)).split())


def _start(text: str, limit: int) -> str:
    """As much as may show after masking has made it shorter; the rest is not worth its time."""
    return text[: max(4 * limit, 2000)]
