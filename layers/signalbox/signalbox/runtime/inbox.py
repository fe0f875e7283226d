"""The inbox: events from SQS into the ledger. What nobody can read goes aside with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from signalbox.domain.errors import ForeignAccountError, UnreadableEventError
from signalbox.runtime.batches import handle_records
from signalbox.runtime.logging import count
from signalbox.runtime.queues import OwnQueue
from signalbox.usecases.record_fact import record_fact

if TYPE_CHECKING:
    from signalbox.runtime.wiring import World


def handle_inbox(event: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Record each event of the batch. The answer names those that SQS shall deliver again.

    An event that will never be readable is sent to the dead-letter queue at once, with the
    attribute ``reason``, and counts as handled, so that the rest of its batch goes on.
    """
    queue = OwnQueue(world, "inbox")
    return handle_records(event, partial(_record, world=world, queue=queue), queue=queue)


def _record(record: Mapping[str, Any], world: World, queue: OwnQueue) -> None:
    from signalbox.events.reader import decode, read  # pydantic: only where strangers are read

    try:
        for fact in read(decode(record["body"])):
            record_fact(fact, world, allowed_accounts=world.settings.allowed_accounts)
    except (UnreadableEventError, ForeignAccountError) as error:
        count("UnreadableEvents")
        queue.set_aside(record, f"{type(error).__name__}: {error}")
