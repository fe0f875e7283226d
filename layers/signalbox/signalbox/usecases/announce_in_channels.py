"""One message of a release per channel, posted once and edited in place, and its thread."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from signalbox.domain.effects import EffectKind, EffectStatus
from signalbox.domain.errors import SlackRefusedError
from signalbox.domain.truth import PostedMessage, ReleaseNotes
from signalbox.notifications.messages import release_message
from signalbox.notifications.thread import Reply, replies
from signalbox.notifications.view import ReleaseView
from signalbox.usecases.announce_ports import SILENT, Announcer, take_turn
from signalbox.usecases.effects_of_gates import announcement

GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}
"""Slack's refusals of an edit after which only a new message helps (docs.slack.dev chat.update)."""


def announce_in_channels(
    view: ReleaseView,
    notes: ReleaseNotes,
    channels: Sequence[str],
    ports: Announcer,
    *,
    within: timedelta,
) -> dict[str, Exception]:
    """Edit the message wherever it stands and post it where it does not stand yet.

    What Slack does not take in one channel keeps no other from it: the answer has the error of
    each channel that failed. The message waits ``within`` for its turn, its replies as ever.
    """
    telling = _Telling(view, release_message(view), list(notes.messages), ports, within)
    standing = [posted.to or posted.channel for posted in notes.messages]
    failed: dict[str, Exception] = {}
    for channel in dict.fromkeys([*standing, *channels]):
        try:
            telling.tell(channel)
        except SILENT as error:
            failed[channel] = error
    return failed


class _Telling:
    """One release's message, on its way to all channels."""

    def __init__(
        self,
        view: ReleaseView,
        message: Mapping[str, Any],
        messages: list[PostedMessage],
        ports: Announcer,
        within: timedelta,
    ) -> None:
        self._view = view
        self._message = message
        self._digest = _digest(message)
        self._messages = messages
        self._ports = ports
        self._within = within
        self._subject = f"release#{view.release.id.key}"

    def tell(self, channel: str) -> None:
        """Make the message and the thread in one channel what they should be."""
        places = (n for n, one in enumerate(self._messages) if channel == (one.to or one.channel))
        place = next(places, None)
        if place is None:
            place = len(self._messages)
            self._messages.append(self._post(channel))
            self._keep()
        elif self._messages[place].rendered != self._digest:
            self._messages[place] = self._edit(self._messages[place], channel)
            self._keep()
        for reply in replies(self._view):
            self._reply_once(self._messages[place], channel, reply)

    def _post(self, channel: str) -> PostedMessage:
        take_turn(channel, self._ports, within=self._within)
        self._audit("message posted", {"channel": channel, "digest": self._digest})
        at, ts = self._ports.messenger.post(channel, self._message)
        return PostedMessage(channel=at, ts=ts, rendered=self._digest, to=channel)

    def _edit(self, posted: PostedMessage, channel: str) -> PostedMessage:
        take_turn(channel, self._ports, within=self._within)
        self._audit("message edited", {"ts": posted.ts, "digest": self._digest})
        try:
            self._ports.messenger.update(posted.channel, posted.ts, self._message)
        except SlackRefusedError as refused:
            if refused.code not in GONE:
                raise
            return self._post(channel)
        return PostedMessage(
            channel=posted.channel, ts=posted.ts, rendered=self._digest, to=channel
        )

    def _reply_once(self, posted: PostedMessage, channel: str, reply: Reply) -> None:
        """Post a reply unless its claim says that it is there. The claim precedes the reply: a
        crash in between, or a lost answer, leaves it pending, and it is posted once more.
        """
        key = _digest([posted.channel, posted.ts, reply.key])[:32]
        claim = announcement(self._view.release.id, f"reply-{key}", self._ports.clock.now())
        known = self._ports.effects.effect(claim.subject, claim.key, kind=EffectKind.ANNOUNCE)
        if known is None:
            self._ports.effects.add([claim])
        elif known.status is not EffectStatus.PENDING:
            return
        take_turn(channel, self._ports)
        self._audit("reply posted", {"ts": posted.ts, "reply": reply.key})
        self._ports.messenger.reply(
            posted.channel, posted.ts, reply.message, broadcast=reply.broadcast
        )
        self._ports.effects.finish(claim, EffectStatus.DONE)

    def _keep(self) -> None:
        self._ports.releases.write_notes(self._view.release.id, messages=tuple(self._messages))

    def _audit(self, what: str, details: Mapping[str, Any]) -> None:
        self._ports.audit.append(self._subject, what, details)


def _digest(thing: Any) -> str:
    return hashlib.sha256(json.dumps(thing, sort_keys=True).encode()).hexdigest()
