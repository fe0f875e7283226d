"""Brings the stages of services in line with the holds: closes what is held, opens what was."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from signalbox.domain.effects import Effect
from signalbox.domain.errors import DocumentInvalidError, SignalboxError
from signalbox.domain.holding import RESUMES_FOR, Situation, Step, operator_sessions, step_for
from signalbox.domain.holds import ClosedStage, Hold, HoldSource, Transition
from signalbox.domain.policy import Mode, Policy
from signalbox.domain.services import Service
from signalbox.notifications.text import plain_line
from signalbox.usecases.compile_gate import CompilingPorts
from signalbox.usecases.effects_of_holds import (
    StageNews,
    applying,
    bypass,
    pipeline_subject,
    stage_news,
)
from signalbox.usecases.free_stage import forget_stage, free_stage, stay_closed
from signalbox.usecases.gather_evidence import PARALLEL, HoldingPorts, holds_on, stages_of_window
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasEffects,
    HasPolicies,
    HasServices,
)
from signalbox.usecases.shut_stage import shut_stage
from signalbox.usecases.tell_once import tell_once

LOG = logging.getLogger(__name__)
MOST_DELAY_SECONDS = 900
"""Of a message in SQS (SendMessage, DelaySeconds)."""
A_SECOND = 2
"""Services that are looked at in one second: CodePipeline throttles accounts as a whole."""

UNKNOWN = Policy(mode=Mode.OBSERVE)
"""What a policy that cannot be read counts as: it closes nothing, and has no window."""

Held = Mapping[str, tuple[Hold, ...]]


class ApplyingPorts(
    CompilingPorts, HasEffects, HasServices, HasPolicies, HasBells, HasAudit, Protocol
):
    """What applying holds asks of the world."""


def apply_holds_by_effect(effect: Effect, ports: ApplyingPorts) -> None:
    """Apply holds to the ``service`` that the effect names, or to all that are concerned, each by
    an effect of its own and spread over time.
    """
    new = ports.holds.hold(str(effect.payload.get("hold", "")))
    also = [new] if new else []
    named = effect.payload.get("service")
    services = [one for one in ports.services.all() if named in {None, one.name}]
    if named is None:
        services = concerned(services, ports, also=also)
    if named is not None or len(services) == 1:
        for service in services:
            apply_holds(service, ports, also=also)
        return
    for place, service in enumerate(services):
        one = applying(
            effect.subject,
            f"{effect.key.removeprefix('apply-')}/{service.name}",
            ports.clock.now(),
            **effect.payload,
            service=service.name,
        )
        ports.effects.add([one])
        ports.bells.ring(one, delay_seconds=min(place // A_SECOND, MOST_DELAY_SECONDS))


def concerned(
    services: Iterable[Service], ports: ApplyingPorts, *, also: Sequence[Hold] = ()
) -> list[Service]:
    """Those of the services on which something may be held, or of which a stage is closed.

    One whose policy cannot be read is among them: it is seen to by itself, and fails alone.
    """
    standing = (*ports.holds.standing_holds(), *also)
    closed = {one.pipeline for one in ports.holds.closed_stages()}

    def is_concerned(service: Service) -> bool:
        if service.pipeline in closed:
            return True
        if any(hold.scope.stages_of(service) for hold in standing):
            return True
        try:
            return bool(ports.policies.policy_for(service.pipeline).holds)
        except SignalboxError as error:
            LOG.error("the policy of %s cannot be read: %s", service.name, error)
            return True

    return [service for service in services if is_concerned(service)]


def apply_holds(service: Service, ports: ApplyingPorts, *, also: Sequence[Hold] = ()) -> None:
    """Close the stages that holds in force cover, and open those that we alone keep closed.

    ``also`` are holds that listings may not show yet. One stage that fails keeps no other from
    being seen to; the first error is raised in the end. Where the policy was never a good one,
    nobody knows whether it enforces and which windows it has: then all stays as it is
    (usecases/tell_document_faults.py says what is wrong with it).
    """
    try:
        policy = ports.policies.policy_for(service.pipeline)
    except DocumentInvalidError as wrong:
        _leave_all(service, str(wrong), ports, also=also)
        return
    held = held_stages(service, policy, ports, also=also, now=ports.clock.now())
    known = _known_stages(service, held, ports)
    if not held and not known:
        return
    ways = {way.stage: way for way in ports.pipelines.transitions(service)}
    closes = policy.mode is Mode.ENFORCE and not _runs_in_parallel(service, held, ways, ports)
    failed: list[SignalboxError] = []
    for stage in sorted({*held, *known}):
        try:
            if stage in ways:
                seen = Situation(
                    transition=ways[stage],
                    known=known.get(stage),
                    holds=held.get(stage, ()),
                    operator=operator_sessions(service),
                    now=ports.clock.now(),
                    may_close=closes,
                )
                _see_to(service, seen, policy, ports)
            elif stage in known:
                ports.holds.note_open(known[stage].key)  # the pipeline has it no more
        except SignalboxError as error:
            LOG.error("cannot hold %s of %s: %s", stage, service.name, error)
            failed.append(error)
    if failed:
        raise failed[0]


def _leave_all(service: Service, fault: str, ports: ApplyingPorts, *, also: Sequence[Hold]) -> None:
    """Neither close nor open anything; say why to whoever asks for a stage that no hold of the
    ledger keeps closed.
    """
    LOG.error("the stages of %s stay as they are: %s", service.name, fault)
    now = ports.clock.now()
    held = held_stages(service, UNKNOWN, ports, also=also, now=now)
    for stage, known in _known_stages(service, {}, ports).items():
        if known.confirmed and stage not in held:
            words = f"its policy cannot be read: {plain_line(fault, 200)}"
            stay_closed(known, words, ["policy"], ports)


def held_stages(
    service: Service,
    policy: Policy,
    ports: HoldingPorts,
    *,
    also: Sequence[Hold] = (),
    now: datetime,
) -> Held:
    """The holds in force, by stage: those of the ledger, and the windows of a policy that
    enforces.
    """
    standing = {hold.id: hold for hold in (*ports.holds.standing_holds(), *also)}
    found = [hold for hold in standing.values() if hold.is_active(now)]
    if policy.mode is Mode.ENFORCE and policy.holds:
        covered = (stages_of_window(window, service) for window in policy.holds)
        windows = holds_on(service, frozenset().union(*covered), policy, now, ports)
        found += [hold for hold in windows if hold.source is HoldSource.WINDOW]
    held: dict[str, tuple[Hold, ...]] = {}
    for hold in found:
        for stage in hold.scope.stages_of(service):
            held[stage] = (*held.get(stage, ()), hold)
    return held


def _known_stages(service: Service, held: Held, ports: ApplyingPorts) -> dict[str, ClosedStage]:
    """What the ledger knows of closed stages; of those that are held without any listing's lag."""
    listed = [one for one in ports.holds.closed_stages() if one.pipeline == service.pipeline]
    stages = {one.stage for one in listed} | set(held)
    found = {stage: ports.holds.closed_stage(f"{service.pipeline.key}/{stage}") for stage in stages}
    return {stage: one for stage, one in found.items() if one is not None}


