"""A run of ``reconcile`` as the schedule starts it: counted, and failed where it was blind."""

from __future__ import annotations

from signalbox.runtime.logging import count
from signalbox.runtime.wiring import World
from signalbox.usecases.reconcile import reconcile


def reported_run(world: World) -> dict[str, int]:
    """Reconcile and emit the counts. Raises the first error of the run after all of it was done,
    so that Lambda's error metric and its retries see it.
    """
    found = reconcile(world)
    counts = {
        "UnheardFacts": found.unheard_facts,
        "PendingEffects": found.pending_effects,
        "ClosedGates": found.closed_gates,
        "AnchoredChains": found.anchored,
    }
    for name, number in counts.items():
        count(name, number)
    if found.errors:
        raise found.errors[0]
    return counts
