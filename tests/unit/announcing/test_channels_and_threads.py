"""Routed messages, threads, e-mails: announce_release, announce_in_channels, announce_by_mail."""

from __future__ import annotations

import json

import pytest
from signalbox.domain.effects import EffectStatus
from signalbox.domain.errors import SlackRefusedError, SlackUnavailableError
from signalbox.domain.gates import Choice
from signalbox.domain.routes import RouteTable, Rule, To, When
from signalbox.usecases.announce import announce
from signalbox.usecases.open_gate import open_gate

from tests.gate_world import GateWorld, a_request, say
from tests.unit.announcing.telling import SUBJECT, fail_the_build, tell

TOPIC = "arn:aws:sns:us-east-1:123456789012:pagers"


def routed(*rules: tuple[When, To]) -> GateWorld:
    world = GateWorld()
    made = tuple(Rule(when=when, to=to) for when, to in rules)
    world.routes.table = RouteTable(channel="#releases", rules=made)
    return world


def channels(world: GateWorld) -> list[str]:
    names = (message["channel"] for message in world.messenger.messages.values())
    return sorted("#" + name.removeprefix("C-").removeprefix("#") for name in names)


def test_a_failure_stands_in_its_own_channel_too_and_both_are_kept_true() -> None:
    world = routed((When(kinds=("failure",)), To(channels=("#alerts",))))
    tell(world, "one")
    assert channels(world) == ["#releases"]
    fail_the_build(world)
    tell(world, "two")
    tell(world, "three")
    assert channels(world) == ["#alerts", "#releases"]
    assert len(world.notes().messages) == 2
    shown = {json.dumps(one["blocks"]) for one in world.messenger.messages.values()}
    assert len(shown) == 1


def test_the_order_in_which_things_are_heard_changes_no_channel() -> None:
    late = routed((When(kinds=("failure",)), To(channels=("#alerts",))))
    fail_the_build(late)
    tell(late, "one")
    assert channels(late) == ["#alerts", "#releases"]


def test_a_release_comes_to_a_channel_when_it_comes_to_its_environment() -> None:
    world = routed((When(environments=("production",)), To(channels=("#live",))))
    tell(world, "one")
    assert channels(world) == ["#releases"]
    open_gate(a_request(), world)
    tell(world, "two")
    assert channels(world) == ["#live", "#releases"]


def test_a_card_counts_in_every_channel_it_was_posted_to_and_nowhere_else() -> None:
    world = routed((When(kinds=("approval",)), To(channels=("#a", "#b"))))
    open_gate(a_request(), world)
    tell(world)
    gate = world.the_gate()
    posted = world.notes().messages
    assert len(posted) == 3
    for number, one in enumerate(posted):
        assert say(world, Choice.APPROVE, f"U{number}", channel=one.channel, ts=one.ts)
    assert not say(world, Choice.APPROVE, channel=posted[0].channel, ts=posted[1].ts)
    assert len(gate.votes) + 3 == len(world.the_gate().votes)


def test_news_for_a_topic_is_published_there_once() -> None:
    world = routed((When(kinds=("failure",)), To(topics=(TOPIC, "default"))))
    fail_the_build(world)
    tell(world, "one")
    tell(world, "two")
    assert world.publisher.topics == [TOPIC, "default"]


def test_a_topic_that_refuses_us_does_not_swallow_the_news() -> None:
    world = routed((When(kinds=("failure",)), To(topics=(TOPIC,))))
    world.publisher.denied = {TOPIC}
    fail_the_build(world)
    assert tell(world) is EffectStatus.DONE
    assert world.publisher.topics == ["default"]
    assert TOPIC in world.publisher.published[0][1]
    assert world.counters.counted["TopicRefused"] == 1


def test_one_channel_that_refuses_keeps_no_other_from_the_news() -> None:
    world = routed((When(), To(channels=("#gone", "#releases"))))
    post = world.messenger.post

    def refuse(channel: str, message: object) -> tuple[str, str]:
        if channel == "#gone":
            raise SlackRefusedError("no", code="is_archived")
        return post(channel, message)  # type: ignore[arg-type]

    world.messenger.post = refuse  # type: ignore[method-assign]
    assert tell(world) is EffectStatus.REFUSED
    assert channels(world) == ["#releases"]
    [(_, text)] = world.publisher.published
    assert "is_archived" in text
    assert world.counters.counted["SlackRefused"] == 1


