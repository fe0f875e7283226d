"""What Slack shows of a release, and a press of its button."""

from typing import Any

from sandbox.demo.pipeline import execution_of
from sandbox.demo.steps import NotYetError, expect
from sandbox.demo.world import APPROVER, Release, World, words_of
from sandbox.deploy import SERVICE


def message_of(world: World, release: Release) -> dict[str, Any]:
    """The one message of a release; from the first sight on it must stay the same one."""
    execution_of(world, release)
    title = f"{SERVICE} · {release.commit[:7]}"
    messages = world.messages()
    found = [each for each in messages if title in each["text"]]
    if not found:
        failed = [call for call in world.web("GET", "/_sandbox/slack/calls") if not call["ok"]]
        said = f"; Slack answered {failed[-1]['error']!r}" if failed else ""
        raise NotYetError(f"Slack has no message about {release.commit[:7]}{said}")
    if len(found) > 1:
        raise NotYetError(f"Slack has {len(found)} messages about {release.commit[:7]}, not one")
    release.message_ts = release.message_ts or found[0]["ts"]
    expect(found[0]["ts"] == release.message_ts, "it is a new message, not the same one")
    return found[0]


def see_words(world: World, release: Release, *words: str) -> str:
    """The release's message says all of these, whatever the case of letters."""
    message = message_of(world, release)
    said = words_of(message).lower()
    missing = [word for word in words if word.lower() not in said]
    expect(not missing, f"its message does not say {', '.join(map(repr, missing))}")
    return f"message {release.message_ts}: {message['text']}"


def see_in_thread(world: World, release: Release, *words: str) -> str:
    """A reply in the release's thread says all of these, whatever the case of letters."""
    message_of(world, release)
    replies = world.thread(release.message_ts)
    expect(replies, "nobody replied in its thread")
    for reply in replies:
        if all(word.lower() in words_of(reply).lower() for word in words):
            return f"in the thread: {reply['text']}"
    raise NotYetError(f"no reply in its thread says {', '.join(map(repr, words))}")


def approve_button(message: dict[str, Any]) -> dict[str, Any]:
    """The button that approves; raises `NotYetError` while there is none."""
    for block in message["blocks"]:
        for element in block.get("elements", []):
            if element.get("action_id") == "approve_gate":
                return dict(element)
    raise NotYetError("the message has no button to approve with")


def press_approve(world: World, release: Release) -> None:
    """Press the button as the approver; Slack signs the click."""
    answer = world.web(
        "POST",
        "/_sandbox/slack/click",
        {"ts": release.message_ts, "action_id": "approve_gate", "user": APPROVER},
    )
    if answer["status"] != 200:
        raise RuntimeError(
            f"Signalbox answered Slack with {answer['status']}: {answer['body'][:300]}"
        )
