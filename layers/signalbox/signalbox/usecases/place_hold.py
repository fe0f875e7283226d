"""Places a hold that somebody asked for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from signalbox.domain.commands import Answered, Command
from signalbox.domain.errors import SignalboxError
from signalbox.domain.holds import Hold, Reach, Scope
from signalbox.domain.people import Person
from signalbox.domain.policy import Mode
from signalbox.domain.services import Service
from signalbox.notifications.hold_message import scope_words
from signalbox.notifications.text import plain_line
from signalbox.notifications.times import day_and_time
from signalbox.usecases.effects_of_holds import HoldNews, applying, hold_news
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasClock,
    HasHolds,
    HasPipelines,
    HasPolicies,
    HasServices,
)

LOG = logging.getLogger(__name__)
REASON_LIMIT = 300
NAMED = 10
"""Pipelines that an answer names."""


class PlacingPorts(
    HasPipelines, HasHolds, HasClock, HasServices, HasPolicies, HasBells, HasAudit, Protocol
):
    """What placing a hold asks of the world."""


def place_hold(command: Command, person: Person, ports: PlacingPorts) -> Answered:
    """Write the hold under the command's id, so that it is placed once, and have it applied."""
    scope, now = command.scope, ports.clock.now()
    reason = plain_line(command.reason, REASON_LIMIT)
    if scope is None or not reason:
        return Answered(text="A hold needs to say what is held, and why.", denied=True)
    if command.until is not None and command.until <= now:
        return Answered(text="That time is over already.", denied=True)
    covered = _covered(scope, ports)
    if not covered:
        text = f"No registered pipeline has {scope_words(scope)}."
        return Answered(text=text, denied=True)
    hold = Hold(
        id=command.id,
        scope=scope,
        owner=person.called,
        reason=reason,
        since=command.at,
        until=command.until,
        principal=command.principal,
    )
    _write(hold, covered, ports)
    return Answered(text=_told(hold, covered, ports))


def _covered(scope: Scope, ports: PlacingPorts) -> list[Service]:
    """The services that it holds something of; a stage that is none of an environment's must be in
    the pipeline.
    """
    covered = [one for one in ports.services.all() if scope.stages_of(one)]
    if scope.reach is not Reach.STAGE:
        return covered
    return [
        service
        for service in covered
        if any(one.stage == scope.stage for one in service.environments)
        or any(way.stage == scope.stage for way in ports.pipelines.transitions(service))
    ]


def _write(hold: Hold, covered: Sequence[Service], ports: PlacingPorts) -> None:
    now = ports.clock.now()
    details = {
        "scope": hold.scope.key,
        "reason": hold.reason,
        "principal": hold.principal,
        "until": hold.until.isoformat() if hold.until else None,
    }
    ports.audit.append(hold.subject, "hold placed", details)
    one = {"service": covered[0].name} if len(covered) == 1 else {}
    effects = [
        applying(hold.subject, "placed", now, hold=hold.id, **one),
        hold_news(hold, HoldNews.STARTED, now),
    ]
    ports.holds.add_hold(hold, effects)
    for effect in effects:
        ports.bells.ring(effect)


def _told(hold: Hold, covered: Sequence[Service], ports: PlacingPorts) -> str:
    until = f"until {day_and_time(hold.until)}" if hold.until else "until somebody releases it"
    where = covered[0].name if len(covered) == 1 else f"{len(covered)} pipelines"
    text = (
        f"Held {until}: {scope_words(hold.scope)} ({where}). Releases wait and go on by themselves."
    )
    modes = {one.name: _mode(one, ports) for one in covered}
    watched = [name for name, mode in modes.items() if mode not in {Mode.ENFORCE, None}]
    unknown = [name for name, mode in modes.items() if mode is None]
    if watched:
        text += f" Not held, since their policy does not enforce: {_named(watched)}."
    if unknown:
        text += f" Not held as long as their policy cannot be read: {_named(unknown)}."
    return text


def _mode(service: Service, ports: PlacingPorts) -> Mode | None:
    """None where it cannot be read: the hold is written, and whoever asked must hear of it."""
    try:
        return ports.policies.policy_for(service.pipeline).mode
    except SignalboxError as error:
        LOG.error("the policy of %s cannot be read: %s", service.name, error)
        return None


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" * (len(names) > NAMED))
