"""The queue that a function consumes: when it delivers a failed message again, and its way out."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import ChannelBusyError, RetryableError, SlackUnavailableError
from signalbox.runtime.logging import count, logger

if TYPE_CHECKING:
    from signalbox.runtime.wiring import World

Record = Mapping[str, Any]
"""One message as Lambda hands it over, with its ``body`` as text."""

FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 300
LONGEST_IN_A_CROWD_SECONDS = 20
"""A crowded channel has room again within seconds: nothing is out of order there."""

LONGEST_WAIT_SECONDS = 11 * 3600
"""SQS ends every wait twelve hours after the message was received (ChangeMessageVisibility, API
reference), whatever Slack asks for."""

RECEIVES_WITHOUT_HOPE = 5
"""Of a message that fails for a reason which only a person can change; a right that was missing
for minutes, while a stack is updated, is such a reason."""

REASON_AT_MOST = 1000
_NOT_FOR_SQS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SQS refuses in a message (SendMessage, API reference)."""


class OwnQueue:
    """One of the three queues, seen by the function that consumes it."""

    def __init__(
        self,
        world: World,
        name: str,
        *,
        random: Callable[[], float] = random.random,
    ) -> None:
        """``name`` is ``inbox``, ``messages`` or ``work``. ``random`` gives 0 up to 1."""
        self._world = world
        self._name = name
        self._random = random

    def delay(self, record: Record, error: Exception) -> int | None:
        """Seconds until the message shall come again; None leaves it to the queue's own timeout."""
        if not isinstance(error, RetryableError):
            return None
        return delay_after(receives_of(record), error, self._random)

    def put_off(self, record: Record, seconds: int) -> None:
        """Let the message come again in so many seconds. Where SQS does not take that, it comes
        again after the queue's visibility timeout, as it would have without.
        """
        try:
            with aws_call("put off a message"):
                self._world.clients.own("sqs").change_message_visibility(
                    QueueUrl=self._world.settings.queue_url(self._name),
                    ReceiptHandle=str(record.get("receiptHandle", "")),
                    VisibilityTimeout=seconds,
                )
        except Exception as error:  # whatever keeps it from waiting less must not fail its batch
            logger().warning(str(error), error=type(error).__name__)

    def gives_up(self, record: Record, error: Exception) -> bool:
        """Whether this was the last try and the message stands in the dead-letter queue now.

        Where it cannot be sent there, SQS moves it there by itself, as it came.
        """
        try:
            if receives_of(record) < self._permitted(error):
                return False
            self.set_aside(record, f"{type(error).__name__}: {error}")
        except Exception as failure:  # nor whatever keeps it from going aside by our own hand
            logger().warning(str(failure), error=type(failure).__name__)
            return False
        return True

    def set_aside(self, record: Record, reason: str) -> None:
        """Send the message to the dead-letter queue, without secrets and with the attribute
        ``reason``. Raises SignalboxError where SQS does not take it.
        """
        from signalbox.events.leftovers import without_secrets  # pydantic, only where it is needed
        from signalbox.notifications.masking import mask

        clean = _fit_for_sqs(mask(reason))[:REASON_AT_MOST]
        request: dict[str, Any] = {
            "QueueUrl": self._world.settings.dead_letter_queue_url(self._name),
            "MessageBody": _fit_for_sqs(without_secrets(str(record["body"]))),
            "MessageAttributes": {"reason": {"DataType": "String", "StringValue": clean}},
        }
        if group := group_of(record):
            request |= {
                "MessageGroupId": group,
                "MessageDeduplicationId": str(record["messageId"]),
            }
        with aws_call("send a message to the dead-letter queue"):
            self._world.clients.own("sqs").send_message(**request)
        count("DeadLetters")
        logger().error("a message goes to the dead-letter queue", reason=clean)

    def _permitted(self, error: Exception) -> int:
        permitted = self._world.settings.max_receives
        if isinstance(error, RetryableError):
            return permitted
        return min(permitted, RECEIVES_WITHOUT_HOPE)


def delay_after(receives: int, error: RetryableError, random: Callable[[], float]) -> int:
    """Seconds to wait after that many receives: anything up to a bound that doubles each time
    ("full jitter"), and no shorter than Slack asked for where it did.
    """
    crowd = isinstance(error, ChannelBusyError)
    longest = LONGEST_IN_A_CROWD_SECONDS if crowd else LONGEST_DELAY_SECONDS
    doublings = min(max(receives, 1) - 1, 30)
    bound = min(longest, FIRST_DELAY_SECONDS << doublings)
    delay = max(1, round(random() * bound))
    asked = error.retry_after_seconds if isinstance(error, SlackUnavailableError) else None
    if asked:
        delay = max(delay, asked + round(random() * FIRST_DELAY_SECONDS))
    return min(LONGEST_WAIT_SECONDS, delay)


def receives_of(record: Record) -> int:
    """How often the message was received by now, this time included; 1 where SQS does not say."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount") or 1)


def group_of(record: Record) -> str:
    """The message group; empty on a queue without."""
    return str(record.get("attributes", {}).get("MessageGroupId", ""))


def _fit_for_sqs(text: str) -> str:
    return _NOT_FOR_SQS.sub("\ufffd", text) or "-"
