"""Lets a release through a hold, alone, once people have agreed, and closes the stage behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from signalbox.domain.errors import NotYetError, SettingMissingError
from signalbox.domain.facts import ActionChanged, StageChanged
from signalbox.domain.gates import Gate, GateKind, GateStatus, Settlement, Verdict
from signalbox.domain.holding import RESUMES_FOR, Situation, operator_sessions
from signalbox.domain.holds import ClosedStage, Hold, Transition
from signalbox.domain.services import Service
from signalbox.usecases.apply_holds import held_stages
from signalbox.usecases.ask_for_hotfix import why_not_now
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.needs import (
    HasArtifacts,
    HasAudit,
    HasBells,
    HasClock,
    HasGates,
    HasHolds,
    HasPipelines,
    HasPolicies,
    HasSchedules,
    HasServices,
)
from signalbox.usecases.shut_stage import shut_stage

WAITS_FOR = timedelta(hours=6)
"""So long after people agreed may the stage be busy with another release."""


class LettingPorts(
    HasPipelines,
    HasArtifacts,
    HasHolds,
    HasSchedules,
    HasClock,
    HasGates,
    HasServices,
    HasPolicies,
    HasBells,
    HasAudit,
    Protocol,
):
    """What letting a release through asks of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hotfix:
    """One look at a hotfix: its gate, and the stage as CodePipeline and the ledger have it."""

    gate: Gate
    service: Service
    way: Transition
    known: ClosedStage | None

    @property
    def execution(self) -> str:
        return self.gate.release.execution

    @property
    def waits(self) -> bool:
        """Whether it waits in front of the stage."""
        return self.execution in self.way.waiting

    @property
    def is_passing(self) -> bool:
        """Whether we have begun to let it through."""
        return self.known is not None and self.known.passing == self.execution


def settle_hotfix(gate_id: str, ports: LettingPorts) -> None:
    """Take the next step, each harmless to repeat: open for it alone, wait until it is in, close.

    The ledger knows who may pass before the stage opens, and ``apply_holds`` closes it again should
    nobody come back here. Raises NotYetError to be called again.
    """
    gate = ports.gates.gate(gate_id)
    if gate is None or gate.kind is not GateKind.HOTFIX or gate.status is GateStatus.OPEN:
        return
    if gate.status is GateStatus.DECIDED and gate.verdict is not Verdict.APPROVED:
        gone = gate.verdict is Verdict.DECIDED_ELSEWHERE
        _settle(gate, "It waits no more" if gone else "The stage stays closed", ports)
        return
    fix = _look(gate, ports)
    if gate.status is GateStatus.SETTLED:
        _passes_no_more(fix, ports)
    elif fix.is_passing:
        _see_it_in(fix, ports)
    else:
        _let_in(fix, ports)


def _let_in(fix: _Hotfix, ports: LettingPorts) -> None:
    """Open the stage for it, if it is still what people have seen, and alone in front."""
    way, known = fix.way, fix.known
    if not fix.waits and _is_in(fix, ports):
        _settle(fix.gate, Settlement.LET_THROUGH.value, ports)
        return
    why_not = _why_not(fix, ports)
    if why_not or known is None:
        _settle(fix.gate, _not_let_through(why_not), ports)
        return
    if way.inside or known.passing:
        raise NotYetError(f"{way.stage} of {fix.service.name} is busy")
    ports.holds.note_closed(replace(known, passing=fix.execution, passing_at=ports.clock.now()))
    _open(fix, ports)
    _see_it_in(_look(fix.gate, ports), ports)


def _why_not(fix: _Hotfix, ports: LettingPorts) -> str:
    way, now = fix.way, ports.clock.now()
    why_not = why_not_now(fix.gate.release, way, fix.service) or _what_changed(fix, ports)
    if why_not:
        return why_not
    if fix.known is None:
        return f"Signalbox does not know why {way.stage} is closed."
    if _others_hold(fix, ports):
        return f"{way.stage} is held by more than what people have seen: ask again."
    if now - fix.known.since >= RESUMES_FOR:
        return "It has waited for about 30 days, and CodePipeline would not let it go on."
    waited = now - (fix.gate.decided_at or now)
    return f"{way.stage} was busy for too long." if waited > WAITS_FOR else ""


def _others_hold(fix: _Hotfix, ports: LettingPorts) -> bool:
    """Whether a hold is in force that was none yet when people agreed."""
    return bool(fix.gate.held) and any(hold.id not in fix.gate.held for hold in _held(fix, ports))


