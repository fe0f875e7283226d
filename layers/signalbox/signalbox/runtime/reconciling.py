"""A run of ``reconcile`` as the schedule starts it: paced, counted, failed where it was blind."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from signalbox.runtime.logging import count
from signalbox.runtime.wiring import World
from signalbox.usecases.budget import Budget
from signalbox.usecases.reconcile import reconcile

ENDS_BEFORE = timedelta(seconds=30)
"""So long before Lambda ends the function no new question is asked: a call that hangs takes 13
seconds for each of three attempts at most (runtime/clients.py), nearly always one."""


def reported_run(
    world: World, context: Any = None, pause: Callable[[float], None] = time.sleep
) -> dict[str, int]:
    """Reconcile and emit the counts, none with a dimension of its own: they cost one metric each.

    ``context`` is Lambda's, which knows how many milliseconds are left; without it nobody ends the
    run, and nothing is paced. Raises the first error of the run after all of it was done, so that
    Lambda's error metric and its retries see it.
    """
    found = reconcile(world, budget_of(world, context, pause))
    counts = {
        "UnheardFacts": found.unheard_facts,
        "PendingEffects": found.pending_effects,
        "ClosedGates": found.closed_gates,
        "ClosedIncidents": found.closed_incidents,
        "RestartedWorkflows": found.restarted,
        "AnchoredChains": found.anchored,
        "ThrottledReads": found.throttled,
        "LeftForTheNextRun": found.left,
    }
    for name, number in counts.items():
        count(name, number)
    if found.errors:
        raise found.errors[0]
    return counts


def budget_of(world: World, context: Any, pause: Callable[[float], None]) -> Budget | None:
    """How long this invocation may go on asking; None where nobody ends it."""
    if context is None:
        return None
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return Budget(world.clock, until=world.clock.now() + left - ENDS_BEFORE, pause=pause)
