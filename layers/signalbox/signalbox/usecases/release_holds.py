"""Ends the holds that somebody asks to release."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from signalbox.domain.commands import Answered, Command
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.holds import Hold, HoldSource
from signalbox.domain.people import Directory, Person
from signalbox.domain.policy import Policy
from signalbox.domain.spans import noted_id
from signalbox.notifications.hold_message import scope_words
from signalbox.policies.quorum import may_approve
from signalbox.usecases.effects_of_holds import HoldNews, applying, hold_news
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasClock,
    HasDirectory,
    HasEffects,
    HasHolds,
    HasPolicies,
    HasServices,
)

LOG = logging.getLogger(__name__)
KEY = "released"
LISTED = 5
"""Holds or pipelines that an answer names."""


class ReleasingPorts(
    HasHolds,
    HasClock,
    HasDirectory,
    HasEffects,
    HasServices,
    HasPolicies,
    HasBells,
    HasAudit,
    Protocol,
):
    """What releasing holds asks of the world."""


def release_holds(command: Command, person: Person, ports: ReleasingPorts) -> Answered:
    """End the standing holds on just that scope, and have the stages opened.

    The owner of a hold may, and whoever may approve in each pipeline that it covers; only the
    latter may release the hold of an incident. Which holds are meant is written first, so that a
    second run after a crash ends the same ones.
    """
    if command.scope is None:
        return Answered(text="Say what is to be released.", denied=True)
    effect = _planned(command, ports)
    if effect is None:
        found = [one for one in ports.holds.standing_holds() if one.scope == command.scope]
        if not found:
            text = f"No hold stands on {scope_words(command.scope)}.{_others(command, ports)}"
            return Answered(text=text, denied=True)
        mine = [one for one in found if _may_release(person, one, ports)]
        if not mine:
            return Answered(text=_why_not(found, ports), denied=True)
        ids = [one.id for one in mine]
        effect = applying(command.subject, KEY, ports.clock.now(), holds=ids)
        ports.effects.add([effect])
    for hold_id in effect.payload["holds"]:
        _end(hold_id, command, person, ports)
    ports.bells.ring(effect)
    left = _others(command, ports)
    return Answered(text=f"Released: {scope_words(command.scope)}.{left}")


def _planned(command: Command, ports: ReleasingPorts) -> Effect | None:
    """What an earlier run of the same command was about to release."""
    key = applying(command.subject, KEY, command.at).key
    return ports.effects.effect(command.subject, key, kind=EffectKind.APPLY_HOLDS)


def _may_release(person: Person, hold: Hold, ports: ReleasingPorts) -> bool:
    directory: Directory = ports.directory.in_force().directory
    owner = directory.of_principal(hold.principal)
    if owner is not None and owner.id == person.id:
        return True
    policies = _policies_on([hold], ports)
    return bool(policies) and all(
        policy is not None and person.id in may_approve(policy, directory, policy.quorum)
        for policy in policies.values()
    )


def _why_not(found: Sequence[Hold], ports: ReleasingPorts) -> str:
    owners = ", ".join(sorted({one.owner for one in found}))
    why = f"Only {owners} or an approver of every pipeline it covers may release that hold."
    unknown = [name for name, policy in _policies_on(found, ports).items() if policy is None]
    if unknown:
        listed = ", ".join(unknown[:LISTED])
        why += f" Nobody counts as an approver while the policy cannot be read: {listed}."
    return why


def _policies_on(holds: Sequence[Hold], ports: ReleasingPorts) -> dict[str, Policy | None]:
    """The policies of all pipelines that the holds cover, by the service's name; None where one
    cannot be read.
    """
    found: dict[str, Policy | None] = {}
    for service in ports.services.all():
        if not any(hold.scope.stages_of(service) for hold in holds):
            continue
        try:
            found[service.name] = ports.policies.policy_for(service.pipeline)
        except DocumentInvalidError as wrong:
            LOG.error("the policy of %s cannot be read: %s", service.name, wrong)
            found[service.name] = None
    return found


def _end(hold_id: str, command: Command, person: Person, ports: ReleasingPorts) -> None:
    hold, now = ports.holds.hold(hold_id), ports.clock.now()
    if hold is None or hold.ended_at is not None:
        return
    details = {"by": person.id, "principal": command.principal, "reason": command.reason}
    ports.audit.append(hold.subject, "hold ended", details)
    news = hold_news(hold, HoldNews.ENDED, now)
    if ports.holds.end_hold(hold.id, person.called, now, [news]):
        ports.bells.ring(news)


def _others(command: Command, ports: ReleasingPorts) -> str:
    """What else holds something of the same, in words: other holds, and windows that keep a stage
    of it closed.
    """
    scope, now = command.scope, ports.clock.now()
    if scope is None:
        return ""
    services, standing = ports.services.all(), ports.holds.standing_holds()
    covered = {f"{one.pipeline.key}/{stage}" for one in services for stage in scope.stages_of(one)}
    closing = {
        one
        for stage in ports.holds.closed_stages()
        if stage.key in covered
        for one in set(stage.holds) - set(stage.overruled)
    }
    others = [
        hold
        for hold in standing
        if hold.scope != scope
        and hold.is_active(now)
        and any(hold.scope.stages_of(one) & scope.stages_of(one) for one in services)
    ]
    others += [
        hold for hold in standing if hold.source is HoldSource.WINDOW and noted_id(hold) in closing
    ]
    if not others:
        return ""
    listed = ", ".join(
        f"{scope_words(one.scope)} ({one.owner}: {one.reason})" for one in others[:LISTED]
    )
    return f" Still held: {listed}."
