"""An account in moto with what template.yaml makes, and the functions in it."""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import botocore.retries.quota
import botocore.session
from botocore.retries.quota import RetryQuota
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends
from signalbox.adapters.dynamodb_pace import DynamoDbPace
from signalbox.runtime.clients import Clients
from signalbox.runtime.settings import Settings
from signalbox.runtime.wiring import World

from tests.fakes import ACCOUNT, REGION, FixedClock
from tests.structure.templates import resources

ROOT = Path(__file__).parents[2]
PREFIX = "/signalbox/signalbox"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:notifications"
DEAD_LETTERS = ("inbox-dead", "messages-dead.fifo", "work-dead")
QUEUES = ("inbox", "messages.fifo", "work", *DEAD_LETTERS)
MACHINES = ("approval", "rollback", "cleanup")
SERVICE = {
    "contract": 1,
    "service": "hello",
    "pipeline": "hello",
    "operatorRoleArn": f"arn:aws:iam::{ACCOUNT}:role/signalbox-operator-hello",
    "artifactBucket": "artifacts",
    "channel": "",
    "environments": [
        {
            "name": "production",
            "stage": "Production",
            "target": {"type": "lambda", "function": "hello-production", "alias": "live"},
            "alarms": ["hello-production-errors"],
        }
    ],
}


class Account:
    """Everything that outlives an invocation. Clients are made once; their retry quota is filled
    again before each run, for it lives in the client and would leak from one run into the next.
    """

    def __init__(self) -> None:
        self._session = botocore.session.Session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._quotas: list[RetryQuota] = []
        self.put_off: dict[str, timedelta] = {}
        """How long each message that was put off is not to be seen, by its receipt handle."""
        self._provision()

    def client(self, name: str, **how: Any) -> Any:
        """What ``botocore.session.Session.create_client`` gives, kept for the next world."""
        key = (name, "theirs" if "aws_session_token" in how else "own")
        if key not in self._clients:
            with patch.object(botocore.retries.quota, "RetryQuota", self._quota):
                self._clients[key] = self._session.create_client(name, **how)
        return self._clients[key]

    create_client = client

    def _quota(self, *args: Any, **kwargs: Any) -> RetryQuota:
        self._quotas.append(RetryQuota(*args, **kwargs))
        return self._quotas[-1]

    def fill_quotas(self) -> None:
        """As if every client were new."""
        for quota in self._quotas:
            quota.release(quota._max_capacity)

    def _provision(self) -> None:
        own = self._session.create_client
        _create_tables(own("dynamodb", region_name=REGION))
        own("s3", region_name=REGION).create_bucket(Bucket="anchors")
        sqs = own("sqs", region_name=REGION)
        for name in QUEUES:
            fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            sqs.create_queue(QueueName=name, Attributes=fifo)
        own("sns", region_name=REGION).create_topic(Name="notifications")
        secret = {"botToken": "xoxb-1", "signingSecret": "s"}
        own("secretsmanager", region_name=REGION).create_secret(
            Name="slack", SecretString=json.dumps(secret)
        )
        for name in MACHINES:
            own("stepfunctions", region_name=REGION).create_state_machine(
                name=name, definition="{}", roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine"
            )
        documents = {
            "services/hello": SERVICE,
            "policy/default": {"contract": 1, "mode": "enforce", "unknownAuthor": "allow"},
            "people": {"contract": 1, "people": {"bo": {"slack": ["U2BO"]}}},
            "routes": {"contract": 1, "channel": "#releases"},
        }
        for name, document in documents.items():
            own("ssm", region_name=REGION).put_parameter(
                Name=f"{PREFIX}/{name}", Value=json.dumps(document), Type="String"
            )

    def snapshot(self) -> dict[str, Any]:
        """All that outlives an invocation but the queues: the driver holds what was sent."""
        return {name: copy.deepcopy(part) for name, part in self._parts().items()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Back to a snapshot, with empty queues."""
        for name, part in self._parts().items():
            part.clear()
            fresh = copy.deepcopy(kept[name])
            part.update(fresh) if isinstance(part, dict) else part.extend(fresh)
        for queue in QUEUES:
            self.drain(queue)

    def _parts(self) -> dict[str, Any]:
        """moto's own mutable parts, by a name."""
        tables = dynamodb_backends[ACCOUNT][REGION].tables
        machines = stepfunctions_backends[ACCOUNT][REGION].state_machines
        return {
            "ledger": tables["ledger"].items,
            "audit": tables["audit"].items,
            "mails": sns_backends[ACCOUNT][REGION].topics[TOPIC].sent_notifications,
            "anchors": s3_backends[ACCOUNT]["aws"].buckets["anchors"].keys,
            **{machine.name: machine.executions for machine in machines},
        }

    def sqs(self, operation: str, request: Mapping[str, Any]) -> tuple[int, Any] | None:
        """The driver delivers, so it must know what is put off; all else is moto's."""
        if operation != "ChangeMessageVisibility":
            return None
        wait = timedelta(seconds=request["VisibilityTimeout"])
        self.put_off[request["ReceiptHandle"]] = wait
        return 200, {}

    def drain(self, queue: str) -> list[Any]:
        """Take every message out of a queue of moto's: the driver delivers them."""
        model = sqs_backends[ACCOUNT][REGION].queues[queue]
        taken, model._messages = model._messages, []
        return list(taken)

    def items(self, table: str) -> Iterator[dict[str, Any]]:
        """Every item of a table, with its attributes as DynamoDB writes them."""
        for partition in dynamodb_backends[ACCOUNT][REGION].tables[table].items.values():
            for item in partition.values():
                yield item.to_json()["Attributes"]

    def started(self) -> list[tuple[str, str, str]]:
        """(machine, name, input) of every execution."""
        return [
            (machine.name, each.name, each.execution_input)
            for machine in stepfunctions_backends[ACCOUNT][REGION].state_machines
            for each in machine.executions
        ]

    def mails(self) -> list[str]:
        """The subject of every e-mail."""
        topic = sns_backends[ACCOUNT][REGION].topics[TOPIC]
        return [str(sent[2]) for sent in topic.sent_notifications]

    def anchored(self) -> list[str]:
        """The key of every anchor."""
        return sorted(s3_backends[ACCOUNT]["aws"].buckets["anchors"].keys)


@contextmanager
def an_account() -> Iterator[Account]:
    """The account, while moto stands in for AWS."""
    environ = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_SERVICE_NAME": "faults",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "POWERTOOLS_METRICS_NAMESPACE": "Signalbox",
    }
    with patch.dict("os.environ", environ), patch("botocore.endpoint.time.sleep"), mock_aws():
        yield Account()


