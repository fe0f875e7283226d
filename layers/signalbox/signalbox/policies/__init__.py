"""What keeps a gate shut, one check per file, pure. A new check is one line in a list below."""

from __future__ import annotations

from signalbox.policies import (
    change_window,
    coverage,
    image_scan,
    no_alarm_firing,
    no_hold,
    same_artifact_as_staged,
    soak,
    tests_passed,
)
from signalbox.policies.outcome import Check

CHECKS: tuple[Check, ...] = (
    tests_passed.CHECK,
    coverage.CHECK,
    image_scan.CHECK,
    no_alarm_firing.CHECK,
    no_hold.CHECK,
    same_artifact_as_staged.CHECK,
    soak.CHECK,
    change_window.CHECK,
)
"""What may be asked about a release, in the order in which people read it."""
