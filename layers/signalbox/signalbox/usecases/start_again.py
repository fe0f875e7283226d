"""Gives an approval's workflow that failed its second attempt, and only one."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.gates import Gate, GateStatus
from signalbox.domain.identity import ReleaseId
from signalbox.domain.releases import Action
from signalbox.domain.states import ActionState
from signalbox.usecases.dispatch import second_key
from signalbox.usecases.needs import HasBells, HasClock, HasEffects, HasGates, HasReleases

FAILED_AFTER = timedelta(minutes=15)
"""So long may a workflow's own retries take (statemachines/approval.asl.json), and more."""


class RestartingPorts(HasReleases, HasGates, HasEffects, HasBells, HasClock, Protocol):
    """What starting again needs."""


def start_without_gate(release_id: ReleaseId, ports: RestartingPorts) -> int:
    """Start again for approvals that wait and have no gate; how many."""
    release = ports.releases.release(release_id)
    if release is None or release.is_final:
        return 0
    waiting = [
        action for stage in release.stages for action in stage.actions if _waits_for_people(action)
    ]
    if not waiting:
        return 0
    gated = {gate.action_execution_id for gate in ports.releases.gates_of(release_id)}
    missing = {action.action_execution_id for action in waiting} - gated
    return sum(_again(release_id, each, ports) for each in sorted(missing))


def start_for_verdict(gate: Gate, ports: RestartingPorts) -> int:
    """Start again where a verdict lies and no workflow has brought it to CodePipeline."""
    if gate.status is not GateStatus.DECIDED or gate.decided_at is None:
        return 0
    if ports.clock.now() - gate.decided_at < FAILED_AFTER:
        return 0
    return _again(gate.release, gate.action_execution_id, ports)


def _waits_for_people(action: Action) -> bool:
    return (
        (action.category == "Approval" or action.provider == "Manual")
        and action.state is ActionState.STARTED
        and bool(action.action_execution_id)
    )


def _again(release: ReleaseId, action_execution_id: str, ports: RestartingPorts) -> int:
    """The conditional write of the second effect decides: it is added and rung once."""
    subject, kind = f"release#{release.key}", EffectKind.START_APPROVAL
    now = ports.clock.now()
    first = ports.effects.effect(subject, action_execution_id, kind=kind)
    if first is None or first.status is not EffectStatus.DONE:
        return 0
    if now - first.created_at < FAILED_AFTER:
        return 0
    key = second_key(action_execution_id)
    if ports.effects.effect(subject, key, kind=kind) is not None:
        return 0
    second = Effect(kind=kind, subject=subject, key=key, created_at=now, payload=first.payload)
    ports.effects.add([second])
    ports.bells.ring(second)
    return 1
