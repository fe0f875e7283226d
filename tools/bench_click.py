"""Twenty people press Approve at once, in the sandbox: how long Slack waits for the answers.

Real votes through API Gateway, Lambda and DynamoDB as the sandbox has them, signed as Slack signs:
once while the endpoint's execution environments start, and once more when they are warm. The goal
is a median of less than 300 ms when they are warm; Slack gives up after 3 seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx

from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.slack import approve_button, message_of
from sandbox.demo.steps import Scene, Step
from sandbox.demo.world import Release, World
from sandbox.deploy import CONTROL_PLANE, SERVICE, deploy_everything, request_url
from sandbox.process import running_sandbox
from sandbox.slack.delivery import reachable, signed_headers
from sandbox.slack.model import APP_ID, TEAM_ID
from sandbox.slack.settings import SlackSettings

PEOPLE = 20
GOAL_MS = 300
SETTLING_SECONDS = 10
"""Between two bursts, while the votes of the first are weighed: the machine is to be its own."""


def main() -> int:
    """Deploy, press twice, print; 1 where the goal is missed or a vote is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4620)
    with running_sandbox(parser.parse_args().port) as box:
        world = World(box=box, deployment=deploy_everything(box))
        _write_rules(world)
        message = _asked(world)
        cold = _burst(world, message, range(PEOPLE))
        _told("while twenty environments start", cold)
        time.sleep(SETTLING_SECONDS)
        warm = _burst(world, message, range(PEOPLE, 2 * PEOPLE))
        _told("when it is warm", warm)
        votes = _votes(world, message)
    answered = len(cold) + len(warm)
    print(f"{votes} votes written of {answered} clicks that were answered with 200")
    missed = len(warm) < PEOPLE or statistics.median(warm) >= GOAL_MS
    return int(missed or votes < answered)


def _write_rules(world: World) -> None:
    """Half of them are known, and together they are one too few to approve: the gate stays open."""
    known = [number for number in range(2 * PEOPLE) if number % 2][1:]
    ids = {f"p{number}": {"slack": [_user(number)]} for number in known}
    rules = {"contract": 2, "mode": "enforce", "approvals": len(known) + 1}
    for name, document in (
        ("people", {"contract": 1, "people": ids}),
        (f"policy/{SERVICE}", rules),
    ):
        world.aws("ssm").put_parameter(
            Name=f"/signalbox/{CONTROL_PLANE}/{name}",
            Value=json.dumps(document, separators=(",", ":")),
            Type="String",
            Overwrite=True,
        )


def _asked(world: World) -> dict[str, Any]:
    """Push a commit, and wait until people are asked about it."""
    release = Release(commit=world.deployment.repository.push("good"))

    def see(_: World) -> str:
        return str(approve_button(message_of(world, release))["action_id"])

    steps = (Step(what="People are asked", see=see, within=90),)
    play(world, [Scene(title="A release waits", steps=steps)], Narrator(), patience=90)
    return message_of(world, release)


def _burst(world: World, message: dict[str, Any], people: Sequence[int]) -> list[float]:
    """Milliseconds that each answer took, of those that were good; everybody presses at once."""
    settings = SlackSettings(signing_secret=world.deployment.slack.signing_secret)
    url, host = reachable(request_url(world.box, world.deployment.outputs))
    together = threading.Barrier(len(people))

    def press(number: int) -> float | None:
        body = urlencode({"payload": json.dumps(_click(message, number))}).encode()
        headers = signed_headers(settings, body, time.time()) | {"Host": host}
        with httpx.Client(trust_env=False, timeout=30, verify=False) as client:  # noqa: S501
            together.wait()
            begun = time.monotonic()
            try:
                answered = client.post(url, content=body, headers=headers).status_code == 200
            except httpx.HTTPError:
                answered = False
            took = time.monotonic() - begun
        return took * 1000 if answered else None

    with ThreadPoolExecutor(len(people)) as pool:
        return [took for took in pool.map(press, people) if took is not None]


def _click(message: dict[str, Any], number: int) -> dict[str, Any]:
    button = approve_button(message)
    gate = json.loads(button["value"])["gate"]
    person = {"id": _user(number), "name": f"p{number}", "team_id": TEAM_ID}
    return {
        **{"type": "block_actions", "team": {"id": TEAM_ID}, "user": person, "api_app_id": APP_ID},
        "trigger_id": f"bench.{number}",
        "channel": {"id": message["channel"]},
        "message": {"ts": message["ts"]},
        "actions": [{**button, "block_id": f"gate:{gate}"}],
    }


def _user(number: int) -> str:
    return f"U0BENCH{number:03}"


def _votes(world: World, message: dict[str, Any]) -> int:
    gate = json.loads(approve_button(message)["value"])["gate"]
    table = _ledger(world)
    found = world.aws("dynamodb").query(
        TableName=table,
        KeyConditionExpression="pk = :gate AND begins_with(sk, :vote)",
        ExpressionAttributeValues={":gate": {"S": f"gate#{gate}"}, ":vote": {"S": "vote#"}},
    )
    return int(found["Count"])


def _ledger(world: World) -> str:
    resource = world.aws("cloudformation").describe_stack_resource(
        StackName=CONTROL_PLANE, LogicalResourceId="LedgerTable"
    )
    return str(resource["StackResourceDetail"]["PhysicalResourceId"])


def _told(when: str, milliseconds: Sequence[float]) -> None:
    median = statistics.median(milliseconds) if milliseconds else float("nan")
    slowest = max(milliseconds, default=float("nan"))
    print(
        f"{PEOPLE} clicks at once {when}: {len(milliseconds)} answered with 200, "
        f"median {median:.0f} ms, slowest {slowest:.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
