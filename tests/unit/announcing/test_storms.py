"""announce_storm: at most a message a second and channel, and a summary where there are more."""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import ChannelBusyError, SlackRefusedError
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.identity import ReleaseId
from signalbox.domain.states import ExecutionState
from signalbox.usecases.announce import announce
from signalbox.usecases.announce_ports import CROWDED_FOR, PATIENCE
from signalbox.usecases.open_gate import open_gate

from tests.fakes import NOW, FixedClock, RecordingMessenger, release_id
from tests.gate_world import RELEASE, GateWorld, a_request
from tests.unit.announcing.telling import SUBJECT, tell

pytestmark = pytest.mark.case(40)
SECOND = timedelta(seconds=1)


class SteadyPace:
    """A channel's turns in memory, as the ledger keeps them; waiting moves the clock."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.free: dict[str, datetime] = {}

    def turn(self, channel: str, *, within: timedelta) -> bool:
        now = self.clock.now()
        begins = max(now, self.free.get(channel, now))
        if begins - now > within:
            return False
        self.free[channel] = begins + SECOND
        self.clock.moment = begins
        return True


class TimedMessenger(RecordingMessenger):
    """Notes when each message, edit and reply was sent."""

    clock: FixedClock

    def __init__(self, clock: FixedClock) -> None:
        super().__init__()
        self.clock = clock
        self.sent: list[datetime] = []

    def post(self, channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
        self.sent.append(self.clock.now())
        ts = f"17000000.{len(self.messages):06d}"
        self.messages[ts] = {"channel": channel, **message}
        return f"C-{channel.lstrip('#')}", ts

    def update(self, channel: str, ts: str, message: Mapping[str, Any]) -> None:
        self.sent.append(self.clock.now())
        super().update(channel, ts, message)

    def reply(self, channel: str, ts: str, message: Mapping[str, Any], *, broadcast: bool) -> str:
        self.sent.append(self.clock.now())
        return super().reply(channel, ts, message, broadcast=broadcast)


def a_storm(pipelines: Mapping[str, int], within: float) -> tuple[GateWorld, list[Effect]]:
    """Failed releases of each pipeline, spread evenly over ``within`` seconds."""
    world = GateWorld()
    world.services.listed.clear()
    world.messenger = TimedMessenger(world.clock)
    world.pace = SteadyPace(world.clock)
    effects = []
    total = sum(pipelines.values())
    names = [name for name, many in pipelines.items() for _ in range(many)]
    for number, name in enumerate(names):
        plain = release_id(f"11111111-aaaa-4bbb-8ccc-{number:012d}")
        release = ReleaseId(pipeline=replace(plain.pipeline, name=name), execution=plain.execution)
        at = NOW + timedelta(seconds=within * number / total)
        for state in (ExecutionState.STARTED, ExecutionState.FAILED):
            world.ledger.record(PipelineChanged(release=release, state=state, at=at), [])
        effect = Effect(
            kind=EffectKind.ANNOUNCE,
            subject=f"release#{release.key}",
            key="failed",
            created_at=at,
            payload={"release": release.key},
        )
        world.ledger.add([effect])
        effects.append(effect)
    return world, effects


def work_off(world: GateWorld, effects: list[Effect]) -> int:
    """The queue with one consumer: a bell that fails comes again when it asked to.

    Returns the most receives of any bell.
    """
    bells = [(effect.created_at, n, 1) for n, effect in enumerate(effects)]
    heapq.heapify(bells)
    most = 0
    while bells:
        at, number, receives = heapq.heappop(bells)
        world.clock.moment = max(at, world.clock.moment)
        most = max(most, receives)
        bell = {"subject": effects[number].subject, "key": effects[number].key}
        world.clock.advance(timedelta(milliseconds=50))  # a Lambda's own pace
        try:
            announce(bell, world)
        except ChannelBusyError as busy:
            again = world.clock.now() + timedelta(seconds=busy.retry_after_seconds or 1)
            heapq.heappush(bells, (again, number, receives + 1))
    return most


def told(world: GateWorld) -> str:
    return json.dumps(list(world.messenger.messages.values()), ensure_ascii=False)


def summaries(world: GateWorld) -> list[str]:
    texts = [message["text"] for message in world.messenger.messages.values()]
    return [text for text in texts if " releases of " in text or " release of " in text]


@settings(max_examples=15, deadline=None)
@given(
    many=st.dictionaries(st.sampled_from(["web", "api", "jobs"]), st.integers(1, 60), min_size=1),
    within=st.floats(0, 90),
)
def test_no_two_messages_of_a_channel_are_less_than_a_second_apart_and_none_is_lost(
    many: dict[str, int], within: float
) -> None:
    world, effects = a_storm(many, within)
    work_off(world, effects)
    sent = world.messenger.sent  # type: ignore[attr-defined]
    assert all(after - before >= SECOND for before, after in pairwise(sent))
    single = len(world.messenger.messages) - len(summaries(world))
    shared = sum(len(members) for members in world.storms.joined.values())
    assert single + shared == sum(many.values())
    counted = sum(int(text.split()[1]) for text in summaries(world))
    assert counted == shared
    statuses = {effect.status for effect in world.ledger.effects.values()}
    assert statuses == {EffectStatus.DONE}


def test_five_hundred_failures_in_a_minute_are_one_summary_of_each_pipeline_and_state() -> None:
    world, effects = a_storm({"web": 300, "api": 200}, 60)
    receives = work_off(world, effects)
    assert len(summaries(world)) == 2
    assert len(world.messenger.messages) < 100  # what came before the crowd was known
    assert receives < 24


def test_a_bell_after_the_storm_does_not_tell_it_once_more() -> None:
    world, effects = a_storm({"web": 80}, 1)
    work_off(world, effects)
    before = len(world.messenger.messages)
    world.clock.advance(timedelta(minutes=10))
    for effect in effects:
        again = replace(effect, key="again", created_at=world.clock.now())
        world.ledger.add([again])
        announce({"subject": again.subject, "key": again.key}, world)
    assert len(world.messenger.messages) == before


def test_a_release_that_goes_on_after_a_storm_has_a_message_of_its_own() -> None:
    world, effects = a_storm({"web": 80}, 1)
    work_off(world, effects)
    before = len(world.messenger.messages)
    (shared, *_) = [m for members in world.storms.joined.values() for m in members]
    world.clock.advance(timedelta(minutes=10))
    retried = PipelineChanged(
        release=shared, state=ExecutionState.RESUMED, at=world.clock.now(), attempt=2
    )
    world.ledger.record(retried, [])
    effect = replace(
        effects[0], subject=f"release#{shared.key}", key="x", payload={"release": shared.key},
        created_at=world.clock.now(),
    )  # fmt: skip
    world.ledger.add([effect])
    announce({"subject": effect.subject, "key": "x"}, world)
    assert len(world.messenger.messages) == before + 1


def test_a_card_is_never_told_by_a_summary() -> None:
    world = GateWorld()
    open_gate(a_request(), world)
    world.pace.crowded = True
    with pytest.raises(ChannelBusyError):
        tell(world)
    world.clock.advance(timedelta(minutes=30))
    with pytest.raises(ChannelBusyError):
        announce({"subject": SUBJECT, "key": "one"}, world)
    assert not world.storms.joined
    assert not world.publisher.published


def a_crowd_before_an_edit(state: ExecutionState) -> GateWorld:
    """A release whose message stands; its new state waits, as "two", for the crowded channel."""
    world = GateWorld()
    tell(world, "one")
    world.ledger.record(PipelineChanged(release=RELEASE, state=state, at=NOW), [])
    world.pace.crowded = True
    with pytest.raises(ChannelBusyError):
        tell(world, "two")
    return world


def the_summary_has_its_turn(world: GateWorld) -> None:
    """The release's own message finds the channel busy; what comes behind it does not."""
    turns = iter([False])
    world.pace.turn = lambda *_, **__: next(turns, True)  # type: ignore[method-assign]


