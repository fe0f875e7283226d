"""No alarm of the service is firing."""

from __future__ import annotations

from signalbox.policies.outcome import Case, Finding, Outcome


def no_alarm_firing(case: Case) -> Finding:
    """Warn where an alarm fired when the gate opened: the release may be the remedy."""
    firing = case.gate.dossier.firing_alarms
    if firing:
        return Finding(outcome=Outcome.WARN, why="firing: " + ", ".join(firing))
    return Finding(outcome=Outcome.PASS, why="no alarm is firing")
