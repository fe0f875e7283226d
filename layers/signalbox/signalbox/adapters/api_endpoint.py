"""Answers the API that a terminal calls: the same votes and commands as from Slack.

API Gateway has verified the caller's signature and rights (``AWS_IAM``); who it is comes from
``requestContext.authorizer.iam`` alone, never from what the request says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from signalbox.adapters.api_documents import (
    command_document,
    gate_document,
    hold_document,
    stage_document,
)
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.errors import (
    AwsRefusedError,
    DocumentInvalidError,
    RetryableError,
    SettingMissingError,
    UnknownNameError,
)
from signalbox.domain.gates import Choice, Gate, GateStatus
from signalbox.domain.identity import PipelineId
from signalbox.events.slack_words import LONGEST_HOLD
from signalbox.usecases.names import pipeline_named, release_named, scope_named
from signalbox.usecases.needs import (
    HasBells,
    HasClock,
    HasCommands,
    HasEffects,
    HasGates,
    HasHolds,
    HasIds,
    HasReleases,
)
from signalbox.usecases.read_holds import read_holds
from signalbox.usecases.read_unfinished import read_unfinished
from signalbox.usecases.record_vote import Said, open_gate_shown, record_vote
from signalbox.usecases.take_command import take_command

LOG = logging.getLogger(__name__)
Answer = dict[str, Any]
LARGEST = 16 * 1024

REASON_FIRST = "Say why: it is kept in the audit."
CHOICES = {
    "approve": Choice.APPROVE,
    "reject": Choice.REJECT,
    "break-glass": Choice.BREAK_GLASS,
}


class ApiPorts(
    HasGates,
    HasReleases,
    HasCommands,
    HasHolds,
    HasEffects,
    HasBells,
    HasIds,
    HasClock,
    Protocol,
):
    """What answering needs of the world: the ledger and a bell, and no right to a pipeline."""

    @property
    def here(self) -> PipelineId:
        """The account and region of a pipeline that is named without them."""


class BadRequestError(Exception):
    """What is wrong with a request, in a sentence for whoever sent it."""


def answer_api(event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    """The response for one request of an HTTP API (payload format 2.0).

    403 without an identity, 404 for what is not there, 400 with a sentence for what makes no sense,
    409 where it came too late, 202 for what will be carried out, 503 where something of ours is
    down: asking again is harmless.
    """
    caller = _caller(event)
    route = ROUTES.get(str(event.get("routeKey", "")))
    if not caller:
        return _say(403, "no AWS identity came with this request")
    if route is None:
        return _say(404, "there is nothing here")
    try:
        return route(caller, event, ports)
    except (BadRequestError, UnknownNameError, DocumentInvalidError) as wrong:
        return _say(400, str(wrong))
    except (RetryableError, AwsRefusedError, SettingMissingError) as error:
        LOG.error("cannot answer: %s", error)
        return _say(503, "Signalbox cannot answer now; ask again in a moment")


def _caller(event: Mapping[str, Any]) -> str:
    """``aws:ARN`` of whoever signed the request."""
    context: Any = event.get("requestContext")
    for name in ("authorizer", "iam"):
        context = context.get(name) if isinstance(context, Mapping) else None
    arn = context.get("userArn") if isinstance(context, Mapping) else None
    return f"aws:{arn}" if isinstance(arn, str) and arn.startswith("arn:") else ""


def _gates(_: str, __: Mapping[str, Any], ports: ApiPorts) -> Answer:
    waiting = [gate for gate in ports.gates.open_gates() if gate.status is GateStatus.OPEN]
    return _json(200, {"gates": [gate_document(gate) for gate in waiting]})


def _gate(_: str, event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    gate = _the_gate(event, ports)
    return _json(200, gate_document(gate)) if gate else _say(404, "there is no such gate")


def _vote(caller: str, event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    body = _body(event)
    choice = CHOICES.get(_text(body, "choice"))
    if choice is None:
        raise BadRequestError(f"choice is one of {', '.join(CHOICES)}")
    reason, ticket = _text(body, "reason"), _text(body, "ticket")
    if choice is not Choice.APPROVE and not reason:
        raise BadRequestError(REASON_FIRST)
    if choice is Choice.BREAK_GLASS and not ticket:
        raise BadRequestError("Breaking the glass takes a ticket as well.")
    gate_id = _parameter(event, "gate")
    gate = open_gate_shown(gate_id, _text(body, "digest"), gates=ports.gates)
    if gate is None:
        return _say(409, "this gate is closed, or shows something else by now: look at it again")
    if gate.needs_reason and not reason:
        raise BadRequestError(REASON_FIRST)
    said = Said(principal=caller, name=_name(caller), choice=choice, reason=reason, ticket=ticket)
    record_vote(gate, said, gates=ports.gates, bells=ports.bells, clock=ports.clock)
    return _json(202, {"gate": gate.id, "message": "your vote is written"})


def _review(caller: str, event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    gate = _the_gate(event, ports)
    if gate is None:
        return _say(404, "there is no such gate")
    return _give(CommandKind.REVIEW, caller, ports, gate=gate.id)


def _holds(_: str, __: Mapping[str, Any], ports: ApiPorts) -> Answer:
    held = read_holds(holds=ports.holds, clock=ports.clock)
    holds = [hold_document(hold) for hold in held.holds]
    return _json(200, {"holds": holds, "closed_stages": list(map(stage_document, held.stages))})


def _put_hold(caller: str, event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    body = _body(event)
    scope = scope_named(_must(body, "scope"), here=ports.here, gates=ports.gates, holds=ports.holds)
    until = _moment(body, "until", ports.clock.now())
    reason = _must(body, "reason")
    return _give(CommandKind.HOLD, caller, ports, scope=scope, reason=reason, until=until)


def _release_hold(caller: str, event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    body = _body(event)
    scope = scope_named(_must(body, "scope"), here=ports.here, gates=ports.gates, holds=ports.holds)
    return _give(CommandKind.RELEASE, caller, ports, scope=scope, reason=_text(body, "reason"))


def _hotfix(caller: str, event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    body = _body(event)
    name, _, which = _must(body, "release").partition("@")
    pipeline = pipeline_named(name, here=ports.here, gates=ports.gates, holds=ports.holds)
    release = release_named(pipeline, which, releases=ports.releases)
    reason = _must(body, "reason")
    return _give(CommandKind.HOTFIX, caller, ports, release=release.key, reason=reason)


def _command(_: str, event: Mapping[str, Any], ports: ApiPorts) -> Answer:
    command = ports.commands.command(_parameter(event, "command"))
    if command is None:
        return _say(404, "there is no such command")
    return _json(200, command_document(command))


def _unfinished(_: str, __: Mapping[str, Any], ports: ApiPorts) -> Answer:
    return _json(200, read_unfinished(ports))


def _give(kind: CommandKind, caller: str, ports: ApiPorts, **more: Any) -> Answer:
    command = Command(
        id=ports.ids.new(),
        kind=kind,
        principal=caller,
        name=_name(caller),
        at=ports.clock.now(),
        **more,
    )
    take_command(command, commands=ports.commands, bells=ports.bells)
    return _json(202, {"command": command.id, "message": "it is being carried out"})


ROUTES: Mapping[str, Callable[[str, Mapping[str, Any], ApiPorts], Answer]] = {
    "GET /gates": _gates,
    "GET /gates/{gate}": _gate,
    "POST /gates/{gate}/votes": _vote,
    "POST /gates/{gate}/review": _review,
    "GET /holds": _holds,
    "POST /holds": _put_hold,
    "POST /holds/release": _release_hold,
    "POST /hotfixes": _hotfix,
    "GET /commands/{command}": _command,
    "GET /unfinished": _unfinished,
}


def _the_gate(event: Mapping[str, Any], ports: ApiPorts) -> Gate | None:
    return ports.gates.gate(_parameter(event, "gate"))


def _parameter(event: Mapping[str, Any], name: str) -> str:
    given = event.get("pathParameters")
    value = given.get(name) if isinstance(given, Mapping) else None
    if not isinstance(value, str) or not value.isalnum() or len(value) > 64:
        raise BadRequestError(f"{name} is no id")
    return value


def _body(event: Mapping[str, Any]) -> Mapping[str, Any]:
    text = event.get("body") or "{}"
    if not isinstance(text, str) or len(text) > LARGEST or event.get("isBase64Encoded") is True:
        raise BadRequestError("the body is no JSON of a sensible size")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequestError("the body is no JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError("the body is no JSON object")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > 2000:
        raise BadRequestError(f"{name} is text of 2,000 characters at most")
    return value.strip()


def _must(body: Mapping[str, Any], name: str) -> str:
    value = _text(body, name)
    if not value:
        raise BadRequestError(REASON_FIRST if name == "reason" else f"{name} is missing")
    return value


def _moment(body: Mapping[str, Any], name: str, now: datetime) -> datetime | None:
    value = _text(body, name)
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("no offset")
        until = at.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 has moments that are none in UTC
        wanted = "a moment with its offset, as 2026-12-24T18:00:00+01:00"
        raise BadRequestError(f"{name} is {wanted}") from None
    if not now < until <= now + LONGEST_HOLD:
        raise BadRequestError(f"{name} is over already, or more than a year ahead")
    return at


def _name(caller: str) -> str:
    """A name for reading: the session's or the user's."""
    return caller.rpartition("/")[2] or caller


def _say(status: int, message: str) -> Answer:
    return _json(status, {"message": message})


def _json(status: int, body: Mapping[str, Any]) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(body),
    }
