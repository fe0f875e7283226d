"""The outbox as items of the ledger, each in the partition of what it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from signalbox.adapters.dynamodb_documents import moment, to_document
from signalbox.adapters.dynamodb_items import Item
from signalbox.adapters.dynamodb_table import ABSENT, Change, LedgerTable, Write
from signalbox.domain.effects import Effect, EffectKind, EffectStatus

AT_MOST = 1000
"""Effects that one call lists. Whatever rings is put off, so the oldest starve nobody."""

WATCHED = "watched"
"""The group of the index that lists effects whose workflow must be seen through."""


class DynamoDbEffects:
    """``EffectLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def add(self, effects: Sequence[Effect]) -> None:
        """Write effects that no other write carries; those already there stay as they are."""
        for effect in effects:
            self._table.put_once(effect_item(effect))

    def effect(self, subject: str, key: str, *, kind: EffectKind | None = None) -> Effect | None:
        """One effect, or None. Naming its kind, as bells do, saves reads."""
        for candidate in (kind,) if kind else EffectKind:
            item = self._table.get(subject, _sk(candidate, key))
            if item is not None:
                return _effect(item)
        return None

    def finish(self, effect: Effect, status: EffectStatus) -> None:
        """Mark an effect done or refused, so that it leaves the list of pending ones.

        What somebody else has carried out meanwhile stays done, whatever came of it here.
        """
        done_stays = "" if status is EffectStatus.DONE else " AND #status <> :done"
        values = {":done": EffectStatus.DONE.value} if done_stays else {}
        self._table.update(
            effect.subject,
            _sk(effect.kind, effect.key),
            Change(
                "SET #status = :status REMOVE gsi1pk, gsi1sk",
                condition=f"attribute_exists(pk){done_stays}",
                names={"#status": "status"},
                values={":status": status.value, **values},
            ),
        )

    def pending(self, before: datetime) -> Sequence[Effect]:
        """The oldest effects pending since before that moment, 1,000 at most."""
        found = self._table.listed("effects", before=moment(before))
        return tuple(_effect(item) for item in islice(found, AT_MOST))

    def put_off(self, effect: Effect, until: datetime) -> None:
        """List a pending effect as if it were pending since that moment only."""
        self._table.update(
            effect.subject,
            _sk(effect.kind, effect.key),
            Change(
                "SET gsi1sk = :until",
                condition="#status = :pending AND attribute_exists(gsi1pk)",
                names={"#status": "status"},
                values={":until": moment(until), ":pending": EffectStatus.PENDING.value},
            ),
        )

    def watch(self, effect: Effect) -> None:
        """Mark an effect done, and list it among those whose workflow must be seen through."""
        self._table.update(
            effect.subject,
            _sk(effect.kind, effect.key),
            Change(
                "SET #status = :done, gsi1pk = :watched, gsi1sk = :since",
                condition="#status = :pending",
                names={"#status": "status"},
                values={
                    ":done": EffectStatus.DONE.value,
                    ":pending": EffectStatus.PENDING.value,
                    ":watched": WATCHED,
                    ":since": moment(effect.created_at),
                },
            ),
        )

    def watched(self) -> Sequence[Effect]:
        """Effects whose workflow must be seen through, oldest first; 1,000 at most."""
        return tuple(_effect(item) for item in islice(self._table.listed(WATCHED), AT_MOST))


def effects_to_write(table: LedgerTable, effects: Sequence[Effect]) -> list[Write]:
    """The parts of a transaction that add effects which are not there yet."""
    return [table.put(effect_item(effect), condition=ABSENT) for effect in effects]


def effect_item(effect: Effect) -> Item:
    """The item of an effect; the index lists it while it is pending."""
    item: Item = {
        "pk": effect.subject,
        "sk": _sk(effect.kind, effect.key),
        "kind": effect.kind.value,
        "key": effect.key,
        "status": effect.status.value,
        "payload": to_document(effect.payload),
        "created_at": moment(effect.created_at),
    }
    if effect.status is EffectStatus.PENDING:
        item |= {"gsi1pk": "effects", "gsi1sk": item["created_at"]}
    return item


def _sk(kind: EffectKind, key: str) -> str:
    return f"effect#{kind.value}#{key}"


def _effect(item: Item) -> Effect:
    return Effect(
        kind=EffectKind(item["kind"]),
        subject=item["pk"],
        key=item["key"],
        created_at=datetime.fromisoformat(item["created_at"]),
        payload=item["payload"],
        status=EffectStatus(item["status"]),
    )
