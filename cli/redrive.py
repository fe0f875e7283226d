"""`signalbox redrive QUEUE`: send dead letters back, with the caller's own AWS rights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

import botocore.session
import typer
from botocore.exceptions import BotoCoreError
from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.effects import EffectKind
from signalbox.domain.errors import SignalboxError, UnreadableEventError
from signalbox.events.reader import decode, read

from cli.stacks import outputs_of

OUT_OF_SIGHT_SECONDS = 120
"""So long nobody else receives a letter that this command has in its hands, or keeps."""

LISTENS_SECONDS = 2
"""Long enough to ask all of SQS's servers: an empty answer means an empty queue (SQS developer
guide, "short and long polling")."""

AT_A_TIME = 10


class Queue(StrEnum):
    """The queues whose letters can be sent back."""

    INBOX = "inbox"
    MESSAGES = "messages"
    WORK = "work"


@dataclass(kw_only=True)
class Redriven:
    """What came of it: letters sent back, and the reason for each that was kept."""

    sent: int = 0
    kept: list[str] = field(default_factory=list)


def redrive(
    queue: Annotated[Queue, typer.Argument(help="Whose dead letters.")],
    stack: Annotated[
        str, typer.Option(help="The control plane's stack, whose outputs name the queues.")
    ] = "signalbox",
) -> None:
    """Send the dead letters of QUEUE back to it. Safe to run twice.

    What Signalbox cannot read is kept, with the reason: it would only come back. Needs
    sqs:ReceiveMessage and sqs:DeleteMessage on the dead-letter queue, sqs:SendMessage on the
    queue, and cloudformation:DescribeStacks.
    """
    try:
        client = botocore.session.get_session().create_client
        name = queue.value.capitalize()
        back, dead = outputs_of(
            stack, client("cloudformation"), f"{name}QueueUrl", f"{name}DeadLetterQueueUrl"
        )
        came_of_it = send_back(queue, client("sqs"), dead=dead, back=back)
    except (SignalboxError, BotoCoreError) as error:
        typer.echo(f"signalbox redrive: {error}", err=True)
        raise typer.Exit(1) from None
    for reason in came_of_it.kept:
        typer.echo(f"kept: {reason}")
    typer.echo(f"{came_of_it.sent} sent back, {len(came_of_it.kept)} kept")


def send_back(queue: Queue, sqs: Any, *, dead: str, back: str) -> Redriven:
    """Move every letter that can be read from the queue ``dead`` to the queue ``back``.

    Each is sent before it is deleted: who is interrupted in between leaves it twice, which does
    no harm. Raises AwsRefusedError and AwsUnavailableError.
    """
    came_of_it = Redriven()
    for letter in _letters(sqs, dead):
        reason = _unreadable(queue, letter["Body"])
        if reason:
            came_of_it.kept.append(reason)
            continue
        with aws_call("send a dead letter back"):
            sqs.send_message(QueueUrl=back, MessageBody=letter["Body"], **_place_of(letter))
        with aws_call("delete a dead letter that was sent back"):
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
        came_of_it.sent += 1
    return came_of_it


def _letters(sqs: Any, dead: str) -> Iterator[Mapping[str, Any]]:
    while True:
        with aws_call("receive dead letters"):
            got = sqs.receive_message(
                QueueUrl=dead,
                MaxNumberOfMessages=AT_A_TIME,
                VisibilityTimeout=OUT_OF_SIGHT_SECONDS,
                WaitTimeSeconds=LISTENS_SECONDS,
                AttributeNames=["MessageGroupId"],
            )
        if not got.get("Messages"):
            return
        yield from got["Messages"]


def _place_of(letter: Mapping[str, Any]) -> dict[str, str]:
    """The group on a FIFO queue, and a name by which SQS knows a letter that was sent twice."""
    group = letter.get("Attributes", {}).get("MessageGroupId")
    if not group:
        return {}
    return {"MessageGroupId": group, "MessageDeduplicationId": f"redrive-{letter['MessageId']}"}


def _unreadable(queue: Queue, body: str) -> str:
    """Why Signalbox cannot read it; empty where it can."""
    try:
        if queue is Queue.INBOX:
            tuple(read(decode(body)))
        else:
            bell = json.loads(body)
            EffectKind(bell["kind"])
            bell["subject"], bell["key"]
    except UnreadableEventError as error:
        return str(error)
    except (ValueError, KeyError, TypeError) as error:
        return f"not a bell: {type(error).__name__}"
    return ""
