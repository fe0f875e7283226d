"""SNS, for people who read e-mail."""

from __future__ import annotations

from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.routes import DEFAULT_TOPIC

SUBJECT_LIMIT = 100
TEXT_LIMIT = 64_000
"""SNS takes 256 kB; no e-mail of ours should come near."""


class SnsPublisher:
    """``Publisher`` on the stack's own topic, and on others by their ARN."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, subject: str, text: str, *, topic: str = DEFAULT_TOPIC) -> None:
        """Publish to a topic. ``subject`` is cut to SNS's 100 ASCII characters."""
        with aws_call("publish to a topic"):
            self._client.publish(
                TopicArn=self._topic_arn if topic == DEFAULT_TOPIC else topic,
                Subject=fitting_subject(subject),
                Message=text[:TEXT_LIMIT],
            )


def fitting_subject(subject: str) -> str:
    """At most 100 ASCII characters, no control ones, the first visible (Publish, API reference)."""
    plain = "".join(char if " " <= char <= "~" else " " for char in subject)
    return " ".join(plain.split())[:SUBJECT_LIMIT].rstrip() or "Signalbox"
