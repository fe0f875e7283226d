"""A workspace of its own for every test, an app that records, and the real slack_sdk client."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox.slack.app import slack_routes
from sandbox.slack.workspace import SlackWorkspace

REQUEST_URL = "http://abc123.execute-api.localhost:4600/slack/interactions"


@dataclass(slots=True)
class RecordingApp:
    """Stands where the control plane stands; answers what it is told to."""

    requests: list[httpx.Request] = field(default_factory=list)
    status: int = 200
    answer: str = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, text=self.answer)

    @property
    def action(self) -> dict[str, object]:
        """The one action of the last press."""
        actions = self.payload["actions"]
        assert isinstance(actions, list)
        assert len(actions) == 1
        action = actions[0]
        assert isinstance(action, dict)
        return action

    @property
    def payload(self) -> dict[str, object]:
        """The JSON of the last interactive payload."""
        form = parse_qs(self.requests[-1].content.decode(), strict_parsing=True)
        payload = json.loads(form["payload"][0])
        assert isinstance(payload, dict)
        return payload


@dataclass(slots=True)
class Clock:
    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(clock: Clock) -> SlackWorkspace:
    box = SlackWorkspace(clock)
    box.configure(box.settings.changed({"request_url": REQUEST_URL}))
    return box


@pytest.fixture
def app(workspace: SlackWorkspace) -> RecordingApp:
    recording = RecordingApp()
    workspace.transport = httpx.MockTransport(recording)
    return recording


@pytest.fixture
def http(workspace: SlackWorkspace) -> Iterator[TestClient]:
    routes = slack_routes(lambda: workspace)
    with TestClient(Starlette(routes=routes), base_url="http://127.0.0.1:4600") as client:
        yield client


@dataclass(slots=True)
class Api:
    """The Web API, called as a bot calls it."""

    http: TestClient
    token: str

    def call(self, method: str, **arguments: object) -> dict[str, object]:
        return self.response(method, **arguments).json()  # type: ignore[no-any-return]

    def response(self, method: str, **arguments: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        response: httpx.Response = self.http.post(
            f"/slack/api/{method}", json=arguments, headers=headers
        )
        return response


@pytest.fixture
def api(http: TestClient, workspace: SlackWorkspace) -> Api:
    return Api(http, workspace.settings.bot_token)
