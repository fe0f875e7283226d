"""Ends the holds that somebody asks to release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from signalbox.domain.commands import Answered, Command
from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.holds import Hold
from signalbox.domain.people import Directory, Person
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

KEY = "released"


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
            owners = ", ".join(sorted({one.owner for one in found}))
            why = f"Only {owners} or an approver of every pipeline it covers may release that hold."
            return Answered(text=why, denied=True)
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
    covered = [one for one in ports.services.all() if hold.scope.stages_of(one)]
    policies = [ports.policies.policy_for(one.pipeline) for one in covered]
    return bool(policies) and all(
        person.id in may_approve(policy, directory, policy.quorum) for policy in policies
    )


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
    """What else holds something of the same, in words."""
    scope, now = command.scope, ports.clock.now()
    if scope is None:
        return ""
    services = ports.services.all()
    others: Sequence[Hold] = [
        hold
        for hold in ports.holds.standing_holds()
        if hold.scope != scope
        and hold.is_active(now)
        and any(hold.scope.stages_of(one) & scope.stages_of(one) for one in services)
    ]
    if not others:
        return ""
    listed = ", ".join(
        f"{scope_words(one.scope)} ({one.owner}: {one.reason})" for one in others[:5]
    )
    return f" Still held: {listed}."
