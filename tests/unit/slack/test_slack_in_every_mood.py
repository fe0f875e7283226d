"""The real client against a server in every mood, through the use case: nothing lost or doubled."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from signalbox.adapters import slack_messenger
from signalbox.adapters.slack_messenger import SlackMessenger
from signalbox.domain.effects import EffectStatus
from signalbox.domain.errors import SlackUnavailableError
from signalbox.usecases.announce import announce
from signalbox.usecases.close_gate import close_gate
from signalbox.usecases.open_gate import open_gate

from tests.gate_world import GateWorld, a_request
from tests.unit.announcing.telling import SUBJECT, fail_the_build, tell
from tests.unit.slack.test_calls_to_slack import secrets

PERMANENT = ["channel_not_found", "invalid_auth", "is_archived", "token_revoked", "missing_scope"]


@dataclass
class MoodySlack:
    """A Slack on the loopback: does what ``moods`` says, call by call, the last for ever.

    A mood is ``ok``, a status, ``html``, ``reset``, ``hang``, ``late`` (does it, never answers),
    an error's name, or ``retry:N``.
    """

    moods: list[str] = field(default_factory=lambda: ["ok"])
    asked: list[str] = field(default_factory=list)
    messages: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def mood(self) -> str:
        return self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]

    def do(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if method == "chat.update":
            self.messages[body["ts"]] = body
            return {"ok": True}
        ts = f"17.{len(self.messages):06d}"
        self.messages[ts] = body
        return {"ok": True, "channel": "C1", "ts": ts}

    def top_level(self) -> list[Any]:
        return [body for body in self.messages.values() if "thread_ts" not in body]


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[MoodySlack]:
    monkeypatch.setattr(slack_messenger, "TIMEOUT_SECONDS", 0.3)
    script = MoodySlack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            method = self.path.rpartition("/")[2]
            script.asked.append(method)
            self._answer(script.mood(), method, raw)

        def _answer(self, mood: str, method: str, raw: str) -> None:
            if mood in {"ok", "late"}:
                done = script.do(method, json.loads(raw))
            if mood in {"hang", "late"}:
                script.released.wait(3)
            elif mood == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
            elif mood == "ok":
                self._say(200, json.dumps(done))
            elif mood.isdigit():
                self._say(int(mood), "upstream connect error")
            elif mood == "html":
                self._say(200, "<html>maintenance</html>")
            elif mood.startswith("retry:"):
                after = {"Retry-After": mood.partition(":")[2]}
                self._say(429, '{"ok":false,"error":"ratelimited"}', after)
            else:
                self._say(200, json.dumps({"ok": False, "error": mood}))

        def _say(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def finish(self) -> None:
            with suppress(OSError):  # the connection was cut on purpose
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    script.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def a_world(slack: MoodySlack) -> GateWorld:
    world = GateWorld()
    slept = lambda seconds: world.clock.advance(timedelta(seconds=seconds))  # noqa: E731
    world.messenger = SlackMessenger(  # type: ignore[assignment]
        secrets(), slack.url, sleep=slept, monotonic=lambda: world.clock.now().timestamp()
    )
    return world


def again(world: GateWorld, minutes: float) -> EffectStatus:
    """The bell of the first announcement rings once more, so many minutes later."""
    world.clock.advance(timedelta(minutes=minutes))
    announce({"subject": SUBJECT, "key": "one"}, world)
    known = world.ledger.effect(SUBJECT, "one")
    assert known is not None
    return known.status


@pytest.mark.case(35)
def test_a_second_is_waited_for_in_the_function(slack: MoodySlack) -> None:
    world = a_world(slack)
    slack.moods = ["retry:1", "ok"]
    assert tell(world) is EffectStatus.DONE
    assert len(slack.messages) == 1


@pytest.mark.case(35)
def test_half_a_minute_is_left_to_the_queue(slack: MoodySlack) -> None:
    world = a_world(slack)
    slack.moods = ["retry:30", "ok"]
    with pytest.raises(SlackUnavailableError) as busy:
        tell(world)
    assert busy.value.retry_after_seconds == 30
    assert again(world, 0.5) is EffectStatus.DONE
    assert len(slack.messages) == 1
    assert not world.publisher.published


@pytest.mark.case(35)
def test_an_hour_is_not_waited_for_the_news_comes_by_e_mail_at_once(slack: MoodySlack) -> None:
    world = a_world(slack)
    slack.moods = ["retry:3600", "ok"]
    assert tell(world) is EffectStatus.PENDING
    assert len(world.publisher.published) == 1
    assert again(world, 61) is EffectStatus.DONE
    assert len(slack.messages) == len(world.publisher.published) == 1


@pytest.mark.case(36)
@pytest.mark.parametrize("mood", ["500", "503", "html", "reset", "hang"])
def test_whatever_slack_suffers_from_it_is_bounded_and_told_in_the_end(
    slack: MoodySlack, mood: str
) -> None:
    world = a_world(slack)
    slack.moods = [mood]
    began = time.monotonic()
    with pytest.raises(SlackUnavailableError):
        tell(world)
    assert time.monotonic() - began < 2
    assert len(slack.asked) == 1
    assert again(world, 4) is EffectStatus.PENDING
    assert again(world, 5) is EffectStatus.PENDING
    assert len(world.publisher.published) == 1
    slack.moods = ["ok"]
    assert again(world, 5) is EffectStatus.DONE
    assert len(slack.messages) == 1


@pytest.mark.case(36)
def test_a_slack_that_hangs_is_not_asked_for_each_message_of_a_batch(slack: MoodySlack) -> None:
    world = a_world(slack)
    slack.moods = ["hang"]
    for key in range(6):
        with pytest.raises(SlackUnavailableError):
            tell(world, f"key-{key}")
    assert len(slack.asked) == 2


@pytest.mark.case(37)
def test_a_lost_answer_leaves_one_message_too_many_at_most(slack: MoodySlack) -> None:
    world = a_world(slack)
    open_gate(a_request(), world)
    slack.moods = ["late", "ok"]
    with pytest.raises(SlackUnavailableError):
        tell(world)
    assert again(world, 1) is EffectStatus.DONE
    gate = world.the_gate().id
    both = slack.top_level()
    assert len(both) == 2
    assert all(gate in json.dumps(message) for message in both)
    assert world.notes().message == (
        "C1",
        max(ts for ts in slack.messages if slack.messages[ts] in both),
    )


@pytest.mark.case(38)
@pytest.mark.parametrize("code", PERMANENT)
def test_a_refusal_is_not_repeated_and_people_and_an_alarm_hear_of_it(
    slack: MoodySlack, code: str
) -> None:
    world = a_world(slack)
    slack.moods = [code]
    assert tell(world) is EffectStatus.REFUSED
    assert slack.asked == ["chat.postMessage"]
    [(_, text)] = world.publisher.published
    assert code in text
    assert world.counters.counted["SlackRefused"] == 1


@pytest.mark.case(39)
def test_a_day_without_slack_ends_in_a_rejection_and_in_one_true_message(
    slack: MoodySlack,
) -> None:
    world = a_world(slack)
    slack.moods = ["503"]
    open_gate(a_request(), world)
    with pytest.raises(SlackUnavailableError):
        tell(world)
    for _ in range(24 * 4):
        assert again(world, 15.5) is EffectStatus.PENDING
    [(_, text)] = world.publisher.published
    assert "CodePipeline" in text
    gate = world.the_gate()
    assert world.clock.now() > gate.expires_at
    close_gate(gate, world)
    closed = world.the_gate()
    assert closed.verdict is not None
    assert closed.verdict.value == "EXPIRED"
    slack.moods = ["ok"]
    assert again(world, 5) is EffectStatus.DONE
    [message] = slack.top_level()
    assert "approve_gate" not in json.dumps(message)


@pytest.mark.case(36)
def test_a_thread_that_slack_cut_short_is_completed_without_doubles(slack: MoodySlack) -> None:
    world = a_world(slack)
    fail_the_build(world)
    slack.moods = ["ok", "503"]
    with pytest.raises(SlackUnavailableError):
        tell(world)
    slack.moods = ["ok"]
    assert again(world, 1) is EffectStatus.DONE
    assert again(world, 1) is EffectStatus.DONE
    assert len(slack.top_level()) == 1
    assert len(slack.messages) == 2
