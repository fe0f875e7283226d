"""The tables of template.yaml in moto, as the adapters' own tests have them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from moto.dynamodb import models

from tests.adapters.conftest import _aws, _moto_answers_one_at_a_time, dynamodb, table

__all__ = ["_aws", "_moto_answers_one_at_a_time", "dynamodb", "table"]


@pytest.fixture(autouse=True)
def _moto_copies_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto keeps a deep copy of the whole table for every transaction: two levels are enough to
    put items back, and take no time with 30,000 items."""

    class Copying:
        copy = staticmethod(copy.copy)

        @staticmethod
        def deepcopy(thing: Any, *rest: Any) -> Any:
            if not isinstance(thing, models.Table):
                return copy.deepcopy(thing, *rest)
            kept = copy.copy(thing)
            kept.items = thing.items.copy()
            for key, items in kept.items.items():
                kept.items[key] = dict(items)
            return kept

    monkeypatch.setattr(models, "copy", Copying)
