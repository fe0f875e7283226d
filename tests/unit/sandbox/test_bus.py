from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox.emulator.bus import bus_routes

EVENT = {
    "source": "aws.codepipeline",
    "detail-type": "CodePipeline Stage Execution State Change",
    "detail": {"stage": "Build", "version": 3.0},
    "resources": ["arn:aws:codepipeline:us-east-1:123456789012:hello"],
    "time": "2026-11-22T12:00:00Z",
    "account": "999999999999",
}


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    monkeypatch.setattr("sandbox.emulator.bus.emit_event", lambda **event: events.append(event))
    return events


@pytest.fixture
def web() -> TestClient:
    return TestClient(Starlette(routes=bus_routes))


def test_each_event_is_put_on_the_bus_in_order(
    web: TestClient, emitted: list[dict[str, Any]]
) -> None:
    later = {**EVENT, "detail": {"stage": "Production"}}
    assert web.post("/_sandbox/events", json=[EVENT, later]).json() == {"emitted": 2}
    assert [each["detail"]["stage"] for each in emitted] == ["Build", "Production"]
    assert emitted[0]["detail_type"] == EVENT["detail-type"]
    assert emitted[0]["time"].isoformat() == "2026-11-22T12:00:00+00:00"
    assert "account" not in emitted[0]


@pytest.mark.parametrize("body", ["{", "{}", '[{"source": "aws.codepipeline"}]'])
def test_what_is_no_list_of_events_is_refused_whole(
    web: TestClient, emitted: list[dict[str, Any]], body: str
) -> None:
    assert web.post("/_sandbox/events", content=body).status_code == 400
    assert emitted == []
