"""How Slack is called, and what becomes of its refusals, silences and odd answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ClientError
from signalbox.adapters.secrets import SlackSecrets
from signalbox.adapters.slack_api import SlackModals
from signalbox.adapters.slack_messenger import SlackMessenger
from signalbox.domain.errors import (
    AwsUnavailableError,
    SettingMissingError,
    SlackRefusedError,
    SlackUnavailableError,
)

from tests.fakes import FixedClock

TOKEN = "xoxb-canary"
SECRET = {"botToken": TOKEN, "signingSecret": "s1", "previousSigningSecret": "s0"}


@dataclass
class ScriptedSlack:
    """A server on the loopback that answers as told; (status, body, headers), the last for ever."""

    answers: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def say(self, body: object, status: int = 200, **headers: str) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.answers.append((status, text, {k.replace("_", "-"): v for k, v in headers.items()}))


@pytest.fixture
def slack() -> Iterator[ScriptedSlack]:
    script = ScriptedSlack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            script.asked.append((self.path, self.headers.get("authorization", ""), body))
            many = len(script.answers) > 1
            status, text, headers = script.answers.pop(0) if many else script.answers[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class ScriptedSecretsManager:
    text: str = json.dumps(SECRET)
    reads: int = 0
    code: str = ""

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        self.reads += 1
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "GetSecretValue")
        return {"SecretString": self.text}


def secrets(clock: FixedClock | None = None) -> SlackSecrets:
    return SlackSecrets(ScriptedSecretsManager(), "arn", clock or FixedClock())


def a_messenger(slack: ScriptedSlack, slept: list[float] | None = None) -> SlackMessenger:
    return SlackMessenger(secrets(), slack.url, sleep=([] if slept is None else slept).append)


def test_a_message_is_posted_with_its_blocks_and_the_token_in_the_header(
    slack: ScriptedSlack,
) -> None:
    slack.say({"ok": True, "channel": "C1", "ts": "1.2"})
    posted = a_messenger(slack).post("#releases", {"text": "t", "blocks": [{"type": "divider"}]})
    assert posted == ("C1", "1.2")
    [(path, authorization, body)] = slack.asked
    assert path == "/api/chat.postMessage"
    assert authorization == f"Bearer {TOKEN}"
    assert json.loads(body)["blocks"] == [{"type": "divider"}]


@pytest.mark.case(38)
def test_a_refusal_names_slacks_code(slack: ScriptedSlack) -> None:
    slack.say({"ok": False, "error": "channel_not_found"})
    with pytest.raises(SlackRefusedError) as refused:
        a_messenger(slack).post("#nowhere", {"text": "t"})
    assert refused.value.code == "channel_not_found"
    assert TOKEN not in str(refused.value)
    assert len(slack.asked) == 1


@pytest.mark.case(35)
def test_a_short_wait_is_waited_for_and_a_long_one_is_not(slack: ScriptedSlack) -> None:
    slept: list[float] = []
    slack.say({"ok": False, "error": "ratelimited"}, 429, retry_after="1")
    slack.say({"ok": True, "channel": "C1", "ts": "1.2"})
    assert a_messenger(slack, slept).post("#releases", {"text": "t"}) == ("C1", "1.2")
    assert slept == [1]
    slack.answers.clear()
    slack.say({"ok": False, "error": "ratelimited"}, 429, retry_after="30")
    with pytest.raises(SlackUnavailableError) as busy:
        a_messenger(slack, slept).post("#releases", {"text": "t"})
    assert busy.value.retry_after_seconds == 30
    assert slept == [1]


@pytest.mark.case(36)
@pytest.mark.parametrize(
    ("status", "body"),
    [(500, "<html>"), (503, ""), (200, "<html>no json</html>"), (502, '{"ok":false}')],
)
def test_odd_answers_are_an_absence_and_are_not_repeated(
    slack: ScriptedSlack, status: int, body: str
) -> None:
    slack.say(body, status)
    with pytest.raises(SlackUnavailableError):
        a_messenger(slack).post("#releases", {"text": "t"})
    assert len(slack.asked) == 1
    with pytest.raises((SlackUnavailableError, SlackRefusedError)):
        SlackModals(secrets(), slack.url).open("1.2.abc", {"type": "modal"})


@pytest.mark.case(36)
def test_nobody_listening_is_an_absence() -> None:
    nowhere = "http://127.0.0.1:9/api/"
    with pytest.raises(SlackUnavailableError):
        SlackMessenger(secrets(), nowhere).update("C1", "1.2", {"text": "t"})
    with pytest.raises(SlackUnavailableError):
        SlackModals(secrets(), nowhere).open("1.2.abc", {"type": "modal"})


def test_people_are_found_by_e_mail_once_and_strangers_are_nobody(slack: ScriptedSlack) -> None:
    messenger = a_messenger(slack)
    slack.say({"ok": False, "error": "users_not_found"})
    assert messenger.id_of_email("eve@example.com") is None
    slack.answers.clear()
    slack.say({"ok": True, "user": {"id": "U0ADA"}})
    assert messenger.id_of_email("ada@example.com") == "U0ADA"
    assert messenger.id_of_email("ada@example.com") == "U0ADA"
    assert len(slack.asked) == 2
    assert parse_qs(slack.asked[-1][2])["email"] == ["ada@example.com"]


def test_a_user_who_left_is_nobody(slack: ScriptedSlack) -> None:
    slack.say({"ok": True, "user": {"id": "U0OLD", "deleted": True}})
    assert a_messenger(slack).id_of_email("old@example.com") is None


def test_a_dialog_opens_with_its_trigger(slack: ScriptedSlack) -> None:
    slack.say({"ok": True, "view": {}})
    SlackModals(secrets(), slack.url).open("1.2.abc", {"type": "modal"})
    [(path, authorization, body)] = slack.asked
    assert (path, authorization) == ("/api/views.open", f"Bearer {TOKEN}")
    assert json.loads(body) == {"trigger_id": "1.2.abc", "view": {"type": "modal"}}


def test_a_dialog_that_is_too_late_is_a_refusal(slack: ScriptedSlack) -> None:
    slack.say({"ok": False, "error": "expired_trigger_id"})
    with pytest.raises(SlackRefusedError, match="expired_trigger_id"):
        SlackModals(secrets(), slack.url).open("1.2.abc", {"type": "modal"})


@pytest.mark.case(26)
def test_the_secret_is_read_once_in_five_minutes() -> None:
    clock, manager = FixedClock(), ScriptedSecretsManager()
    kept = SlackSecrets(manager, "arn", clock)
    assert kept.current().signing_secrets == ("s1", "s0")
    clock.advance(timedelta(minutes=4, seconds=59))
    kept.current()
    assert manager.reads == 1
    clock.advance(timedelta(seconds=1))
    kept.current()
    assert manager.reads == 2


def test_a_secret_never_shows_in_a_repr_or_an_error() -> None:
    assert TOKEN not in repr(secrets().current())
    manager = ScriptedSecretsManager(text='{"botToken": "xoxb-canary"')
    with pytest.raises(SettingMissingError) as missing:
        SlackSecrets(manager, "arn", FixedClock()).current()
    assert "canary" not in repr(missing.value) + repr(missing.value.__cause__)


def test_secrets_manager_being_busy_is_passing() -> None:
    manager = ScriptedSecretsManager(code="ThrottlingException")
    with pytest.raises(AwsUnavailableError):
        SlackSecrets(manager, "arn", FixedClock()).current()
