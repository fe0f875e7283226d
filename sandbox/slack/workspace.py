"""The workspace's state: who is in it, what was posted, which modals are open."""

import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import httpx

from sandbox.slack.model import (
    BOT_USER_ID,
    CHANNELS,
    GUESTS_CHANNEL,
    PEOPLE,
    TEAM_ID,
    Block,
    Message,
    ResponseUrl,
    SlackRefusalError,
    Trigger,
    User,
    View,
)
from sandbox.slack.settings import SlackSettings


class SlackWorkspace:
    """One workspace with one app in it. Every method may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.settings = SlackSettings()
        self.transport: httpx.AsyncBaseTransport | None = None
        self.users = {user.id: user for user in PEOPLE}
        self.channels = dict(CHANNELS)
        self.calls: deque[Mapping[str, object]] = deque(maxlen=500)
        self._messages: dict[tuple[str, str], Message] = {}
        self._views: dict[str, View] = {}
        self._triggers: dict[str, Trigger] = {}
        self._response_urls: dict[str, ResponseUrl] = {}
        self._posted_at: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def configure(self, settings: SlackSettings) -> None:
        """Take over new settings."""
        with self._lock:
            self.settings = settings

    def user(self, user_id: str) -> User:
        """The person with this id; `SlackRefusalError("user_not_found")` if there is none."""
        if user_id not in self.users:
            raise SlackRefusalError("user_not_found")
        return self.users[user_id]

    def user_by_email(self, email: str) -> User:
        """The person with this address, in any case of letters; not a deactivated one."""
        for user in self.users.values():
            if not user.deleted and user.email.casefold() == email.strip().casefold():
                return user
        raise SlackRefusalError("users_not_found")

    def is_member(self, user_id: str, channel: str) -> bool:
        """Whether this person is in the channel."""
        user = self.users.get(user_id)
        if user is None or user.deleted:
            return False
        return channel == GUESTS_CHANNEL if user.is_restricted else channel in self.channels

    def channel_id(self, reference: str, *, names: bool) -> str:
        """The channel by id or, where the method takes them, by `#name`."""
        if reference in self.channels:
            return reference
        if names:
            for channel_id, name in self.channels.items():
                if reference.removeprefix("#") == name:
                    return channel_id
        raise SlackRefusalError("channel_not_found")

    def too_soon(self, channel: str) -> bool:
        """Whether a post now would break Slack's one message per second and channel."""
        with self._lock:
            last, now = self._posted_at.get(channel, 0.0), self.clock()
            if self.settings.rate_limit and now - last < 1.0:
                return True
            self._posted_at[channel] = now
            return False

    def post(
        self,
        channel: str,
        *,
        text: str,
        blocks: Sequence[Block],
        thread_ts: str | None = None,
        only_for: str | None = None,
    ) -> Message:
        """Add a message; its `ts` is unique in the workspace and ascending."""
        with self._lock:
            ts = f"{int(self.clock())}.{next(self._numbers):06d}"
            message = Message(
                channel=channel, ts=ts, text=text, thread_ts=thread_ts, only_for=only_for,
                blocks=self._with_ids(blocks),
            )  # fmt: skip
            self._messages[channel, ts] = message
            return message

    def update(
        self,
        channel: str,
        ts: str,
        *,
        text: str,
        blocks: Sequence[Block],
        by_response_url: bool = False,
    ) -> Message:
        """Replace a message of ours in its place; one that a single person sees by response URL."""
        with self._lock:
            old = self._messages.get((channel, ts))
            if old is None or (old.only_for is not None and not by_response_url):
                raise SlackRefusalError("message_not_found")
            if old.user != BOT_USER_ID:
                raise SlackRefusalError("cant_update_message")
            blocks = self._with_ids(blocks)
            new = replace(old, text=text, blocks=blocks, edited=old.edited + 1)
            self._messages[channel, ts] = new
            return new

    def delete(self, channel: str, ts: str) -> None:
        """Take a message away."""
        with self._lock:
            if self._messages.pop((channel, ts), None) is None:
                raise SlackRefusalError("message_not_found")

    def say(self, user_id: str, channel: str, text: str) -> Message:
        """A person writes; the app may not edit that."""
        with self._lock:
            message = replace(self.post(channel, text=text, blocks=()), user=self.user(user_id).id)
            self._messages[channel, message.ts] = message
            return message

    def messages(self) -> list[Message]:
        """What everybody sees, oldest first."""
        with self._lock:
            return [message for message in self._messages.values() if message.only_for is None]

    def everything(self) -> list[Message]:
        """What anybody sees, oldest first."""
        with self._lock:
            return list(self._messages.values())

    def ephemerals(self) -> list[Message]:
        """What only one person sees, oldest first."""
        with self._lock:
            return [message for message in self._messages.values() if message.only_for is not None]

    def message(self, ts: str) -> Message:
        """The message with this timestamp, in whatever channel."""
        with self._lock:
            for message in self._messages.values():
                if message.ts == ts:
                    return message
        raise SlackRefusalError("message_not_found")

    def new_trigger(self, user_id: str) -> str:
        """A fresh trigger id for something `user_id` pressed."""
        with self._lock:
            trigger = f"{next(self._numbers)}.{TEAM_ID}.{secrets.token_hex(16)}"
            self._triggers[trigger] = Trigger(user=user_id, at=self.clock())
            return trigger

    def new_response_url(self, user_id: str, channel: str, ts: str | None) -> str:
        """The secret last part of a response URL for a press on a message, or for a command."""
        with self._lock:
            secret = secrets.token_urlsafe(24)
            self._response_urls[secret] = ResponseUrl(
                user=user_id, channel=channel, ts=ts, at=self.clock()
            )
            return secret

    def use_response_url(self, secret: str) -> ResponseUrl:
        """Take one of the five uses of a response URL."""
        with self._lock:
            known = self._response_urls.get(secret)
            if known is None or self.clock() - known.at > 30 * 60:
                raise SlackRefusalError("expired_url")
            if known.uses >= 5:
                raise SlackRefusalError("used_url")
            known.uses += 1
            return known

    def open_view(self, trigger_id: str, content: Mapping[str, object]) -> View:
        """Open a modal for the one who pressed; a trigger serves once and not for long."""
        with self._lock:
            trigger = self._triggers.get(trigger_id)
            if trigger is None:
                raise SlackRefusalError("invalid_trigger_id")
            if trigger.used:
                raise SlackRefusalError("exchanged_trigger_id")
            if self.clock() - trigger.at > self.settings.trigger_seconds:
                raise SlackRefusalError("expired_trigger_id")
            trigger.used = True
            return self._new_view(trigger.user, trigger_id, content)

    def _new_view(self, user: str, trigger_id: str, content: Mapping[str, object]) -> View:
        number = next(self._numbers)
        given = content.get("blocks")
        blocks = given if isinstance(given, list) else []
        view = View(
            id=f"V{number:09d}", user=user, trigger_id=trigger_id,
            hash=f"{int(self.clock())}.{secrets.token_hex(4)}",
            content={**content, "blocks": self._with_ids(blocks)},
        )  # fmt: skip
        self._views[view.id] = view
        return view

    def view(self, view_id: str) -> View:
        """An open modal."""
        with self._lock:
            if view_id not in self._views:
                raise SlackRefusalError("view_not_found")
            return self._views[view_id]

    def view_opened_by(self, trigger_id: str) -> View | None:
        """The modal that a press led to, if it led to one."""
        with self._lock:
            return next((v for v in self._views.values() if v.trigger_id == trigger_id), None)

    def views(self) -> list[View]:
        """The open modals, oldest first."""
        with self._lock:
            return list(self._views.values())

    def show_errors(self, view_id: str, errors: Mapping[str, str]) -> View:
        """Keep the modal open and show what its submission got wrong."""
        with self._lock:
            self._views[view_id] = replace(self.view(view_id), errors=dict(errors))
            return self._views[view_id]

    def replace_view(self, view_id: str, content: Mapping[str, object]) -> View:
        """Put another modal in the place of this one."""
        with self._lock:
            old = self._views.pop(view_id)
            return self._new_view(old.user, old.trigger_id, content)

    def close_views_of(self, user_id: str) -> None:
        """Close everything that a person has open."""
        with self._lock:
            for view in [each for each in self._views.values() if each.user == user_id]:
                del self._views[view.id]

    def close_view(self, view_id: str) -> None:
        """Close a modal; closing it twice is no error."""
        with self._lock:
            self._views.pop(view_id, None)

    def _with_ids(self, blocks: Sequence[Block]) -> list[Block]:
        """Blocks as Slack gives them back: every block has an id."""
        return [{"block_id": secrets.token_urlsafe(4), **block} for block in blocks]