def test_routes_that_cannot_be_read_are_told_once_and_silence_nothing() -> None:
    world = GateWorld()
    world.routes.fault = "/signalbox/x/routes: chanel: extra"
    tell(world, "one")
    tell(world, "two")
    assert channels(world) == ["#releases"]
    [(subject, text)] = world.publisher.published
    assert "routes" in subject
    assert "chanel" in text


def test_without_any_channel_the_news_comes_by_e_mail() -> None:
    world = GateWorld()
    world.routes.table, world.routes.fault = RouteTable(), "gone"
    assert tell(world) is EffectStatus.REFUSED
    assert len(world.publisher.published) == 2


def test_each_reply_is_posted_once_under_the_message() -> None:
    world = GateWorld()
    fail_the_build(world)
    for key in ("one", "two", "three"):
        tell(world, key)
    [(ts, message, broadcast)] = world.messenger.replies
    assert ts == world.notes().messages[0].ts
    assert "test_greets_by_name" in json.dumps(message)
    assert broadcast


@pytest.mark.case(37)
def test_a_reply_whose_answer_was_lost_is_there_twice_at_most() -> None:
    world = GateWorld()
    fail_the_build(world)
    reply, lost = world.messenger.reply, [True]

    def lose(*given: object, **more: object) -> str:
        ts = reply(*given, **more)  # type: ignore[arg-type]
        if lost and lost.pop():
            raise SlackUnavailableError("the answer was lost")
        return ts

    world.messenger.reply = lose  # type: ignore[method-assign]
    with pytest.raises(SlackUnavailableError):
        tell(world, "one")
    announce({"subject": SUBJECT, "key": "one"}, world)
    tell(world, "two")
    assert len(world.messenger.replies) == 2
    assert len(world.messenger.messages) == 1


@pytest.mark.case(37)
def test_a_post_whose_answer_was_lost_leaves_one_message_more_and_only_the_known_one_counts() -> (
    None
):
    world = GateWorld()
    open_gate(a_request(), world)
    post, lost = world.messenger.post, [True]

    def lose(*given: object) -> tuple[str, str]:
        at = post(*given)  # type: ignore[arg-type]
        if lost and lost.pop():
            raise SlackUnavailableError("the answer was lost")
        return at

    world.messenger.post = lose  # type: ignore[method-assign]
    with pytest.raises(SlackUnavailableError):
        tell(world, "one")
    announce({"subject": SUBJECT, "key": "one"}, world)
    orphan, known = sorted(world.messenger.messages)
    gate = world.the_gate()
    assert gate.id in json.dumps(world.messenger.messages[orphan])
    assert world.notes().message == ("C-releases", known)
    assert not say(world, Choice.APPROVE, channel="C-releases", ts=orphan)


def test_a_crash_at_any_line_ends_where_no_crash_would_have() -> None:
    """Dies after each call to the outside in turn; then the bell rings again."""
    for deadly in range(1, 40):
        world = GateWorld()
        fail_the_build(world)
        left = [deadly]

        class Died(BaseException):
            pass

        def mortal(thing: object, name: str, left: list[int] = left) -> None:
            real = getattr(thing, name)

            def call(*given: object, **more: object) -> object:
                answer = real(*given, **more)
                left[0] -= 1
                if left[0] == 0:
                    raise Died
                return answer

            setattr(thing, name, call)

        for thing, names in (
            (world.messenger, ("post", "update", "reply")),
            (world.publisher, ("publish",)),
            (world.audit, ("append",)),
            (world.ledger, ("write_notes", "add", "finish")),
        ):
            for name in names:
                mortal(thing, name)
        try:
            tell(world, "one")
            died = False
        except Died:
            died = True
        announce({"subject": SUBJECT, "key": "one"}, world)
        for effect in list(world.ledger.effects.values()):
            announce({"subject": effect.subject, "key": effect.key}, world)
        assert not [e for e in world.ledger.effects.values() if e.status is EffectStatus.PENDING]
        assert 1 <= len(world.messenger.messages) <= 2
        assert 1 <= len(world.messenger.replies) <= 2
        assert 1 <= len(world.publisher.published) <= 2
        assert world.notes().message is not None
        if not died:
            break
    else:
        pytest.fail("it never ran to its end")
