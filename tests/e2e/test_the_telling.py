"""What Slack shows of releases, through a deployed Signalbox: once, and whatever Slack does."""

import time
from typing import Any

import pytest

from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.pipeline import execution_of, status_of
from sandbox.demo.scenes.failing import TEST
from sandbox.demo.scenes.shared import pushed
from sandbox.demo.slack import message_of, see_in_thread, see_words
from sandbox.demo.steps import Scene, Step, expect
from sandbox.demo.world import World

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240)]
SETTINGS = "/_sandbox/slack/settings"
QUIET_SECONDS = 8


def _slack(world: World, **failure: Any) -> None:
    world.web("POST", SETTINGS, {"fail_with": failure or None})


def _ended(world: World) -> str:
    status = status_of(world, execution_of(world, world.releases["failing"]))
    expect(status == "Failed", f"the execution is {status}")
    return status


def _refused_calls(world: World) -> list[dict[str, Any]]:
    return [call for call in world.web("GET", "/_sandbox/slack/calls") if not call["ok"]]


def _everything_is_told(world: World) -> str:
    release = world.releases["failing"]
    see_words(world, release, "failed", TEST)
    return see_in_thread(world, release, TEST)


def _quietly(world: World) -> list[dict[str, Any]]:
    """All that was posted, once nothing has come for a while."""
    before, since = world.messages(), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        now = world.messages()
        if [each["ts"] for each in now] != [each["ts"] for each in before]:
            before, since = now, time.monotonic()
        time.sleep(0.5)
    return before


def _of_release(world: World, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    short = world.releases["failing"].commit[:7]
    return [each for each in messages if short in each["text"]]


def test_a_failing_release_is_one_message_with_the_tests_name_and_one_reply(
    world: World, narrator: Narrator
) -> None:
    steps = (
        pushed("failing", "push"),
        Step(what="it fails", see=_ended),
        Step(what="and says why", see=_everything_is_told),
    )
    play(world, [Scene(title="A failing test", steps=steps)], narrator)
    (message,) = _of_release(world, _quietly(world))
    told = [each for each in world.thread(message["ts"]) if TEST in str(each["blocks"])]
    assert len(told) == 1


@pytest.mark.case(36)
@pytest.mark.case(39)
@pytest.mark.parametrize(
    "failure",
    [{"status": 503}, {"status": 429, "retry_after": 5}, {"hang": 4.0, "status": 500}],
    ids=["off", "rate-limited", "hanging"],
)
def test_slack_that_is_away_for_a_while_loses_and_doubles_nothing(
    world: World, narrator: Narrator, failure: dict[str, Any]
) -> None:
    before = len(_refused_calls(world))
    _slack(world, **failure)
    try:
        steps = (
            pushed("failing", "push while Slack is away"),
            Step(what="it fails all the same", see=_ended),
            Step(
                what="Slack was tried",
                see=lambda world: _tried(world, before),
            ),
        )
        play(world, [Scene(title="Slack is away", steps=steps)], narrator)
        assert not _of_release(world, world.messages())
    finally:
        _slack(world)
    back = Step(what="it is all there", see=_everything_is_told)
    play(world, [Scene(title="Slack is back", steps=(back,))], narrator)
    (message,) = _of_release(world, _quietly(world))
    replies = [each["text"] for each in world.thread(message["ts"])]
    assert len(replies) == len(set(replies))
    message_of(world, world.releases["failing"])


def _tried(world: World, before: int) -> str:
    calls = len(_refused_calls(world)) - before
    expect(calls > 0, "Slack has not been called")
    return f"{calls} calls in vain"
