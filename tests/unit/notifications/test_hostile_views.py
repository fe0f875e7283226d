"""Whatever text comes from outside, every message is one that Slack takes and nobody misreads."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from signalbox.notifications.emails import TEXT_LIMIT, release_subject, release_text
from signalbox.notifications.messages import release_message, sweep_message
from signalbox.notifications.thread import MOST, replies

from tests.unit.notifications.strategies import SECRET, UNSEEN, Maker, check_message, makers

ROOMY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)

pytestmark = [pytest.mark.case(n) for n in (29, 30, 31, 32)]


@ROOMY
@given(maker=makers)
def test_the_card_of_any_release_at_all_is_safe(maker: Maker) -> None:
    view = maker.view()
    message = release_message(view)
    check_message(message)
    assert json.dumps(message) == json.dumps(release_message(view))


@ROOMY
@given(maker=makers)
def test_every_reply_in_the_thread_of_any_release_is_safe(maker: Maker) -> None:
    view = maker.view()
    told = replies(view)
    for reply in told:
        check_message(reply.message)
    keys = [reply.key for reply in told]
    assert len(keys) == len(set(keys)) <= MOST


@ROOMY
@given(maker=makers)
def test_the_report_of_any_sweep_is_safe(maker: Maker) -> None:
    check_message(sweep_message(maker.sweep()))


@ROOMY
@given(maker=makers)
def test_any_e_mail_is_plain_and_fits(maker: Maker) -> None:
    view = maker.view()
    subject, text = release_subject(view), release_text(view)
    assert subject.isascii()
    assert subject.isprintable()
    assert 0 < len(subject) <= 100
    assert len(text) <= TEXT_LIMIT
    assert SECRET not in text
    assert all(char == "\n" or unicodedata.category(char) not in UNSEEN for char in text)
