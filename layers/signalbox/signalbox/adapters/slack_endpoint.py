"""Answers what Slack posts: verifies, reads, records a vote or opens a modal, and says 200.

The one place where our errors become HTTP statuses. Whoever is not Slack learns 401 and no more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from signalbox.adapters.secrets import SlackSecret
from signalbox.adapters.slack_signature import read_request, verify
from signalbox.domain.errors import (
    AwsRefusedError,
    ForgedRequestError,
    RetryableError,
    SettingMissingError,
    SlackRefusedError,
    UnreadableEventError,
)
from signalbox.domain.gates import Choice
from signalbox.events.slack import (
    ApprovePressed,
    CommandTyped,
    Interaction,
    NothingForUs,
    ReasonGiven,
    RejectPressed,
    parse_interaction,
)
from signalbox.notifications.modals import reason_modal
from signalbox.notifications.text import clean
from signalbox.usecases.needs import (
    HasBells,
    HasClock,
    HasGates,
    HasModals,
    HasReleases,
)
from signalbox.usecases.record_vote import open_gate_of, record_vote

LOG = logging.getLogger(__name__)
Answer = dict[str, Any]
CLOSED = "This approval is closed. The message in the channel says how it ended."
NOT_TAKEN = (
    "This was not taken: the approval is closed, or the release's message in the channel is a "
    "newer one than this. Look there, or press again in a moment."
)
NO_REASON = "Please say why: it is kept in the audit and told to the author."
HELP = "Approve or reject a release with the buttons of its message."


class KnownSecrets(Protocol):
    """Slack's secrets, kept for five minutes."""

    def current(self) -> SlackSecret:
        """The secrets in force."""


class EndpointPorts(
    HasGates,
    HasReleases,
    HasBells,
    HasModals,
    HasClock,
    Protocol,
):
    """What answering needs of the world: votes, bells and modals, and no right to a pipeline."""

    @property
    def slack_secrets(self) -> KnownSecrets:
        """Slack's secrets."""


def answer_request(event: Mapping[str, Any], ports: EndpointPorts) -> Answer:
    """The response for one API Gateway request, always within Slack's three seconds.

    401 forged, 400 signed and unreadable, 503 something of ours is down (Slack then shows the
    person that it did not work; pressing again is harmless), 200 everything else.
    """
    try:
        request = read_request(event, ports.clock.now())
        verify(request, ports.slack_secrets.current().signing_secrets)
        return _act(parse_interaction(request.body), ports)
    except ForgedRequestError as error:
        LOG.warning("refused a request: %s", error)
        return _plain(401)
    except UnreadableEventError as error:
        LOG.warning("cannot read a request of Slack: %s", error)
        return _plain(400)
    except (RetryableError, AwsRefusedError, SettingMissingError) as error:
        LOG.error("cannot answer Slack: %s", error)
        return _plain(503)


def _act(said: Interaction, ports: EndpointPorts) -> Answer:
    match said:
        case ApprovePressed():
            taken = _vote(said, Choice.APPROVE, "", ports)
            return _plain(200) if taken else _tell(NOT_TAKEN)
        case RejectPressed():
            return _ask_why(said, ports)
        case ReasonGiven():
            if not clean(said.reason).strip():
                return _complain(NO_REASON)
            taken = _vote(said, Choice.REJECT, said.reason, ports)
            return _plain(200) if taken else _complain(CLOSED)
        case CommandTyped():
            return _tell(HELP)
        case NothingForUs():
            return _plain(200)


def _vote(
    said: ApprovePressed | ReasonGiven, choice: Choice, reason: str, ports: EndpointPorts
) -> bool:
    return record_vote(
        said.card,
        said.voter,
        choice,
        reason,
        gates=ports.gates,
        releases=ports.releases,
        bells=ports.bells,
        clock=ports.clock,
    )


def _ask_why(said: RejectPressed, ports: EndpointPorts) -> Answer:
    card = said.card
    if open_gate_of(card, gates=ports.gates, releases=ports.releases) is None:
        return _tell(NOT_TAKEN)
    view = reason_modal(gate=card.gate, digest=card.digest, channel=card.channel, ts=card.ts)
    try:
        ports.modals.open(said.trigger_id, view)
    except SlackRefusedError as refused:
        LOG.warning("the dialog did not open: %s", refused.code)
    return _plain(200)


def _tell(text: str) -> Answer:
    return _json({"response_type": "ephemeral", "replace_original": False, "text": text})


def _complain(text: str) -> Answer:
    return _json({"response_action": "errors", "errors": {"reason": text}})


def _plain(status: int) -> Answer:
    return {"statusCode": status, "headers": {"content-type": "text/plain"}, "body": ""}


def _json(body: Mapping[str, Any]) -> Answer:
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }
