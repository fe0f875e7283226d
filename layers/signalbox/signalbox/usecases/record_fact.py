"""Writes one fact into the ledger together with what follows from it, and rings the bells."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeGuard, assert_never

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import ForeignAccountError, RetryableError
from signalbox.domain.facts import (
    ActionChanged,
    AlarmChanged,
    ApiCalled,
    ApprovalAsked,
    BuildChanged,
    DeploymentChanged,
    Fact,
    Ignored,
    ImageScanned,
    PipelineChanged,
    ReleaseFact,
    StageChanged,
)
from signalbox.domain.holding import operator_sessions
from signalbox.domain.identity import AlarmId
from signalbox.domain.scopes import scope_of, state_of, subject_of
from signalbox.domain.services import Environment, Service
from signalbox.domain.states import EXECUTION_RANK, FINAL_RANK, ActionState, AlarmState
from signalbox.ports import Bells
from signalbox.usecases.needs import (
    HasBells,
    HasClock,
    HasObservations,
    HasReleases,
    HasServices,
)

LOG = logging.getLogger(__name__)

NEWS_FOR = timedelta(hours=24)
"""An older fact comes from a replay or a long outage: it is recorded, and no news. What still
follows from it re-reads the truth first: an approval that waits, an audit that is not anchored."""

Alarmed = tuple[Service, Environment]


class RecordingPorts(HasReleases, HasObservations, HasServices, HasBells, HasClock, Protocol):
    """What recording needs: the ledger, the bells, and who listed an alarm."""


def record_fact(fact: Fact, ports: RecordingPorts, *, allowed_accounts: Collection[str]) -> bool:
    """Record a fact; False where it was known already, or is none of our business.

    Bells ring after the write and only for what it wrote. A bell that cannot ring now is rung by
    ``reconcile``. Raises ForeignAccountError for an account that is not on the list.
    """
    if isinstance(fact, Ignored):
        return False
    if account_of(fact) not in allowed_accounts:
        raise ForeignAccountError(f"account {account_of(fact)!r} is not on the list of accounts")
    if isinstance(fact, PipelineChanged | StageChanged | ActionChanged):
        effects = effects_of(fact, ports.clock.now())
        written = ports.releases.record(fact, effects)
    else:
        alarmed = ports.services.of_alarm(fact.alarm) if _raises_alarm(fact) else None
        steered = ports.services.of_pipeline(fact.pipeline) if _is_call(fact) else None
        effects = effects_of(fact, ports.clock.now(), alarmed=alarmed, steered=steered)
        written = ports.observations.record_observation(fact, effects)
    if written:
        for effect in effects:
            _ring(effect, ports.bells)
    return written


def effects_of(
    fact: Fact,
    now: datetime,
    *,
    alarmed: Alarmed | None = None,
    steered: Service | None = None,
) -> tuple[Effect, ...]:
    """What is to be done because of a fact, in the order in which the bells ring.

    ``now`` stamps the effects and tells news from history. ``alarmed`` is the service and
    environment that list the fact's alarm, where one does; without it no rollback is due.
    ``steered`` is the service whose pipeline a call has steered, where one is registered.
    """
    match fact:
        case PipelineChanged():
            return (*_announcement(fact, now), *_anchor(fact, now))
        case StageChanged():
            return _announcement(fact, now)
        case ActionChanged():
            return (*_approval(fact, now), *_announcement(fact, now))
        case AlarmChanged():
            return _rollback(fact, now, alarmed)
        case ApiCalled():
            return _bypass(fact, now, steered)
        case BuildChanged() | DeploymentChanged() | ImageScanned() | ApprovalAsked() | Ignored():
            return ()
        case _:
            assert_never(fact)


def account_of(fact: Fact) -> str:
    """The account in which a fact happened."""
    match fact:
        case PipelineChanged() | StageChanged() | ActionChanged():
            return fact.release.pipeline.account
        case AlarmChanged():
            return fact.alarm.account
        case ApprovalAsked() | ApiCalled():
            return fact.pipeline.account
        case BuildChanged() | DeploymentChanged() | ImageScanned() | Ignored():
            return fact.account
        case _:
            assert_never(fact)


def incident_id(alarm: AlarmId, at: datetime) -> str:
    """The id of the incident that an alarm opens at a moment, the same for every reader."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(f"{alarm.arn}{moment}".encode()).hexdigest()[:32]


