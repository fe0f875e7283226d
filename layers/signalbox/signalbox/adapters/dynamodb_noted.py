"""The little of a release that a click is compared with, for the function that must start quickly.

The whole ledger of releases brings every fact with it, which costs a tenth of a start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from signalbox.domain.identity import ReleaseId

if TYPE_CHECKING:
    from signalbox.adapters.dynamodb_table import LedgerTable


class NotedMessage(NamedTuple):
    """Where a message stands: Slack's channel id and ``ts``."""

    channel: str
    ts: str


class NotedCommit(NamedTuple):
    """The commit of a release."""

    id: str


class Noted(NamedTuple):
    """What was noted of a release."""

    messages: tuple[NotedMessage, ...] = ()
    commit: NotedCommit | None = None


class DynamoDbNoted:
    """``NotedReleases`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def notes(self, release: ReleaseId) -> Noted:
        """Its messages and its commit, as far as they are known."""
        item = self._table.get(f"release#{release.key}", "notes") or {}
        commit = item.get("commit") or {}
        return Noted(
            messages=tuple(
                NotedMessage(channel=str(each["channel"]), ts=str(each["ts"]))
                for each in item.get("messages") or ()
            ),
            commit=NotedCommit(id=str(commit["id"])) if commit.get("id") else None,
        )

    def open_releases(self) -> Sequence[ReleaseId]:
        """Every release that has not ended, oldest first."""
        return tuple(
            ReleaseId.from_key(item["pk"].removeprefix("release#"))
            for item in self._table.listed("releases")
        )
