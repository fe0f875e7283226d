"""Where each kind of message goes. A new notification is one ``Route`` here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """What there is to say about a release or a sweep."""

    PROGRESS = "progress"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    NEEDS_A_HUMAN = "needs-a-human"
    SLACK_IS_SILENT = "slack-is-silent"
    SWEPT = "swept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``slack``: the channel's one message is kept true. ``email``: published to SNS, once."""

    slack: bool
    email: bool


ROUTES: dict[Moment, Route] = {
    Moment.PROGRESS: Route(slack=True, email=False),
    Moment.FAILED: Route(slack=True, email=True),
    Moment.ROLLED_BACK: Route(slack=True, email=True),
    Moment.NEEDS_A_HUMAN: Route(slack=True, email=True),
    Moment.SLACK_IS_SILENT: Route(slack=False, email=True),
    Moment.SWEPT: Route(slack=True, email=False),
}
