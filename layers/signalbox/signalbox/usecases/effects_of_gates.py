"""The effects that gates give rise to, with the keys that make them harmless to repeat."""

from __future__ import annotations

import hashlib
from datetime import datetime

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.gates import Gate, Vote
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


def settling(gate: Gate, at: datetime) -> Effect:
    """Let the release of a hotfix gate through its hold."""
    return Effect(
        kind=EffectKind.SETTLE_HOTFIX,
        subject=gate.subject,
        key="settle",
        created_at=at,
        payload={"gate": gate.id},
    )


def whisper_to_voter(gate: Gate, vote: Vote, at: datetime) -> Effect:
    """Tell one voter, and nobody else, what became of the vote; once for each that was given."""
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=gate.subject,
        key=f"whisper-{hashlib.sha256(vote.key.encode()).hexdigest()[:32]}",
        created_at=at,
        payload={"whisper": {"gate": gate.id, "principal": vote.principal}},
    )


def whisper_to_asker(command_id: str, at: datetime) -> Effect:
    """Tell whoever gave a command what came of it."""
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=f"command#{command_id}",
        key="whisper",
        created_at=at,
        payload={"whisper": {"command": command_id}},
    )
