"""How the Slack endpoint starts: everything at once in Lambda, nothing elsewhere."""

from __future__ import annotations

import gc
import json
from contextlib import suppress

import pytest
from signalbox.domain.errors import SettingMissingError
from signalbox.runtime.printed_counters import PrintedCounters
from signalbox.runtime.settings import Settings
from signalbox.runtime.starting import make_at_start, quick_start
from signalbox.runtime.wiring import World

from tests.fakes import NOW, FixedClock

IN_LAMBDA = "AWS_LAMBDA_INITIALIZATION_TYPE"


def test_outside_of_lambda_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(IN_LAMBDA, raising=False)
    made: list[int] = []
    make_at_start(lambda: made.append(1))
    assert made == []


@pytest.mark.case(7)
def test_what_cannot_be_made_in_lambda_is_left_for_the_event_that_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(IN_LAMBDA, "on-demand")
    made: list[int] = []

    def missing() -> None:
        raise SettingMissingError("the environment variable LEDGER_TABLE is not set")

    make_at_start(missing, lambda: made.append(1))
    assert made == [1]


def test_garbage_is_looked_for_again_after_the_start() -> None:
    try:
        with suppress(ZeroDivisionError), quick_start():
            meanwhile = gc.isenabled()
            raise ZeroDivisionError
        assert (meanwhile, gc.isenabled()) == (False, True)
    finally:
        gc.unfreeze()


def test_counts_leave_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    PrintedCounters("answer_slack", FixedClock()).count("SlackRequestsForged")
    line = json.loads(capsys.readouterr().out)
    [declared] = line["_aws"]["CloudWatchMetrics"]
    assert line["_aws"]["Timestamp"] == int(NOW.timestamp() * 1000)
    assert declared["Namespace"] == "Signalbox"
    assert declared["Metrics"] == [{"Name": "SlackRequestsForged", "Unit": "Count"}]
    assert (line["SlackRequestsForged"], line["service"]) == (1, "answer_slack")
    world = World(Settings({"POWERTOOLS_SERVICE_NAME": "answer_slack"}))
    assert isinstance(world.counters, PrintedCounters)


@pytest.mark.case(8)
def test_the_ids_to_compare_with_come_from_the_environment_and_may_be_left_out() -> None:
    environ = {"SLACK_TEAM_ID": "T0001, E0001", "SLACK_APP_ID": "A0001"}
    ours = World(Settings(environ)).slack_app
    assert (ours.teams, ours.app) == ({"T0001", "E0001"}, "A0001")
    nobody = World(Settings({})).slack_app
    assert (nobody.teams, nobody.app) == (frozenset(), "")
