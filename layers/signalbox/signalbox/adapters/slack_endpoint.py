"""Answers what Slack posts: verifies, reads, records a vote or opens a modal, and says 200.

The one place where our errors become HTTP statuses. Whoever is not Slack learns 401 and no more.
Slack ignores the body of an answer to a click, so what a click must be told is a modal.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from signalbox.adapters.slack_signature import SignedRequest, read_request, verify
from signalbox.domain.errors import (
    AwsRefusedError,
    ForgedRequestError,
    RetryableError,
    SettingMissingError,
    SlackRefusedError,
    UnreadableEventError,
)
from signalbox.domain.gates import Choice, Gate, Taken
from signalbox.events.slack import (
    ButtonPressed,
    CommandTyped,
    FormSent,
    NothingForUs,
    read_posted,
    understand,
)
from signalbox.notifications.modals import approve_modal, info_modal, reason_modal
from signalbox.notifications.text import clean
from signalbox.usecases.record_vote import Said, open_gate_of, open_gate_shown, record_vote

if TYPE_CHECKING:
    from signalbox.adapters.slack_ports import EndpointPorts
    from signalbox.domain.voters import Card

LOG = logging.getLogger(__name__)
Answer = dict[str, Any]
CLOSED = "This was not taken: it is closed. The message in the channel says how it ended."
TELLS = {
    "closed": CLOSED,
    "newer card": "This was not taken: what would ship has changed since this was shown. The "
    "release's message in the channel shows what it is now; please look again.",
    "other card": "This was not taken: this is not the release's own message, or an older one. "
    "Its newest message in the channel has the buttons that count.",
}
ALREADY = "This was handled already."
NOT_OPENED = "The window did not open in time. Please give the command again."
NO_REASON = "Please say why: it is kept in the audit and told to the author."
NO_TICKET = "Please name the ticket of the emergency."
NEEDED: Mapping[Choice, Mapping[str, str]] = {
    Choice.APPROVE: {},
    Choice.REJECT: {"reason": NO_REASON},
    Choice.BREAK_GLASS: {"reason": NO_REASON, "ticket": NO_TICKET},
}
"""What each form must hold, and what is said where it does not."""


def answer_request(event: Mapping[str, Any], ports: EndpointPorts) -> Answer:
    """The response for one API Gateway request, always within Slack's three seconds.

    401 forged, 403 signed for another workspace or app, 400 signed and unreadable, 503 something
    of ours is down (Slack then shows the person that it did not work; pressing again is harmless),
    200 everything else.
    """
    try:
        request = read_request(event, ports.clock.now())
        verify(request, ports.slack_secrets.current().signing_secrets)
        return _answer(request, ports)
    except ForgedRequestError as error:
        LOG.warning("refused a request: %s", error)
        ports.counters.count("SlackRequestsForged")
        return _plain(401)
    except UnreadableEventError as error:
        LOG.warning("cannot read a request of Slack: %s", error)
        return _plain(400)
    except (RetryableError, AwsRefusedError, SettingMissingError) as error:
        LOG.error("cannot answer Slack: %s", error)
        return _plain(503)


def _answer(request: SignedRequest, ports: EndpointPorts) -> Answer:
    posted = read_posted(request.body)
    if not posted.is_for(ports.slack_app.teams, ports.slack_app.app):
        LOG.warning(
            "refused a request of %s in %s for the app %s",
            *(sorted(posted.teams), posted.organisation[:80], posted.app[:80]),
        )
        ports.counters.count("SlackRequestsOfStrangers")
        return _plain(403)
    match understand(posted):
        case ButtonPressed() as pressed:
            return _press(pressed, request.digest, ports)
        case FormSent() as sent:
            return _submit(sent, request.digest, ports)
        case CommandTyped() as typed:
            return _command(typed, request.digest, ports)
        case NothingForUs():
            return _plain(200)


def _press(pressed: ButtonPressed, request: str, ports: EndpointPorts) -> Answer:
    match pressed.button:
        case "reject_gate":
            return _ask_why(pressed, ports)
        case "review_gate":
            return _review(pressed, request, ports)
    gate = open_gate_of(pressed.card, gates=ports.gates, releases=ports.noted)
    if gate is None:
        return _tell(pressed, _why_untaken(pressed.card, ports), ports)
    if gate.needs_reason:  # without one it would not count
        _open(pressed.trigger_id, approve_modal(gate), ports)
        return _plain(200)
    said = Said(
        principal=pressed.voter.principal,
        name=pressed.voter.called,
        choice=Choice.APPROVE,
        request=request,
    )
    taken = record_vote(gate, said, gates=ports.gates, bells=ports.bells, clock=ports.clock)
    return _plain(200, ALREADY if taken is Taken.REPLAYED else "")


def _ask_why(pressed: ButtonPressed, ports: EndpointPorts) -> Answer:
    card = pressed.card
    if open_gate_of(card, gates=ports.gates, releases=ports.noted) is None:
        return _tell(pressed, _why_untaken(card, ports), ports)
    view = reason_modal(gate=card.gate, digest=card.digest, channel=card.channel, ts=card.ts)
    _open(pressed.trigger_id, view, ports)
    return _plain(200)


def _review(pressed: ButtonPressed, request: str, ports: EndpointPorts) -> Answer:
    from signalbox.usecases.take_review import take_review

    taken = take_review(
        pressed.card,
        pressed.voter,
        request,
        gates=ports.gates,
        releases=ports.noted,
        commands=ports.commands,
        bells=ports.bells,
        clock=ports.clock,
    )
    if taken is None:
        return _tell(pressed, TELLS["other card"], ports)
    return _plain(200, ALREADY if taken is Taken.REPLAYED else "")


def _submit(sent: FormSent, request: str, ports: EndpointPorts) -> Answer:
    gate = _gate_of_form(sent.card, ports)
    if gate is None:
        return _replace(_why_untaken(sent.card, ports))
    needed = dict(NEEDED[sent.choice]) | ({"reason": NO_REASON} if gate.needs_reason else {})
    given = {"reason": sent.reason, "ticket": sent.ticket}
    missing = {
        name: complaint for name, complaint in needed.items() if not clean(given[name]).strip()
    }
    if missing:
        return _json({"response_action": "errors", "errors": missing})
    said = Said(
        principal=sent.voter.principal,
        name=sent.voter.called,
        choice=sent.choice,
        reason=sent.reason,
        ticket=sent.ticket,
        request=request,
    )
    taken = record_vote(gate, said, gates=ports.gates, bells=ports.bells, clock=ports.clock)
    return _replace(ALREADY) if taken is Taken.REPLAYED else _plain(200)


def _gate_of_form(card: Card, ports: EndpointPorts) -> Gate | None:
    """A form that a button of a message has opened may stand for that message; any other one holds
    what it has shown itself.
    """
    if card.channel:
        return open_gate_of(card, gates=ports.gates, releases=ports.noted)
    return open_gate_shown(card.gate, card.digest, gates=ports.gates)


def _command(typed: CommandTyped, request: str, ports: EndpointPorts) -> Answer:
    from signalbox.adapters.slack_commands import answer_command  # rare, so not part of the start

    try:
        said = answer_command(typed, request, ports)
    except SlackRefusedError as refused:
        LOG.warning("the dialog did not open: %s", refused.code)
        said = NOT_OPENED
    return _json({"response_type": "ephemeral", "text": said}) if said else _plain(200)


def _why_untaken(card: Card, ports: EndpointPorts) -> str:
    from signalbox.usecases.read_why import read_why_untaken

    return TELLS[read_why_untaken(card, gates=ports.gates).value]


def _tell(pressed: ButtonPressed, text: str, ports: EndpointPorts) -> Answer:
    _open(pressed.trigger_id, info_modal(text), ports)
    return _plain(200)


def _open(trigger_id: str, view: Mapping[str, Any], ports: EndpointPorts) -> None:
    """Open a modal; one that comes too late, or a second time, is no failure of ours."""
    try:
        ports.modals.open(trigger_id, view)
    except SlackRefusedError as refused:
        LOG.warning("the dialog did not open: %s", refused.code)


def _replace(text: str) -> Answer:
    """The form makes room for what there is to say."""
    return _json({"response_action": "update", "view": info_modal(text)})


def _plain(status: int, body: str = "") -> Answer:
    return {"statusCode": status, "headers": {"content-type": "text/plain"}, "body": body}


def _json(body: Mapping[str, Any]) -> Answer:
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }
