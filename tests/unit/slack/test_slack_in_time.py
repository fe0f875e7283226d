"""An answer comes within three seconds, whatever hangs or crawls behind the endpoint."""

from __future__ import annotations

import importlib
import math
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError
from botocore.retries.standard import ExponentialBackoff
from signalbox.adapters.api_endpoint import answer_api
from signalbox.adapters.deadline import answered_within, seconds_left
from signalbox.adapters.slack_api import SHORTEST_SECONDS, TIMEOUT_SECONDS, SlackModals
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.domain.errors import AwsUnavailableError, SlackUnavailableError
from signalbox.runtime.clients import CONFIG, LONGEST_PAUSE, WAITED_FOR, Clients
from signalbox.runtime.settings import Settings
from signalbox.runtime.wiring import World

from tests.fakes import ACCOUNT, REGION, FixedClock
from tests.gate_world import CountedSecrets, GateWorld, RecordingModals
from tests.structure.templates import resources
from tests.unit.slack.endpoint_on_aws import KEYS
from tests.unit.slack.slack_world import SlackWorld, a_click, command_form, form_of, signed

SLACK_WAITS = 3.0
QUICK = 0.4
"""The endpoint's patience where these tests wait in earnest, against the real one."""


class Listener:
    """Takes every connection and never says a word."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._socket.setblocking(False)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def asked(self) -> int:
        """How often somebody has connected since the last look."""
        number = 0
        with suppress(BlockingIOError):
            while True:
                self._socket.accept()[0].close()
                number += 1
        return number

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def hanging() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


class Ticks:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)


@contextmanager
def world_of(function: str, listener: Listener, scale: float) -> Iterator[World]:
    """The function's own world, with everything but its secrets behind the listener."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", listener.url)
        patched.setenv("PATIENCE_SCALE", str(scale))
        environ = {
            "POWERTOOLS_SERVICE_NAME": function,
            "LEDGER_TABLE": "ledger",
            "WORK_QUEUE_URL": f"{listener.url}/work",
            "MESSAGES_QUEUE_URL": f"{listener.url}/messages",
            "SLACK_API_URL": f"{listener.url}/api/",
            "STACK_ID": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/signalbox/1",
        }
        world = World(Settings(environ))
        world.__dict__.update(clock=FixedClock(), slack_secrets=CountedSecrets())
        assert world.gates, "Lambda makes the client at the start"
        yield world


@pytest.mark.parametrize("function", WAITED_FOR)
def test_whatever_is_slow_the_sum_is_within_what_somebody_waits(function: str) -> None:
    """No attempt begins with less than its own length left, and none is repeated with less than
    the longest pause left: each ends in time. So does a modal, whose wait is what is left.
    """
    patience = WAITED_FOR[function]
    begins_at_the_latest = patience.answer - patience.attempt
    pauses_at_the_latest = patience.answer - max(patience.attempt, LONGEST_PAUSE)
    assert begins_at_the_latest + patience.attempt <= patience.answer
    assert pauses_at_the_latest + LONGEST_PAUSE <= patience.answer
    config: Any = patience.config()
    assert config.connect_timeout + config.read_timeout == pytest.approx(patience.attempt)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    properties = resources("cfn.json", "AWS::Lambda::Function")
    named = "".join(part.capitalize() for part in function.split("_")) + "Function"
    assert patience.answer < properties[named]["Timeout"]
    assert "PATIENCE_SCALE" not in properties[named]["Environment"]["Variables"]
    for integration in resources("cfn.json", "AWS::ApiGatewayV2::Integration").values():
        assert patience.answer < integration["TimeoutInMillis"] / 1000


def test_slack_is_answered_before_it_gives_up_and_a_second_attempt_has_room() -> None:
    patience = WAITED_FOR["answer_slack"]
    assert patience.answer <= SLACK_WAITS - 0.5, "the way there and back, and a start, take some"
    assert 2 * patience.attempt <= patience.answer
    assert TIMEOUT_SECONDS <= 1.5


def test_the_pause_before_a_second_attempt_is_as_short_as_we_count_on() -> None:
    first: Any = SimpleNamespace(attempt_number=1, http_response=None)
    assert ExponentialBackoff(random=lambda: 1.0).delay_amount(first) <= LONGEST_PAUSE


@pytest.mark.case(27)
@pytest.mark.usefixtures("_keys")
@pytest.mark.parametrize("what", ["a click", "a rejection", "a command", "a hold"])
def test_a_hanging_ledger_ends_in_a_503_in_time(hanging: Listener, what: str) -> None:
    gate = GateWorld().opened_gate()
    body = {
        "a click": form_of(a_click(gate)),
        "a rejection": form_of(a_click(gate, "reject_gate")),
        "a command": command_form("status"),
        "a hold": command_form("hold env:production 2h load test"),
    }[what]
    with world_of("answer_slack", hanging, QUICK) as world:
        event = signed(world, body)
        begun = time.monotonic()
        with world.clients.answering():
            answer = answer_request(event, world)
        took = time.monotonic() - begun
    assert answer["statusCode"] == 503
    assert took < SLACK_WAITS, "and far less where the machine is not busy"
    assert 1 <= hanging.asked() <= 2, "one call of two attempts at most, and then no other"


@pytest.mark.usefixtures("_keys")
def test_the_terminal_is_answered_in_time_too(hanging: Listener) -> None:
    with world_of("answer_api", hanging, QUICK) as world:
        identity = {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/grace"}}}
        begun = time.monotonic()
        with world.clients.answering():
            answer = answer_api({"routeKey": "GET /gates", "requestContext": identity}, world)
        assert time.monotonic() - begun < SLACK_WAITS
    assert answer["statusCode"] == 503
    assert 1 <= hanging.asked() <= 2


@pytest.mark.case(27)
@pytest.mark.usefixtures("_keys")
def test_calls_that_crawl_one_after_the_other_are_cut_short_too(hanging: Listener) -> None:
    """Each answers just before its time is up; none begins that could end too late."""
    ticks, patience = Ticks(), WAITED_FOR["answer_slack"]
    with world_of("answer_slack", hanging, 1.0) as world:
        client = world.clients.own("dynamodb")
        client.meta.events.register("before-send", crawling(ticks, patience.attempt * 0.99))
        key = {"pk": {"S": "1"}, "sk": {"S": "1"}}
        with answered_within(patience.answer, monotonic=ticks):
            for _ in range(2):
                client.get_item(TableName="ledger", Key=key)
            with pytest.raises(AwsUnavailableError, match="no time is left"):
                client.get_item(TableName="ledger", Key=key)
    assert ticks.now - 1000 <= patience.answer
    assert hanging.asked() == 0


def crawling(ticks: Ticks, seconds: float) -> Callable[..., AWSResponse]:
    """An answer of DynamoDB that takes its time."""

    class Body:
        def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
            yield b"{}"

    headers: Any = {}

    def answer(request: Any, **_: Any) -> AWSResponse:
        ticks.now += seconds
        return AWSResponse(request.url, 200, headers, Body())

    return answer


@pytest.mark.usefixtures("_keys")
@pytest.mark.parametrize(
    ("left", "pause", "attempts", "pauses"),
    [
        (2.5, 0.0, 2, 1),
        (1.7, 0.0, 2, 1),
        (2.5, 1.0, 1, 1),  # the pause leaves too little
        (1.5, 0.0, 1, 0),
        (1.1, 0.0, 1, 0),
        (0.9, 0.0, 0, 0),
        (-1.0, 0.0, 0, 0),
    ],
)
def test_nobody_pauses_or_asks_again_where_that_would_be_too_late(
    hanging: Listener, monkeypatch: pytest.MonkeyPatch,
    left: float, pause: float, attempts: int, pauses: int,
) -> None:  # fmt: skip
    ticks, asked, paused = Ticks(), list[str](), list[float]()

    def sleep(seconds: float) -> None:
        paused.append(seconds)
        ticks.now += pause

    def unreachable(request: Any, **_: Any) -> None:
        asked.append(request.url)
        ticks.now += 0.6
        raise EndpointConnectionError(endpoint_url=request.url)

    monkeypatch.setattr("botocore.endpoint.time.sleep", sleep)
    with world_of("answer_slack", hanging, 1.0) as world:
        client = world.clients.own("dynamodb")
        client.meta.events.register("before-send", unreachable)
        with (
            answered_within(left, monotonic=ticks),
            pytest.raises((AwsUnavailableError, EndpointConnectionError)),
        ):
            client.get_item(TableName="ledger", Key={"pk": {"S": "1"}, "sk": {"S": "1"}})
    assert (len(asked), len(paused)) == (attempts, pauses)
    assert ticks.now - 1000 <= max(left, 0)


def test_a_dialog_waits_for_what_is_left_and_never_longer(hanging: Listener) -> None:
    ticks = Ticks()
    modals = SlackModals(CountedSecrets(), f"{hanging.url}/api/")  # type: ignore[arg-type]
    with answered_within(1.0, monotonic=ticks):
        ticks.now += 1.0 - SHORTEST_SECONDS / 2
        with pytest.raises(SlackUnavailableError, match="no time is left"):
            modals.open("1.2.abc", {})
    assert hanging.asked() == 0
    begun = time.monotonic()
    with answered_within(5 * SHORTEST_SECONDS), pytest.raises(SlackUnavailableError):
        modals.open("1.2.abc", {})
    assert time.monotonic() - begun < TIMEOUT_SECONDS
    assert hanging.asked() == 1


class HangingDialogs(RecordingModals):
    """Slack's dialogs, at an address where nobody answers."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        SlackModals(CountedSecrets(), self.url).open(trigger_id, view)  # type: ignore[arg-type]


def test_a_hanging_slack_ends_in_a_503_in_time(hanging: Listener) -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    world.modals = HangingDialogs(f"{hanging.url}/api/")
    begun = time.monotonic()
    with answered_within(QUICK):
        answer = answer_request(signed(world, form_of(a_click(gate, "reject_gate"))), world)
    assert time.monotonic() - begun < TIMEOUT_SECONDS
    assert answer["statusCode"] == 503
    assert hanging.asked() <= 1, "none where the machine was too busy to ask in time"


def test_without_anybody_who_waits_there_is_time_without_end() -> None:
    assert seconds_left() == math.inf
    with answered_within(1.0):
        assert 0 < seconds_left() <= 1.0
        with answered_within(0.0):
            assert seconds_left() <= 0.0
        assert seconds_left() > 0.0
    assert seconds_left() == math.inf
    clients = Clients(function="reconcile", clock=FixedClock())
    with clients.answering():
        assert seconds_left() == math.inf


@pytest.mark.usefixtures("_keys")
@pytest.mark.parametrize("function", ["answer_slack", "answer_api", "reconcile", "settle_gate"])
def test_only_functions_that_a_person_waits_for_are_impatient(function: str) -> None:
    client = Clients(function=function, clock=FixedClock()).own("dynamodb")
    expected = WAITED_FOR[function].config() if function in WAITED_FOR else CONFIG
    for name in ("connect_timeout", "read_timeout", "user_agent_extra", "tcp_keepalive"):
        assert getattr(client.meta.config, name) == getattr(expected, name)
    attempts = client.meta.config.retries["total_max_attempts"]
    assert attempts == (2 if function in WAITED_FOR else 3)


@pytest.mark.parametrize("function", WAITED_FOR)
def test_the_handler_says_when_its_answer_must_be_there(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(f"functions.{function}.app")
    left: list[float] = []
    clients = Clients(function=function, clock=FixedClock())
    monkeypatch.setattr(module, "world", lambda: SimpleNamespace(clients=clients))
    entry = {"answer_slack": "answer_request", "answer_api": "answer_api"}[function]
    monkeypatch.setattr(module, entry, lambda *_: left.append(seconds_left()))
    module.handler({}, SimpleNamespace(aws_request_id="r1"))
    assert 0 < left[0] <= WAITED_FOR[function].answer
