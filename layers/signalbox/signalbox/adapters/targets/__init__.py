"""Deploy targets, one file each. A service's document names its target's ``type``."""

from __future__ import annotations

from signalbox.adapters.targets.lambda_alias import LambdaTargets

TARGETS = {"lambda": LambdaTargets}
"""Every type of target: the adapter that reads, calls and lists it (``ports.Targets``)."""
