"""Sees which windows hold now, and which pipelines, by the policies that enforce."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import Protocol

from signalbox.domain.errors import SignalboxError
from signalbox.domain.holds import Hold, HoldSource
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.services import Service
from signalbox.domain.windows import HoldWindow
from signalbox.usecases.gather_evidence import HoldingPorts, holds_on, stages_of_window
from signalbox.usecases.needs import HasClock, HasPolicies, HasServices

LOG = logging.getLogger(__name__)


class SeeingPorts(HoldingPorts, HasServices, HasPolicies, HasClock, Protocol):
    """What seeing the windows asks of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows in force, each with the hold that it is and the keys of the ``pipelines`` that it
    holds; the keys of all that are ``registered``, and of those whose policy is ``unknown``.
    """

    in_force: dict[HoldWindow, Hold] = field(default_factory=dict)
    pipelines: dict[HoldWindow, set[str]] = field(default_factory=dict)
    registered: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


def see_windows(ports: SeeingPorts) -> Windows:
    """Look at each window once, whatever number of policies have it."""
    seen, over = Windows(), set[HoldWindow]()
    for service in ports.services.all():
        seen.registered.add(service.pipeline.key)
        try:
            policy = ports.policies.policy_for(service.pipeline)
        except SignalboxError as error:
            LOG.error("the windows of %s are not known: %s", service.name, error)
            seen.unknown.add(service.pipeline.key)
            continue
        for window in policy.holds if policy.mode is Mode.ENFORCE else ():
            if window in over or not stages_of_window(window, service):
                continue
            hold = seen.in_force.get(window) or _in_force(window, service, policy, ports)
            if hold is None:
                over.add(window)
                continue
            seen.in_force[window] = hold
            seen.pipelines.setdefault(window, set()).add(service.pipeline.key)
    return seen


def _in_force(
    window: HoldWindow, service: Service, policy: Policy, ports: SeeingPorts
) -> Hold | None:
    covered, alone = stages_of_window(window, service), replace(policy, holds=(window,))
    found = holds_on(service, covered, alone, ports.clock.now(), ports)
    return next((hold for hold in found if hold.source is HoldSource.WINDOW), None)
