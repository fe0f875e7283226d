"""A write that others keep getting in the way of ends where somebody waits for the answer."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from signalbox.adapters.deadline import answered_within
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.domain.errors import AwsUnavailableError


class Crowded:
    """A table in which another transaction always gets in the way."""

    def __init__(self) -> None:
        self.asked = 0

    def transact_write_items(self, **_: Any) -> None:
        self.asked += 1
        reasons = [{"Code": "TransactionConflict"}]
        raise ClientError(
            {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},  # type: ignore[typeddict-unknown-key]
            "TransactWriteItems",
        )


def write(pauses: list[float]) -> tuple[int, float]:
    crowded = Crowded()
    table = LedgerTable(client=crowded, name="ledger", pause=pauses.append)
    with pytest.raises(AwsUnavailableError, match="getting in the way"):
        table.write_once({"pk": "a", "sk": "b"}, ())
    return crowded.asked, sum(pauses)


def test_where_nobody_waits_it_is_tried_many_times() -> None:
    asked, paused = write([])
    assert asked > 5
    assert paused > 0.5


def test_where_somebody_waits_no_pause_begins_that_would_end_too_late() -> None:
    pauses: list[float] = []
    now = iter([0.0])
    clock = lambda: next(now, sum(pauses))  # noqa: E731 - time passes in pauses alone
    with answered_within(0.5, monotonic=clock):
        asked, paused = write(pauses)
    assert asked > 1
    assert paused < 0.5