def _see_it_in(fix: _Hotfix, ports: LettingPorts) -> None:
    """Close behind it as soon as it is in, or as it turns out that it will not go in alone."""
    way = fix.way
    if way.closed and fix.waits and not _was_open(fix):
        if why_not := why_not_now(fix.gate.release, way, fix.service):
            _end(fix, _not_let_through(why_not), ports)
            return
        _open(fix, ports)  # we died before
        raise NotYetError(f"{fix.execution} goes into {way.stage}")
    if _lets_one_in(fix, ports):
        raise NotYetError(f"{fix.execution} goes into {way.stage}")
    entered = not fix.waits and _is_in(fix, ports)
    _close_behind(fix, ports)
    if entered:
        _end(fix, Settlement.LET_THROUGH.value, ports)
    else:
        why = "It did not go in alone" if fix.waits else "It no longer waits"
        _end(fix, _not_let_through(f"{why}. The stage is closed again."), ports)


def _look(gate: Gate, ports: LettingPorts) -> _Hotfix:
    service = ports.services.of_pipeline(gate.release.pipeline)
    if service is None:
        raise SettingMissingError(f"no service has the pipeline {gate.release.pipeline.key}")
    ways = ports.pipelines.transitions(service)
    gone = Transition(stage=gate.stage)
    return _Hotfix(
        gate=gate,
        service=service,
        way=next((way for way in ways if way.stage == gate.stage), gone),
        known=ports.holds.closed_stage(f"{service.pipeline.key}/{gate.stage}"),
    )


def _open(fix: _Hotfix, ports: LettingPorts) -> None:
    details = {"gate": fix.gate.id, "stage": fix.way.stage}
    ports.audit.append(f"release#{fix.gate.release.key}", "hotfix let through", details)
    ports.pipelines.open_stage(fix.service, fix.way.stage)


def _was_open(fix: _Hotfix) -> bool:
    """Whether the stage was closed again since we began."""
    began = fix.known.passing_at if fix.known else None
    return began is not None and fix.way.changed_at is not None and fix.way.changed_at > began


def _lets_one_in(fix: _Hotfix, ports: LettingPorts) -> bool:
    return Situation(
        transition=fix.way,
        known=fix.known,
        holds=(),
        operator=operator_sessions(fix.service),
        now=ports.clock.now(),
    ).lets_one_in


def _close_behind(fix: _Hotfix, ports: LettingPorts) -> None:
    """Only what we have opened, and only while something holds it."""
    by_us = fix.way.changed_by.startswith(operator_sessions(fix.service))
    if fix.way.closed or not by_us:
        return
    held = _held(fix, ports)
    if held:
        shut_stage(fix.service, fix.way.stage, held, fix.known, ports)


def _held(fix: _Hotfix, ports: LettingPorts) -> tuple[Hold, ...]:
    policy = ports.policies.policy_for(fix.service.pipeline)
    return held_stages(fix.service, policy, ports, now=ports.clock.now()).get(fix.way.stage, ())


def _end(fix: _Hotfix, settlement: str, ports: LettingPorts) -> None:
    """Settle first: where we die in between, the next call finds that it passes no more."""
    _settle(fix.gate, settlement, ports)
    _passes_no_more(fix, ports)


def _passes_no_more(fix: _Hotfix, ports: LettingPorts) -> None:
    known = ports.holds.closed_stage(fix.known.key) if fix.known else None
    if known is not None and known.passing == fix.execution:
        ports.holds.note_closed(replace(known, passing="", passing_at=None))


def _is_in(fix: _Hotfix, ports: LettingPorts) -> bool:
    return any(
        isinstance(fact, StageChanged | ActionChanged) and fact.stage == fix.way.stage
        for fact in ports.pipelines.facts(fix.service, fix.gate.release)
    )


def _what_changed(fix: _Hotfix, ports: LettingPorts) -> str:
    """Compare what would ship now with what was shown; "" where it is the same."""
    shown = fix.gate.dossier
    if ports.artifacts.listing(fix.service, fix.gate.release).digest != shown.artifact_digest:
        return "The artifact is not the one that was shown."
    truth = ports.pipelines.execution(fix.service, fix.gate.release)
    revision = truth.commit.id if truth and truth.commit else shown.revision
    return "" if revision == shown.revision else "The revision is not the one that was shown."


def _not_let_through(why: str) -> str:
    return f"Not let through. {why}"


def _settle(gate: Gate, settlement: str, ports: LettingPorts) -> None:
    now, subject = ports.clock.now(), f"release#{gate.release.key}"
    if gate.status is not GateStatus.SETTLED:
        ports.audit.append(subject, "hotfix settled", {"gate": gate.id, "settlement": settlement})
    told = announcement(gate.release, f"gate-settled-{gate.id}", now)
    if ports.gates.settle(gate.id, settlement, now, [told]):
        ports.bells.ring(told)