class _QuickClients(Clients):
    """The functions' clients, on the account's kept ones."""

    def __init__(self, account: Account, clock: FixedClock) -> None:
        super().__init__(function="faults", clock=clock)
        self._account = account

    def _aws(self) -> Any:
        return self._account


class FunctionWorld(World):
    """The world of one execution environment, told the time by the driver."""

    def __init__(self, account: Account, clock: FixedClock) -> None:
        super().__init__(Settings(ENVIRON))
        self.__dict__["clock"] = clock
        self.__dict__["clients"] = _QuickClients(account, clock)
        self.__dict__["pace"] = DynamoDbPace(self._ledger, clock, sleep=lambda _: None)


@cache
def _module(function: str) -> ModuleType:
    path = ROOT / "functions" / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"faults_{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def handler_of(function: str, world: FunctionWorld) -> Callable[[Any], Any]:
    """A function's own handler in that world."""
    module = _module(function)

    def invoke(event: Any) -> Any:
        with patch.object(module, "world", lambda: world):
            return module.handler(event, None)

    return invoke


def _url(queue: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"


def _machine(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"


ENVIRON = {
    "LEDGER_TABLE": "ledger",
    "AUDIT_TABLE": "audit",
    "ANCHOR_BUCKET": "anchors",
    "MAX_RECEIVES": "24",
    "INBOX_QUEUE_URL": _url("inbox"),
    "MESSAGES_DLQ_URL": _url("messages-dead.fifo"),
    "WORK_DLQ_URL": _url("work-dead"),
    "MESSAGES_QUEUE_URL": _url("messages.fifo"),
    "WORK_QUEUE_URL": _url("work"),
    "INBOX_DLQ_URL": _url("inbox-dead"),
    "NOTIFICATIONS_TOPIC_ARN": TOPIC,
    "SLACK_SECRET_ARN": "slack",
    "SLACK_API_URL": "https://slack.com/api/",
    "PARAMETER_PREFIX": PREFIX,
    "APPROVAL_MACHINE_ARN": _machine("approval"),
    "ROLLBACK_MACHINE_ARN": _machine("rollback"),
    "CLEANUP_MACHINE_ARN": _machine("cleanup"),
    "ALLOWED_ACCOUNTS": ACCOUNT,
}


def _create_tables(client: Any) -> None:
    """The tables as template.yaml has them."""
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    for key, table in resources("cfn.json", "AWS::DynamoDB::Table").items():
        schema = {name: table[name] for name in wanted if name in table}
        client.create_table(TableName=key.removesuffix("Table").lower(), **schema)
