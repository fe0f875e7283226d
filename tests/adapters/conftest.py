"""The tables of template.yaml in moto, and clients as the functions have them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from threading import RLock
from typing import Any

import botocore.session
import pytest
from moto import mock_aws
from moto.core.models import botocore_stubber
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.runtime.clients import CONFIG

from tests.fakes import REGION

STRING = "S"


@pytest.fixture
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture(autouse=True)
def _moto_answers_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto knows no threads: between its check of a condition and its write others may come."""
    answer, lock = type(botocore_stubber).__call__, RLock()

    def one_at_a_time(self: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return answer(self, *args, **kwargs)

    monkeypatch.setattr(type(botocore_stubber), "__call__", one_at_a_time)


@pytest.fixture
def dynamodb(_aws: None) -> Any:
    """A DynamoDB client with the ledger's and the audit's table."""
    client = new_client("dynamodb")
    key = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    names = ("pk", "sk", "gsi1pk", "gsi1sk")
    client.create_table(
        TableName="ledger",
        KeySchema=key,
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": STRING} for n in names],
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
    client.create_table(
        TableName="audit",
        KeySchema=key,
        AttributeDefinitions=[
            {"AttributeName": n, "AttributeType": STRING} for n in ("pk", "sk", "hour", "at")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "grown",
                "KeySchema": [
                    {"AttributeName": "hour", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@pytest.fixture
def table(dynamodb: Any) -> LedgerTable:
    return LedgerTable(client=dynamodb, name="ledger", pause=lambda _: None)


def new_client(name: str) -> Any:
    """A client of its own: botocore keeps its retry quota in the client."""
    return _session().create_client(name, region_name=REGION, config=CONFIG)


@cache
def _session() -> botocore.session.Session:
    # One session for all, for it holds the parsed service models: they take a second to read.
    return botocore.session.Session()
