"""What is still open, for whoever is about to delete the stack."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

from signalbox.domain.effects import EffectKind
from signalbox.domain.gates import GateStatus
from signalbox.domain.holds import HoldSource
from signalbox.usecases.needs import HasClock, HasEffects, HasGates, HasHolds

LISTED = 200


class UnfinishedPorts(HasGates, HasHolds, HasEffects, HasClock, Protocol):
    """What reading it needs."""


def read_unfinished(ports: UnfinishedPorts) -> dict[str, Any]:
    """Gates that are not settled, stages that Signalbox keeps closed, holds of people and of
    incidents, rollbacks that are being seen through, and effects that nobody has carried out yet.
    """
    now = ports.clock.now()
    return {
        "gates": [
            {
                "id": gate.id,
                "release": gate.release.key,
                "stage": gate.stage,
                "waits": "for people" if gate.status is GateStatus.OPEN else "for CodePipeline",
                "expires_at": gate.expires_at.isoformat(),
            }
            for gate in ports.gates.open_gates()
        ][:LISTED],
        "closed_stages": [
            {"stage": one.key, "reason": one.reason, "waiting_for": one.waiting_for}
            for one in ports.holds.closed_stages()
        ][:LISTED],
        "holds": [
            {"scope": hold.scope.key, "owner": hold.owner, "reason": hold.reason}
            for hold in ports.holds.standing_holds()
            if hold.is_active(now) and hold.source is not HoldSource.WINDOW
        ][:LISTED],
        "rollbacks": [
            effect.subject
            for effect in ports.effects.watched()
            if effect.kind is EffectKind.START_ROLLBACK
        ][:LISTED],
        "effects": [
            f"{effect.kind.value} of {effect.subject}"
            for effect in ports.effects.pending(now - timedelta(minutes=2))
        ][:LISTED],
    }