def _see_to(service: Service, seen: Situation, policy: Policy, ports: ApplyingPorts) -> None:
    way, known = seen.transition, seen.known
    match step_for(seen):
        case Step.CLOSE:
            shut_stage(service, way.stage, seen.effective, _pruned(seen), ports)
        case Step.KEEP:
            _keep(service, seen, ports)
        case Step.STAND_BACK if known:
            overruled = _stand_back(service, seen, known, ports)
            _see_to(service, replace(seen, known=overruled), policy, ports)
        case Step.NOTHING:
            _prune(seen, ports)
        case Step.OPEN if known:
            _open(service, seen, policy, ports)
        case Step.FORGET if known:
            forget_stage(service, way, known, ports)
        case Step.LEAVE if known:
            _leave(service, way, known, ports)


def _runs_in_parallel(
    service: Service, held: Held, ways: Mapping[str, Transition], ports: ApplyingPorts
) -> bool:
    """Such a pipeline has no way that could be closed: its gates hold instead. It is asked for only
    where a stage is to be closed.
    """
    if all(ways[stage].closed for stage in held if stage in ways):
        return False
    for release in ports.pipelines.newest(service, 1):
        truth = ports.pipelines.execution(service, release)
        return truth is not None and truth.mode == PARALLEL
    return False


