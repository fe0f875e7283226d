"""The latest facts, read from the deployed ledger table over the sandbox's own DynamoDB."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Fact = dict[str, str]

SHOWN = 40
FRESH_FOR = 1.0


class LedgerWindow:
    """A look into the ledger, shared by all open pages and renewed at most once a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facts: Sequence[Fact] = ()
        self._read_at = 0.0

    def latest(self) -> Sequence[Fact]:
        """The newest facts first; none while no ledger is deployed."""
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH_FOR:
                self._facts = self._read()
                self._read_at = time.monotonic()
            return self._facts

    def _read(self) -> Sequence[Fact]:
        from sandbox import emulator

        dynamodb = emulator.client("dynamodb")
        table = _ledger_table(dynamodb.get_paginator("list_tables").paginate())
        if table is None:
            return ()
        pages = dynamodb.get_paginator("scan").paginate(
            TableName=table,
            FilterExpression="begins_with(sk, :fact)",
            ExpressionAttributeValues={":fact": {"S": "fact#"}},
        )
        facts = [fact_of(item) for page in pages for item in page["Items"]]
        return sorted(facts, key=lambda fact: fact["at"], reverse=True)[:SHOWN]


def _ledger_table(pages: Iterator[Mapping[str, Any]]) -> str | None:
    names = (name for page in pages for name in page["TableNames"])
    return next((name for name in names if "Ledger" in name), None)


def fact_of(item: Mapping[str, Any]) -> Fact:
    """A ledger item (`sk` is `fact#{scope}#{attempt}#{state}`) as the page shows it."""
    document = json.loads(item["fact"]["S"])
    _, scope, attempt, state = item["sk"]["S"].split("#", 3)
    kind, *path = scope.split("/")
    return {
        "key": f"{item['pk']['S']} {item['sk']['S']}",
        "release": item["pk"]["S"].removeprefix("release#"),
        "kind": kind,
        "what": "/".join(path[:2]) or "pipeline",
        "attempt": attempt,
        "state": state,
        "at": str(document.get("at", "")),
    }