@pytest.mark.parametrize("state", list(ExecutionState))
def test_a_release_without_a_message_is_told_by_a_summary_at_once_whatever_its_news(
    state: ExecutionState,
) -> None:
    world = GateWorld()
    world.ledger.record(PipelineChanged(release=RELEASE, state=state, at=NOW), [])
    world.pace.crowded = True
    with pytest.raises(ChannelBusyError):
        tell(world)
    the_summary_has_its_turn(world)
    world.clock.advance(CROWDED_FOR + SECOND)
    announce({"subject": SUBJECT, "key": "one"}, world)
    assert len(summaries(world)) == len(world.messenger.messages) == 1
    effect = world.ledger.effect(SUBJECT, "one")
    assert effect is not None
    assert effect.status is EffectStatus.DONE


def test_an_edit_that_finds_a_crowd_waits_and_then_waits_for_the_reconciler() -> None:
    world = a_crowd_before_an_edit(ExecutionState.STOPPING)
    world.clock.advance(CROWDED_FOR + timedelta(seconds=10))
    with pytest.raises(ChannelBusyError):
        announce({"subject": SUBJECT, "key": "two"}, world)
    world.clock.advance(PATIENCE)
    announce({"subject": SUBJECT, "key": "two"}, world)
    waiting = world.ledger.effect(SUBJECT, "two")
    assert waiting is not None
    assert waiting.status is EffectStatus.PENDING
    assert not world.storms.joined
    world.pace.crowded = False
    announce({"subject": SUBJECT, "key": "two"}, world)
    assert len(world.messenger.updates) == 1


def test_bad_news_in_a_crowd_is_in_a_summary_before_its_own_message_has_its_turn() -> None:
    world = a_crowd_before_an_edit(ExecutionState.FAILED)
    the_summary_has_its_turn(world)
    world.clock.advance(CROWDED_FOR + SECOND)
    with pytest.raises(ChannelBusyError):
        announce({"subject": SUBJECT, "key": "two"}, world)
    assert summaries(world)
    assert not world.messenger.updates
    announce({"subject": SUBJECT, "key": "two"}, world)
    assert len(world.messenger.updates) == 1
    effect = world.ledger.effect(SUBJECT, "two")
    assert effect is not None
    assert effect.status is EffectStatus.DONE


def test_a_summary_that_slack_refuses_is_told_by_e_mail() -> None:
    world, effects = a_storm({"web": 1}, 0)
    the_summary_has_its_turn(world)
    world.messenger.fail_with = SlackRefusedError("no", code="is_archived")

    def refuse(channel: str, message: Mapping[str, Any]) -> tuple[str, str]:
        raise SlackRefusedError("no", code="is_archived")

    world.messenger.post = refuse  # type: ignore[method-assign]
    world.clock.advance(timedelta(minutes=1))
    announce({"subject": effects[0].subject, "key": "failed"}, world)
    [(subject, _)] = world.publisher.published
    assert "failed" in subject
    assert world.counters.counted["SlackRefused"] == 1
