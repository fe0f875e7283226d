"""Ten thousand requests that Slack did not send, and thousands of odd ones that it did."""

from __future__ import annotations

import json
import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.notifications.modals import approve_modal, break_glass_modal

from tests.gate_world import GateWorld
from tests.unit.slack.endpoint_on_aws import EndpointOnAws, endpoint_on_aws
from tests.unit.slack.forgeries import Forger, bent
from tests.unit.slack.slack_world import (
    SlackWorld,
    a_click,
    a_command,
    a_submission,
    form_of,
    signed,
)

FORGERIES = 10_000
SIGNED_GARBAGE = 4_000
ON_AWS = 400
READ = "secrets-manager.GetSecretValue"
REFUSED = {400, 401, 403}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A line a refusal is right, and slow to keep ten thousand times."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[EndpointOnAws]:
    with endpoint_on_aws() as made:
        made.world.__dict__.update(counters=GateWorld().counters)
        yield made


@pytest.mark.case(1)
@pytest.mark.case(2)
@pytest.mark.case(5)
@pytest.mark.case(26)
def test_ten_thousand_forgeries_are_refused_at_the_cost_of_a_read_every_five_minutes(
    endpoint: EndpointOnAws,
) -> None:
    forger = Forger(20261122, a_click(endpoint.opened_gate()))
    begun, statuses = endpoint.clock.now(), Counter[int]()
    for number in range(FORGERIES):
        event = forger.forged(int(endpoint.clock.now().timestamp()))
        status = endpoint.answer(event)["statusCode"]
        assert status == 401, (number, status, repr(event)[:2000])
        statuses[status] += 1
        endpoint.clock.advance(timedelta(seconds=forger.random.random() * 4))
    windows = (endpoint.clock.now() - begun) // timedelta(minutes=5) + 1
    assert windows > 50
    assert set(endpoint.calls) == {READ}
    assert windows // 2 < endpoint.calls[READ] <= windows
    assert statuses == {401: FORGERIES}


@pytest.mark.case(26)
def test_a_valid_request_among_the_forgeries_is_answered(endpoint: EndpointOnAws) -> None:
    """Or the test above would prove nothing."""
    endpoint.calls.clear()
    gate = GateWorld().opened_gate()
    forger = Forger(7, a_click(gate))
    valid = forger.valid(int(endpoint.clock.now().timestamp()))
    for shape in ("http api", "rest api", "function url"):
        for encoded in (True, False):
            valid.shape, valid.encoded = shape, encoded
            assert endpoint.answer(valid.event())["statusCode"] == 200
    assert endpoint.calls["dynamodb.Query"] + endpoint.calls["dynamodb.TransactWriteItems"] > 0


@pytest.mark.case(25)
@pytest.mark.parametrize("size", [256 * 1024 + 1, 350_000, 1024 * 1024, 10 * 1024 * 1024])
@pytest.mark.parametrize("encoded", [True, False])
def test_a_huge_body_is_refused_by_its_length_without_a_look_at_it(
    size: int, encoded: bool
) -> None:
    world = SlackWorld()
    event = signed(world, "payload=" + "%7B" * (size // 3), encoded=encoded)
    begun = time.process_time()
    assert answer_request(event, world)["statusCode"] == 401
    assert time.process_time() - begun < 0.05
    assert world.slack_secrets.reads == 0


@pytest.mark.case(25)
@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_deep_json_that_slack_signed_is_refused_quickly(opening: str) -> None:
    world = SlackWorld()
    event = signed(world, urlencode({"payload": opening * (40_000 // len(opening))}))
    begun = time.process_time()
    assert answer_request(event, world)["statusCode"] == 400
    assert time.process_time() - begun < 0.25


def signed_garbage(rng: random.Random, gate: Any) -> str:
    payloads = [
        a_click(gate),
        a_click(gate, "reject_gate"),
        a_click(gate, "review_gate"),
        a_submission(approve_modal(gate), reason="fine"),
        a_submission(break_glass_modal(gate), reason="fire", ticket="INC-1"),
    ]
    if rng.random() < 0.3:
        verb = rng.choice(["hold", "release", "why", "approve", "status", "break-glass", "x"])
        said = a_command(f"{verb} {rng.choice(['hello', 'a' * 4000, '@', '', '/', '::'])} until x")
        form = said | {rng.choice(list(said)): rng.choice(["", "x" * 3000, "#", "\x00", "é"])}
        return urlencode(form)
    payload = rng.choice(payloads)
    for _ in range(rng.randrange(1, 4)):
        payload = bent(rng, payload)
        if not isinstance(payload, dict):
            break
    return form_of(payload)


@pytest.mark.case(2)
def test_signed_garbage_is_never_a_server_error() -> None:
    rng = random.Random(20261123)  # noqa: S311 - no secret
    statuses = Counter[int]()
    world = SlackWorld()
    gate = world.opened_gate()
    for _ in range(SIGNED_GARBAGE):
        body = signed_garbage(rng, gate)
        answer = answer_request(signed(world, body), world)
        assert answer["statusCode"] in {200, *REFUSED}, body[:3000]
        json.dumps(answer)
        statuses[answer["statusCode"]] += 1
        world.clock.advance(timedelta(seconds=1))
        world.ledger.gates[gate.id] = gate
    assert min(statuses[status] for status in (200, 400, 403)) > SIGNED_GARBAGE // 50, statuses


@pytest.mark.case(2)
def test_signed_garbage_does_not_make_aws_refuse_a_call(endpoint: EndpointOnAws) -> None:
    rng = random.Random(20261124)  # noqa: S311 - no secret
    gate = endpoint.opened_gate()
    for _ in range(ON_AWS):
        body = signed_garbage(rng, gate)
        answer = endpoint.answer(signed(endpoint, body))
        assert answer["statusCode"] in {200, *REFUSED}, body[:3000]
        endpoint.clock.advance(timedelta(seconds=1))
