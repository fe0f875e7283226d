"""The same signed bytes again: a hundred times, one after the other and all at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.notifications.modals import approve_modal
from signalbox.runtime.settings import Settings
from signalbox.runtime.wiring import World

from tests.unit.slack.endpoint_on_aws import EndpointOnAws, endpoint_on_aws
from tests.unit.slack.slack_world import (
    SlackWorld,
    a_click,
    a_command,
    a_submission,
    form_of,
    post,
    signed,
)

TIMES = 100
Sends = Callable[[Any, Any], str]
REQUESTS: dict[str, Sends] = {
    "a click": lambda _, gate: form_of(a_click(gate)),
    "a review": lambda _, gate: form_of(a_click(gate, "review_gate")),
    "a form": lambda _, gate: form_of(a_submission(approve_modal(gate), reason="fine")),
    "a command": lambda *_: urlencode(a_command("hold env:production 2h load test")),
}


@pytest.fixture
def endpoint() -> Iterator[EndpointOnAws]:
    with endpoint_on_aws() as made:
        yield made


def bells(endpoint: EndpointOnAws) -> int:
    return endpoint.calls["sqs.SendMessage"]


@pytest.mark.case(3)
@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("at_once", [1, 20])
def test_the_same_bytes_a_hundred_times_have_one_effect(
    kind: str, at_once: int, endpoint: EndpointOnAws
) -> None:
    gate = endpoint.opened_gate()
    before = set(endpoint.effects())
    event = signed(endpoint, REQUESTS[kind](endpoint, gate))
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(endpoint.answer, [event] * TIMES))
    assert {answer["statusCode"] for answer in answers} == {200}
    assert sum("handled already" in answer["body"] for answer in answers) == TIMES - 1
    assert len(set(endpoint.effects()) - before) == 1
    assert bells(endpoint) == 1
    kept = endpoint.world.gates.gate(gate.id)
    assert kept is not None
    assert len(kept.votes) == (kind in {"a click", "a form"})


@pytest.mark.case(3)
def test_another_execution_environment_knows_what_this_one_has_handled(
    endpoint: EndpointOnAws,
) -> None:
    """The store is the ledger: an execution environment remembers no request by itself."""
    gate = endpoint.opened_gate()
    event = signed(endpoint, form_of(a_click(gate)))
    assert endpoint.answer(event)["body"] == ""
    settings: Settings = endpoint.world.settings
    other = World(settings)
    other.__dict__.update(clock=endpoint.clock, clients=endpoint.world.clients)
    endpoint.world = other
    assert "handled already" in endpoint.answer(event)["body"]


@pytest.mark.case(4)
@pytest.mark.parametrize(("age", "status"), [(299, 200), (300, 200), (301, 401), (-60, 401)])
def test_bytes_that_are_older_than_five_minutes_are_not_even_known(age: int, status: int) -> None:
    world = SlackWorld()
    event = signed(world, form_of(a_click(world.opened_gate())))
    answer_request(event, world)
    world.clock.advance(timedelta(seconds=age if age > 0 else age - 1))
    again = answer_request(event, world)
    assert again["statusCode"] == status
    assert len(world.the_gate().votes) == 1


@pytest.mark.case(3)
def test_a_click_on_something_else_meanwhile_is_no_replay() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    post(world, a_click(gate))
    world.clock.advance(timedelta(seconds=1))
    again = post(world, a_click(gate, user={"id": "U0ALAN", "name": "alan", "team_id": "T0001"}))
    assert again["body"] == ""
    assert len(world.the_gate().votes) == 2


def test_a_replayed_form_says_so_where_the_form_was(endpoint: EndpointOnAws) -> None:
    event = signed(endpoint, REQUESTS["a form"](endpoint, endpoint.opened_gate()))
    endpoint.answer(event)
    said = json.loads(endpoint.answer(event)["body"])
    assert said["response_action"] == "update"
