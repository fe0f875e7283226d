"""The endpoint with its real adapters, on moto, with a clock that is told the time.

Every call that would leave the process is counted in ``calls`` by ``service.Operation``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any
from unittest.mock import patch

import botocore.session
from moto import mock_aws
from moto.core.models import botocore_stubber
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.domain.effects import EffectStatus
from signalbox.domain.gates import Gate
from signalbox.runtime.settings import Settings
from signalbox.runtime.wiring import World

from tests.fakes import ACCOUNT, REGION, FixedClock
from tests.gate_world import POSTED, RELEASE, GateWorld, RecordingModals
from tests.unit.slack.slack_world import APP, SECRET, TEAM

KEYS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing")
KEY = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]


class EndpointOnAws:
    """One execution environment of the function, and what stands behind it."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.calls: Counter[str] = Counter()
        self.world = World(Settings({}))
        aws = {name: self.world.clients.own(name) for name in ("dynamodb", "sqs", "secretsmanager")}
        environ = _made() | {
            "POWERTOOLS_SERVICE_NAME": "answer_slack",
            "SLACK_API_URL": "https://slack.test/api/",
            "SLACK_TEAM_ID": TEAM,
            "SLACK_APP_ID": APP,
            "STACK_ID": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/signalbox/1",
        }
        clients = self.world.clients
        self.world = World(Settings(environ))
        self.modals = RecordingModals()
        self.world.__dict__.update(clock=self.clock, clients=clients, modals=self.modals)
        for client in aws.values():
            client.meta.events.register("before-send", self._count)

    def _count(self, event_name: str, **_: Any) -> None:
        _, service, operation = event_name.split(".")
        self.calls[f"{service}.{operation}"] += 1

    def opened_gate(self) -> Gate:
        """The gate of the examples, as open, with its message posted; its calls do not count."""
        gate = GateWorld().opened_gate()
        self.world.gates.open_gate(gate, [])
        self.world.releases.write_notes(RELEASE, messages=(POSTED,))
        self.calls.clear()
        return gate

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        return answer_request(event, self.world)

    def effects(self) -> list[str]:
        """The keys of everything that waits to be done."""
        listed = self.world.effects.pending(self.clock.now().replace(year=2100))
        return [effect.key for effect in listed if effect.status is EffectStatus.PENDING]


def _made() -> dict[str, str]:
    """The table, queues and secret of the template, by the names of the function's settings."""
    session = botocore.session.Session()
    aws: dict[str, Any] = {
        name: session.create_client(name) for name in ("dynamodb", "sqs", "secretsmanager")
    }
    secret = {"botToken": "xoxb-test", "signingSecret": SECRET}
    arn = aws["secretsmanager"].create_secret(Name="slack", SecretString=json.dumps(secret))["ARN"]
    aws["dynamodb"].create_table(
        TableName="ledger",
        KeySchema=KEY,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("pk", "sk", "gsi1pk", "gsi1sk")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "index1",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    work = aws["sqs"].create_queue(QueueName="work")["QueueUrl"]
    return {
        "LEDGER_TABLE": "ledger",
        "WORK_QUEUE_URL": work,
        "MESSAGES_QUEUE_URL": work,
        "SLACK_SECRET_ARN": arn,
    }


@contextmanager
def endpoint_on_aws(package: str = "") -> Iterator[EndpointOnAws]:
    """``package`` is the folder of a built function, whose data of AWS's services is used.

    moto knows no threads: between its check of a condition and its write others may come.
    """
    answer, lock = type(botocore_stubber).__call__, RLock()

    def one_at_a_time(self: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return answer(self, *args, **kwargs)

    keys = KEYS | {"AWS_DEFAULT_REGION": REGION, "LAMBDA_TASK_ROOT": package}
    with (
        patch.dict("os.environ", keys),
        mock_aws(),
        patch.object(type(botocore_stubber), "__call__", one_at_a_time),
    ):
        yield EndpointOnAws()