def _announcement(fact: ReleaseFact, now: datetime) -> tuple[Effect, ...]:
    if _is_history(fact, now):
        return ()
    key = f"{scope_of(fact)}/{fact.attempt}/{state_of(fact)}"
    return (_effect(EffectKind.ANNOUNCE, fact, key, now, release=fact.release.key),)


def _anchor(fact: PipelineChanged, now: datetime) -> tuple[Effect, ...]:
    if EXECUTION_RANK[fact.state] < FINAL_RANK:
        return ()
    key = f"{fact.attempt}/{state_of(fact)}"
    return (_effect(EffectKind.ANCHOR_AUDIT, fact, key, now, release=fact.release.key),)


def _approval(fact: ActionChanged, now: datetime) -> tuple[Effect, ...]:
    # Of real samples, one manual approval says category Deploy: either word is hint enough, and
    # the workflow asks CodePipeline whether an approval waits before it asks anybody else.
    approval = fact.category == "Approval" or fact.provider == "Manual"
    if not (approval and fact.state is ActionState.STARTED and fact.action_execution_id):
        return ()
    pipeline = fact.release.pipeline
    payload = {
        "contract": 1,
        "release": {
            "account": pipeline.account,
            "region": pipeline.region,
            "pipeline": pipeline.name,
            "execution": fact.release.execution,
        },
        "stage": fact.stage,
        "action": fact.action,
        "actionExecutionId": fact.action_execution_id,
    }
    key = fact.action_execution_id
    return (_effect(EffectKind.START_APPROVAL, fact, key, now, **payload),)


def _effect(
    kind: EffectKind, fact: ReleaseFact, key: str, now: datetime, /, **payload: Any
) -> Effect:
    return Effect(kind=kind, subject=subject_of(fact), key=key, created_at=now, payload=payload)


def _rollback(fact: AlarmChanged, now: datetime, alarmed: Alarmed | None) -> tuple[Effect, ...]:
    if alarmed is None or not _raises_alarm(fact) or _is_history(fact, now):
        return ()
    service, environment = alarmed
    incident = incident_id(fact.alarm, fact.at)
    payload = {
        "contract": 1,
        "alarm": {
            "account": fact.alarm.account,
            "region": fact.alarm.region,
            "name": fact.alarm.name,
        },
        "service": service.name,
        "environment": environment.name,
        "incidentId": incident,
        "at": fact.at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return (
        Effect(
            kind=EffectKind.START_ROLLBACK,
            subject=f"incident#{incident}",
            key="rollback",
            created_at=now,
            payload=payload,
        ),
    )


def _bypass(fact: ApiCalled, now: datetime, steered: Service | None) -> tuple[Effect, ...]:
    """What somebody else has done to a pipeline of ours is told; what AWS refused them is not, nor
    what a service of AWS did, as when a stage rolls itself back.
    """
    if steered is None or fact.error or _is_history(fact, now):
        return ()
    if is_own_call(fact, steered) or fact.by.endswith(".amazonaws.com"):
        return ()
    about = {
        "pipeline": fact.pipeline.key,
        "call": fact.call,
        "by": fact.by,
        "at": fact.at.astimezone(UTC).isoformat(timespec="seconds"),
        "stage": fact.stage,
        "action": fact.action,
    }
    return (
        Effect(
            kind=EffectKind.ANNOUNCE,
            subject=f"pipeline#{fact.pipeline.key}",
            key=f"bypass-{fact.id or fact.at.isoformat()}",
            created_at=now,
            payload={"bypass": about},
        ),
    )


def is_own_call(fact: ApiCalled, service: Service) -> bool:
    """Whether a session of Signalbox made it, under the operator role of the service."""
    return fact.by.startswith(operator_sessions(service))


def _is_call(fact: Fact) -> TypeGuard[ApiCalled]:
    return isinstance(fact, ApiCalled)


def _is_history(fact: ReleaseFact | AlarmChanged | ApiCalled, now: datetime) -> bool:
    """Whether a fact is no news: an archive sent it again, or it is too old."""
    return fact.replayed or now - fact.at > NEWS_FOR


def _raises_alarm(fact: Fact) -> TypeGuard[AlarmChanged]:
    """Whether an alarm began to fire, and nobody has muted what it does."""
    return (
        isinstance(fact, AlarmChanged) and fact.state is AlarmState.ALARM and not fact.suppressed_by
    )


def _ring(effect: Effect, bells: Bells) -> None:
    try:
        bells.ring(effect)
    except RetryableError as error:
        LOG.warning("a bell could not ring and is left to reconcile: %s", error)