def _open(service: Service, seen: Situation, policy: Policy, ports: ApplyingPorts) -> None:
    """Whoever placed a hold while we opened has not been seen by us: look once more."""
    way, known = seen.transition, seen.known
    if known is None or not free_stage(service, way, known, ports):
        return
    now = ports.clock.now()
    again = held_stages(service, policy, ports, now=now).get(way.stage, ())
    effective = [hold for hold in again if hold.id not in known.overruled]
    if effective:
        shut_stage(service, way.stage, effective, known, ports)
    elif again:
        ports.holds.note_closed(replace(known, confirmed=False, waiting_for=""))
    elif now - known.since < RESUMES_FOR or not way.waiting:
        ports.holds.note_open(known.key)
    elif known.waiting_for:
        ports.holds.note_closed(replace(known, waiting_for=""))


def _keep(service: Service, seen: Situation, ports: ApplyingPorts) -> None:
    way = seen.transition
    since = way.changed_at or seen.now
    new = ClosedStage(pipeline=service.pipeline, stage=way.stage, since=since, reason=way.reason)
    ids = tuple(hold.id for hold in seen.holds)
    kept = replace(_pruned(seen) or new, confirmed=True, waiting_for="", holds=ids)
    if kept != seen.known:
        ports.holds.note_closed(kept)


def _stand_back(
    service: Service, seen: Situation, known: ClosedStage, ports: ApplyingPorts
) -> ClosedStage:
    """Remember which holds were overruled: for a newer one the stage is closed again."""
    way = seen.transition
    details = {"stage": way.stage, "by": way.changed_by, "holds": list(seen.overruled_now)}
    ports.audit.append(pipeline_subject(service.pipeline), "hold overruled", details)
    tell_once(bypass(service.pipeline, way, seen.now), ports)
    return ports.holds.note_closed(
        replace(
            known,
            overruled=seen.overruled_now,
            overruled_at=way.changed_at,
            confirmed=False,
            passing="",
            waiting_for="",
        )
    )


def _leave(service: Service, way: Transition, known: ClosedStage, ports: ApplyingPorts) -> None:
    details = {"stage": way.stage, "by": way.changed_by}
    ports.audit.append(pipeline_subject(service.pipeline), "stage left to a person", details)
    once, now = known.since.isoformat(), ports.clock.now()
    tell_once(stage_news(known, StageNews.LEFT, once, now, by=way.changed_by), ports)
    ports.holds.note_open(known.key)


def _prune(seen: Situation, ports: ApplyingPorts) -> None:
    """Keep what is noted up to date, also while a person keeps the stage closed as well."""
    pruned = _pruned(seen)
    if pruned is not None and seen.transition.closed:
        pruned = replace(pruned, holds=tuple(hold.id for hold in seen.holds))
    if pruned is not None and pruned != seen.known:
        ports.holds.note_closed(pruned)


def _pruned(seen: Situation) -> ClosedStage | None:
    """Without the overruled holds that are over: their like may come again, as windows do."""
    if seen.known is None:
        return None
    standing = {hold.id for hold in seen.holds}
    left = tuple(one for one in seen.known.overruled if one in standing)
    return replace(seen.known, overruled=left)
