"""moto's tables at a cost that does not grow with them, as DynamoDB's.

moto copies a whole table deeply for each transaction and each query looks at every item of it, so
that a burst would measure moto alone, and quadratically. Behaviour stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models.table import Table


@contextmanager
def quick_moto() -> Iterator[None]:
    """While this lasts, queries look into one partition and transactions copy no items.

    Only for transactions that put: moto changes an item in place where it is updated, so that an
    update within a cancelled transaction would not be taken back.
    """
    query, asked = Table.query, signature(Table.query)

    def query_one_partition(self: Table, hash_key: Any, *rest: Any, **how: Any) -> Any:
        indexed = asked.bind(self, hash_key, *rest, **how).arguments.get("index_name")
        part = {hash_key: self.items.get(hash_key, {})}
        return query(self if indexed else _same_but_items(self, part), hash_key, *rest, **how)

    def copy_without_items(self: Table, _memo: Any) -> Table:
        kept = type(self.items)(getattr(self.items, "default_factory", None))
        kept.update({name: part.copy() for name, part in self.items.items()})
        return _same_but_items(self, kept)

    with (
        patch.object(Table, "query", query_one_partition),
        patch.object(Table, "__deepcopy__", copy_without_items, create=True),
    ):
        yield


def _same_but_items(table: Table, items: Any) -> Table:
    same: Table = object.__new__(Table)  # not as moto makes them: it keeps track of all it made
    same.__dict__.update(table.__dict__, items=items)
    return same
