"""Slack's secret where it cannot be read: a flood costs one call a minute, and fails closed."""

from __future__ import annotations

import json
import logging
import traceback
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from signalbox.adapters.secrets import FAILED_FOR, KEPT_FOR, SlackSecrets
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.domain.errors import (
    AwsRefusedError,
    AwsUnavailableError,
    SettingMissingError,
    SignalboxError,
)

from tests.fakes import FixedClock
from tests.gate_world import CountedMetrics
from tests.unit.slack.slack_world import SECRET, SlackWorld, a_click, form_of, post, signed

SECOND = timedelta(seconds=1)
GOOD = json.dumps({"botToken": "xoxb-1", "signingSecret": SECRET})
NEXT = json.dumps({"botToken": "xoxb-2", "signingSecret": "next"})
EMPTY = json.dumps({"botToken": "", "signingSecret": ""})


def an_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")


DOWN: dict[str, Exception] = {
    "throttled": an_error("ThrottlingException"),
    "broken": an_error("InternalFailure"),
    "hanging": ReadTimeoutError(endpoint_url="https://secretsmanager"),
}
REFUSING: dict[str, Exception] = {
    "denied": an_error("AccessDeniedException"),
    "gone": an_error("ResourceNotFoundException"),
    "undecryptable": an_error("DecryptionFailure"),
}
UNUSABLE = {
    "empty": EMPTY,
    "no json": "{",
    "a list": "[]",
    "half of it": '{"botToken": "xoxb-1"}',
    "a number": '{"botToken": "xoxb-1", "signingSecret": 1}',
}


@dataclass
class ScriptedManager:
    """Secrets Manager as it is told to be; counts the reads."""

    said: str | Exception = GOOD
    reads: int = 0

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        self.reads += 1
        if isinstance(self.said, Exception):
            raise self.said
        return {"SecretString": self.said}


class Kept:
    """The secrets of one execution environment."""

    def __init__(self, said: str | Exception = GOOD) -> None:
        self.manager, self.clock = ScriptedManager(said), FixedClock()
        self.counters = CountedMetrics()
        self.secrets = SlackSecrets(self.manager, "arn", self.clock, self.counters)

    def signing(self) -> str:
        return self.secrets.current().signing_secrets[0]


FAILURES: dict[str, tuple[str | Exception, type[SignalboxError]]] = {
    **{name: (said, AwsUnavailableError) for name, said in DOWN.items()},
    **{name: (said, AwsRefusedError) for name, said in REFUSING.items()},
    **{name: (said, SettingMissingError) for name, said in UNUSABLE.items()},
}


@pytest.mark.case(26)
@pytest.mark.case(7)
@pytest.mark.parametrize("name", FAILURES)
def test_a_read_that_fails_is_not_tried_again_for_a_minute(name: str) -> None:
    said, kind = FAILURES[name]
    kept = Kept(said)
    for _ in range(100):
        with pytest.raises(kind):
            kept.secrets.current()
    assert kept.manager.reads == 1
    kept.clock.advance(timedelta(seconds=59))
    with pytest.raises(kind):
        kept.secrets.current()
    assert kept.manager.reads == 1
    kept.clock.advance(SECOND)
    kept.manager.said = GOOD
    assert kept.signing() == SECRET
    assert kept.manager.reads == 2


@pytest.mark.case(26)
@pytest.mark.parametrize("name", FAILURES)
def test_a_hundred_forgeries_cost_one_call_and_are_let_in_by_none(name: str) -> None:
    said, _ = FAILURES[name]
    kept, world = Kept(said), SlackWorld()
    world.slack_secrets = kept.secrets  # type: ignore[assignment]
    gate = world.opened_gate()
    for number in range(100):
        assert post(world, a_click(gate, trigger_id=str(number)))["statusCode"] == 503
    assert (kept.manager.reads, world.the_gate().votes) == (1, ())


@pytest.mark.case(26)
def test_while_the_secret_is_good_a_flood_costs_one_call_in_five_minutes() -> None:
    kept, world = Kept(), SlackWorld()
    world.slack_secrets = kept.secrets  # type: ignore[assignment]
    forged = signed(world, form_of({}))
    forged["headers"]["x-slack-signature"] = "v0=" + "0" * 64
    for _ in range(100):
        assert answer_request(forged, world)["statusCode"] == 401
    assert kept.manager.reads == 1


@pytest.mark.case(6)
@pytest.mark.parametrize("name", DOWN)
def test_a_good_secret_outlasts_secrets_manager_with_a_warning_and_a_count(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept()
    assert kept.signing() == SECRET
    kept.manager.said = DOWN[name]
    kept.clock.advance(KEPT_FOR)
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            assert kept.signing() == SECRET
    assert kept.manager.reads == 2, "asked again, and then not for a minute"
    assert kept.counters.counted == {"SlackSecretNotRenewed": 1}
    (warning,) = caplog.records
    assert "could not read Slack's secret" in warning.getMessage()
    assert SECRET not in warning.getMessage()
    kept.clock.advance(FAILED_FOR)
    kept.manager.said = NEXT
    assert kept.signing() == "next"
    assert kept.secrets.current().bot_token == "xoxb-2"


@pytest.mark.case(7)
def test_no_secret_outlasts_an_hour() -> None:
    kept = Kept()
    kept.signing()
    kept.manager.said = DOWN["hanging"]
    kept.clock.advance(timedelta(minutes=59, seconds=59))
    assert kept.signing() == SECRET
    kept.clock.advance(SECOND)
    with pytest.raises(AwsUnavailableError):
        kept.secrets.current()


@pytest.mark.case(7)
@pytest.mark.parametrize("name", [*REFUSING, *UNUSABLE])
def test_a_secret_that_was_taken_away_holds_no_longer(name: str) -> None:
    said, kind = FAILURES[name]
    kept = Kept()
    kept.signing()
    kept.manager.said = said
    kept.clock.advance(KEPT_FOR)
    with pytest.raises(kind):
        kept.secrets.current()
    kept.manager.said = DOWN["throttled"]
    kept.clock.advance(FAILED_FOR)
    with pytest.raises(AwsUnavailableError):
        kept.secrets.current()
    assert kept.counters.counted == {}, "there was none left to outlast anything"


def test_a_clock_that_was_put_back_keeps_nothing_for_longer() -> None:
    kept = Kept()
    kept.signing()
    kept.clock.advance(-timedelta(days=1))
    kept.signing()
    assert kept.manager.reads == 2
    kept = Kept(EMPTY)
    with pytest.raises(SettingMissingError):
        kept.secrets.current()
    kept.clock.advance(-timedelta(days=1))
    kept.manager.said = GOOD
    assert kept.signing() == SECRET


def test_the_same_failure_a_hundred_times_is_told_as_briefly_as_once() -> None:
    kept, lengths = Kept(DOWN["hanging"]), set()
    for _ in range(100):
        with pytest.raises(AwsUnavailableError) as failed:
            kept.secrets.current()
        lengths.add(len(traceback.extract_tb(failed.value.__traceback__)))
    assert len(lengths) == 1


def test_nobody_need_count() -> None:
    manager, clock = ScriptedManager(), FixedClock()
    secrets = SlackSecrets(manager, "arn", clock)
    secrets.current()
    manager.said = DOWN["throttled"]
    clock.advance(KEPT_FOR)
    assert secrets.current().signing_secrets == (SECRET,)
