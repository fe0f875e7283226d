"""A message that is no release's is posted once in each channel: announce_to_channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import ChannelBusyError, SlackRefusedError, SlackUnavailableError
from signalbox.usecases.announce_to_channels import announce_to_channels

from tests.fakes import NOW
from tests.gate_world import FreePace, GateWorld

NEWS = Effect(kind=EffectKind.ANNOUNCE, subject="hold#h", key="started", created_at=NOW)
MESSAGE = {"text": "a hold has begun", "blocks": []}


class Slack(GateWorld):
    """Channels that fail as they are told."""

    def __init__(self, **failing: Exception) -> None:
        super().__init__()
        self.failing = {f"#{name}": error for name, error in failing.items()}
        post = self.messenger.post

        def picky(channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
            if channel in self.failing:
                raise self.failing[channel]
            return post(channel, message)

        self.messenger.post = picky  # type: ignore[method-assign]

    def tell(self, *channels: str) -> EffectStatus:
        return announce_to_channels(NEWS, channels, MESSAGE, "hold told", self)

    @property
    def told(self) -> list[str]:
        return [one["channel"] for one in self.messenger.messages.values()]


def test_each_channel_gets_it_once_whatever_rings_again() -> None:
    slack = Slack()
    for _ in range(2):
        assert slack.tell("#a", "#b") is EffectStatus.DONE
    assert slack.told == ["#a", "#b"]
    assert slack.audit.said("hold#h") == ["hold told", "hold told"]


@pytest.mark.case(36)
def test_a_channel_that_has_it_does_not_get_it_again_for_anothers_sake() -> None:
    slack = Slack(b=SlackUnavailableError("503"))
    for _ in range(3):
        with pytest.raises(SlackUnavailableError):
            slack.tell("#a", "#b", "#c")
    slack.failing.clear()
    assert slack.tell("#a", "#b", "#c") is EffectStatus.DONE
    assert slack.told == ["#a", "#b", "#c"]


def test_what_one_channel_refuses_the_others_get() -> None:
    slack = Slack(a=SlackRefusedError("no", code="channel_not_found"))
    assert slack.tell("#a", "#b") is EffectStatus.REFUSED
    assert slack.told == ["#b"]
    assert slack.counters.counted == {"SlackRefused": 1}


def test_patience_ends_and_the_silence_is_counted() -> None:
    slack = Slack(a=SlackUnavailableError("503"))
    slack.clock.advance(timedelta(minutes=4))
    assert slack.tell("#a", "#b") is EffectStatus.REFUSED
    assert slack.told == ["#b"]
    assert slack.counters.counted == {"SlackSilent": 1}


def test_a_crowded_channel_is_waited_for() -> None:
    slack = Slack()
    slack.pace.crowded = True
    with pytest.raises(ChannelBusyError):
        slack.tell("#a")
    slack.pace = FreePace()
    assert slack.tell("#a") is EffectStatus.DONE
    assert slack.pace.turns == ["#a"]


def test_what_remembers_a_post_rings_no_bell() -> None:
    slack = Slack()
    slack.tell("#a")
    assert slack.ledger.pending(NOW + timedelta(days=1)) == ()
