"""The bells of the outbox: messages in order per subject, the rest in no order."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.effects import Effect, EffectKind


class SqsBells:
    """``Bells`` as two SQS queues: a FIFO one for announcements, a standard one for work."""

    def __init__(self, *, client: Any, messages_queue_url: str, work_queue_url: str) -> None:
        self._client = client
        self._messages = messages_queue_url
        self._work = work_queue_url

    def ring(self, effect: Effect, *, delay_seconds: int = 0, anew: bool = False) -> None:
        """Ring the bell of one effect. ``delay_seconds`` (0 to 900) works on the work queue only:
        SQS knows no delay of a single message on a FIFO queue.

        A FIFO queue drops a second message of one deduplication id for five minutes (SendMessage,
        API reference). So does ours with a second bell of one effect, unless it rings ``anew``:
        the first may have been heard in vain.
        """
        again = secrets.token_hex(8) if anew else ""
        body = json.dumps(
            {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key},
            separators=(",", ":"),
        )
        request: dict[str, Any] = {"QueueUrl": self._work, "MessageBody": body}
        if effect.kind is EffectKind.ANNOUNCE:
            request |= {
                "QueueUrl": self._messages,
                "MessageGroupId": _digest(effect.subject)[:64],
                "MessageDeduplicationId": _digest(effect.subject + effect.key + again),
            }
        elif delay_seconds:
            request["DelaySeconds"] = delay_seconds
        with aws_call(f"ring for {effect.kind.value}"):
            self._client.send_message(**request)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
