"""One message for many releases, where a channel could not take a message of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signalbox.domain.identity import ReleaseId
from signalbox.notifications.blocks import context, header, message, section
from signalbox.notifications.links import execution_url
from signalbox.notifications.text import safe_line
from signalbox.notifications.view import EMOJI, Headline

LISTED = 20


def storm_message(service: str, word: Headline, releases: Sequence[ReleaseId]) -> Mapping[str, Any]:
    """``❌ 37 releases of hello: failed``, with links to the first of them."""
    many = f"{len(releases)} releases" if len(releases) != 1 else "1 release"
    title = f"{EMOJI[word]} {many} of {safe_line(service, 60)}: {word}"
    links = [
        f"<{execution_url(release)}|{safe_line(release.execution[:8])}>"
        for release in releases[:LISTED]
    ]
    if len(releases) > LISTED:
        links.append(f"… and {len(releases) - LISTED} more")
    why = "Told together: the channel takes one message a second, and there were more."
    return message(title, [header(title), section(" · ".join(links)), context(why)])
