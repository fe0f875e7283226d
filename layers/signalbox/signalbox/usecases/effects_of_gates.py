"""The effects that gates give rise to, with the keys that make them harmless to repeat."""

from __future__ import annotations

from datetime import datetime

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.gates import Gate
from signalbox.domain.identity import ReleaseId


def announcement(release: ReleaseId, key: str, at: datetime) -> Effect:
    """Bring the release's message up to date. ``key`` names what has changed, within the release.

    Everything about one release shares a subject and so a FIFO group: edits never overtake.
    """
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=f"release#{release.key}",
        key=f"announce-{key}",
        created_at=at,
        payload={"release": release.key},
    )


def decision(gate: Gate, key: str, at: datetime) -> Effect:
    """Weigh the gate's votes. ``key`` names what calls for it, within the gate."""
    return Effect(
        kind=EffectKind.DECIDE_GATE,
        subject=gate.subject,
        key=f"decide-{key}",
        created_at=at,
        payload={"gate": gate.id},
    )
