"""`signalbox hold list` shows what is held, by windows too, and how closed stages stand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.credentials import Credentials
from signalbox.domain.holds import ClosedStage, Hold, HoldSource, Reach, Scope
from signalbox.domain.spans import span_of
from typer.testing import CliRunner

from cli.control_api import ControlApi, Place
from cli.main import app
from tests.fakes import NOW, PIPELINE
from tests.unit.api.api_world import ApiWorld
from tests.unit.cli.an_api import WiredApi

HOST = "abc123.execute-api.us-east-1.amazonaws.com"
HOLD = Hold(
    id="h1",
    scope=Scope(reach=Reach.EVERYTHING),
    owner="Grace",
    reason="load test",
    since=NOW,
    until=NOW + timedelta(hours=2),
)
WINDOW = replace(HOLD, id="window-abc", until=None, reason="holidays", source=HoldSource.WINDOW)
STAGE = ClosedStage(
    pipeline=PIPELINE,
    stage="Production",
    since=NOW,
    reason="Signalbox holds: holidays by Grace",
    confirmed=True,
    holds=("window-abc",),
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ApiWorld:
    wired = WiredApi(ApiWorld())
    api = ControlApi(Place(f"https://{HOST}", HOST, "us-east-1"), Credentials("A", "S", "T"), wired)
    monkeypatch.setattr("cli.hold.api_of", lambda *_: api)
    return wired.world


def listed(*more: str) -> str:
    ended = CliRunner().invoke(app, ["hold", "list", *more])
    assert ended.exit_code == 0, ended.stderr
    return ended.stdout


def test_windows_and_closed_stages_are_listed_with_their_reason_and_end(world: ApiWorld) -> None:
    world.ledger.add_hold(HOLD, [])
    world.ledger.add_hold(span_of(WINDOW, "2026-11-22", "production"), [])
    world.ledger.note_closed(STAGE)
    person, window, stage, why = listed().splitlines()
    assert person.startswith("everything  until 2026-11-2")
    assert window == "window:production  until its window is over  Grace: holidays"
    assert stage.startswith(f"stage:{PIPELINE.key}/Production  since 2026-11-2")
    assert stage.endswith("is closed")
    assert why == "  Grace: holidays, until its window is over"
    assert json.loads(listed("--json"))["closed_stages"][0]["condition"] == "held"


def test_what_a_stage_waits_for_is_listed_where_no_hold_is_left(world: ApiWorld) -> None:
    world.ledger.note_closed(replace(STAGE, waiting_for="e1: 2 failing tests; e2: \x1b[2Jno"))
    stage, *why = listed().splitlines()
    assert stage.endswith("stays closed although no hold is left:")
    assert why == ["  e1: 2 failing tests", "  e2: [2Jno"]


def test_nothing_is_held_where_neither_is_anything_closed(world: ApiWorld) -> None:
    world.ledger.add_hold(replace(HOLD, until=NOW), [])
    assert listed() == "nothing is held\n"
    world.ledger.note_closed(STAGE)
    assert "nothing is held" not in listed()
