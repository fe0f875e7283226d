"""The ledger in memory: every ledger port in one object, as strict as the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from signalbox.domain.commands import Command
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsUnavailableError, PermanentError
from signalbox.domain.facts import PipelineChanged, ReleaseFact
from signalbox.domain.gates import Gate, GateStatus, Taken, Verdict, Vote
from signalbox.domain.holds import ClosedStage, Hold
from signalbox.domain.identity import ReleaseId
from signalbox.domain.incidents import Incident
from signalbox.domain.releases import Release, fold, rank_of
from signalbox.domain.scopes import scope_of, state_of
from signalbox.domain.states import EXECUTION_RANK, FINAL_RANK
from signalbox.domain.sweeps import Sweep
from signalbox.domain.truth import ReleaseNotes


class MemoryLedger:
    """``ReleaseLedger``, ``ObservationLedger``, ``EffectLedger``, ``GateLedger``,
    ``IncidentLedger``, ``CommandLedger``, ``HoldLedger`` and ``SweepLedger`` at once.
    """

    def __init__(self) -> None:
        self.facts: dict[ReleaseId, dict[tuple[str, int, str], ReleaseFact]] = {}
        self.standing: dict[ReleaseId, tuple[tuple[int, int], bool]] = {}
        self.observed: dict[str, Any] = {}
        self.effects: dict[tuple[str, EffectKind, str], Effect] = {}
        self.put_off_to: dict[tuple[str, EffectKind, str], datetime] = {}
        self.seen_through: set[tuple[str, EffectKind, str]] = set()
        self.kept_notes: dict[ReleaseId, ReleaseNotes] = {}
        self.claims: dict[tuple[ReleaseId, str], str] = {}
        self.gates: dict[str, Gate] = {}
        self.incidents: dict[str, Incident] = {}
        self.locks: dict[tuple[str, str], str] = {}
        self.kept_holds: dict[str, Hold] = {}
        self.closed: dict[str, ClosedStage] = {}
        self.commands: dict[str, Command] = {}
        self.requests: set[str] = set()
        self.sweeps: dict[str, Sweep] = {}

    # Releases

    def record(self, fact: ReleaseFact, effects: Sequence[Effect]) -> bool:
        known = self.facts.setdefault(fact.release, {})
        if isinstance(fact, PipelineChanged):
            ends = EXECUTION_RANK[fact.state] >= FINAL_RANK
            before, _ = self.standing.get(fact.release, ((0, -1), False))
            if rank_of(fact) > before:
                self.standing[fact.release] = (rank_of(fact), ends)
        key = (scope_of(fact), fact.attempt, state_of(fact))
        if key in known:
            return False
        known[key] = fact
        self.add(effects)
        return True

    def release(self, release: ReleaseId) -> Release | None:
        facts = self.facts.get(release)
        return fold(release, facts.values()) if facts else None

    def heard(self, release: ReleaseId) -> Sequence[ReleaseFact]:
        return tuple(self.facts.get(release, {}).values())

    def notes(self, release: ReleaseId) -> ReleaseNotes:
        return self.kept_notes.get(release, ReleaseNotes())

    def write_notes(self, release: ReleaseId, **changes: Any) -> None:
        self.kept_notes[release] = replace(self.notes(release), **changes)

    def open_releases(self) -> Sequence[ReleaseId]:
        return tuple(one for one in self.facts if not self.standing.get(one, (None, False))[1])

    def gates_of(self, release: ReleaseId) -> Sequence[Gate]:
        mine = [gate for gate in self.gates.values() if gate.release == release]
        return tuple(sorted(mine, key=lambda gate: gate.opened_at))

    def incidents_of(self, release: ReleaseId) -> Sequence[Incident]:
        mine = [one for one in self.incidents.values() if one.release == release]
        return tuple(sorted(mine, key=lambda one: one.opened_at))

    # Observations

    def record_observation(self, fact: Any, effects: Sequence[Effect]) -> bool:
        if repr(fact) in self.observed:
            return False
        self.observed[repr(fact)] = fact
        self.add(effects)
        return True

    # Effects

    def add(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            self.effects.setdefault((effect.subject, effect.kind, effect.key), effect)

    def effect(self, subject: str, key: str, *, kind: EffectKind | None = None) -> Effect | None:
        kinds = (kind,) if kind else tuple(EffectKind)
        found = (self.effects.get((subject, candidate, key)) for candidate in kinds)
        return next((effect for effect in found if effect), None)

    def finish(self, effect: Effect, status: EffectStatus) -> None:
        key = (effect.subject, effect.kind, effect.key)
        self.seen_through.discard(key)
        if key in self.effects:
            self.effects[key] = replace(self.effects[key], status=status)

    def pending(self, before: datetime) -> Sequence[Effect]:
        listed = [
            (self.put_off_to.get(key, effect.created_at), effect)
            for key, effect in self.effects.items()
            if effect.status is EffectStatus.PENDING
        ]
        due = [(since, effect) for since, effect in listed if since < before]
        return tuple(effect for _, effect in sorted(due, key=lambda one: one[0]))

    def put_off(self, effect: Effect, until: datetime) -> None:
        self.put_off_to[(effect.subject, effect.kind, effect.key)] = until

    def watch(self, effect: Effect) -> None:
        self.finish(effect, EffectStatus.DONE)
        self.seen_through.add((effect.subject, effect.kind, effect.key))

    def watched(self) -> Sequence[Effect]:
        found = [self.effects[key] for key in self.seen_through]
        return tuple(sorted(found, key=lambda effect: effect.created_at))

    # Gates

    def claim_gate(self, release: ReleaseId, action_execution_id: str, gate_id: str) -> str:
        return self.claims.setdefault((release, action_execution_id), gate_id)

    def open_gate(self, gate: Gate, effects: Sequence[Effect]) -> bool:
        if gate.id in self.gates:
            return False
        self.gates[gate.id] = replace(gate, task_token="")
        self.add(effects)
        return True

    def gate(self, gate_id: str) -> Gate | None:
        return self.gates.get(gate_id)

    def gate_alone(self, gate_id: str) -> Gate | None:
        gate = self.gate(gate_id)
        return replace(gate, votes=()) if gate else None

    def open_gates(self) -> Sequence[Gate]:
        waiting = [gate for gate in self.gates.values() if gate.status is not GateStatus.SETTLED]
        return tuple(sorted(waiting, key=lambda gate: gate.opened_at))

    def vote(
        self, gate_id: str, vote: Vote, effects: Sequence[Effect], *, request: str = ""
    ) -> Taken:
        if request and request in self.requests:
            return Taken.REPLAYED
        gate = self.gates[gate_id]
        self.requests |= {request} - {""}
        if vote.key in {one.key for one in gate.votes}:
            return Taken.TAKEN
        self.gates[gate_id] = replace(gate, votes=(*gate.votes, vote))
        self.add(effects)
        return Taken.TAKEN

    def ask_anew(self, gate: Gate, seen_digest: str, effects: Sequence[Effect]) -> bool:
        standing = self.gates[gate.id]
        if standing.status is not GateStatus.OPEN or standing.shown_digest != seen_digest:
            return False
        self.gates[gate.id] = replace(
            standing,
            dossier=gate.dossier,
            shown_digest=gate.shown_digest,
            round=gate.round,
            asked=gate.asked,
            standing=gate.standing,
            denied=gate.denied,
            expires_at=gate.expires_at,
            needs_reason=gate.needs_reason,
            held=gate.held,
        )
        self.add(effects)
        return True

    def note_standing(
        self,
        gate_id: str,
        asked: Sequence[str],
        standing: Sequence[str],
        denied: Sequence[str] = (),
    ) -> None:
        noted = {"asked": tuple(asked), "standing": tuple(standing), "denied": tuple(denied)}
        self.gates[gate_id] = replace(self.gates[gate_id], **noted)

    def note_newer(self, gate_id: str, execution: str) -> None:
        self.gates[gate_id] = replace(self.gates[gate_id], newer=execution)

    def decide(
        self,
        gate_id: str,
        verdict: Verdict,
        reason: str,
        at: datetime,
        effects: Sequence[Effect] = (),
        *,
        seen_digest: str = "",
        broken_by: str = "",
    ) -> Verdict | None:
        gate = self.gates.get(gate_id)
        if gate is None:
            raise PermanentError(f"there is no gate {gate_id}")
        if gate.verdict is not None:
            return gate.verdict
        if seen_digest and gate.shown_digest != seen_digest:
            return None
        self.gates[gate_id] = replace(
            gate,
            status=GateStatus.DECIDED,
            verdict=verdict,
            reason=reason,
            decided_at=at,
            broken_glass=bool(broken_by),
            broken_by=broken_by,
        )
        self.add(effects)
        return verdict

    def settle(
        self,
        gate_id: str,
        settlement: str,
        at: datetime,
        effects: Sequence[Effect],
        *,
        decided_by: str = "",
    ) -> bool:
        gate = self.gates[gate_id]
        if gate.status is not GateStatus.DECIDED:
            return False
        self.gates[gate_id] = replace(
            gate,
            status=GateStatus.SETTLED,
            settlement=settlement,
            settled_at=at,
            approval_token="",
            task_token="",
            decided_by=decided_by,
        )
        self.add(effects)
        return True

    def review(self, gate_id: str, by: str, at: datetime, effects: Sequence[Effect]) -> bool:
        gate = self.gates[gate_id]
        if gate.reviewed_by:
            return False
        self.gates[gate_id] = replace(gate, reviewed_by=by)
        self.add(effects)
        return True

    def token_arrives(self, gate_id: str, task_token: str) -> None:
        """What Step Functions does: it writes its token straight into the gate's item."""
        self.gates[gate_id] = replace(self.gates[gate_id], task_token=task_token)

    # Incidents

    def claim_target(self, service: str, environment: str, incident: Incident) -> str:
        return self.locks.setdefault((service, environment), incident.id)

    def take_over_target(
        self, service: str, environment: str, incident: Incident, holder: str
    ) -> str:
        if self.locks.get((service, environment)) == holder:
            self.locks[(service, environment)] = incident.id
        return self.claim_target(service, environment, incident)

    def release_target(self, service: str, environment: str, incident_id: str) -> None:
        if self.locks.get((service, environment)) == incident_id:
            del self.locks[(service, environment)]

    def incident(self, incident_id: str) -> Incident | None:
        return self.incidents.get(incident_id)

    def save_incident(self, incident: Incident, effects: Sequence[Effect]) -> Incident:
        standing = self.incidents.get(incident.id)
        if standing is not None and standing.revision != incident.revision:
            raise AwsUnavailableError(f"incident {incident.id} was written by another step")
        self.incidents[incident.id] = saved = replace(incident, revision=incident.revision + 1)
        self.add(effects)
        return saved

    # Commands

    def give(self, command: Command, effects: Sequence[Effect]) -> bool:
        if command.id in self.commands:
            return False
        self.commands[command.id] = command
        self.add(effects)
        return True

    def command(self, command_id: str) -> Command | None:
        return self.commands.get(command_id)

    def answer(
        self, command_id: str, text: str, effects: Sequence[Effect], *, denied: bool = False
    ) -> bool:
        command = self.commands[command_id]
        if command.answer:
            return False
        self.commands[command_id] = replace(command, answer=text, denied=denied)
        self.add(effects)
        return True

    # Holds

    def add_hold(self, hold: Hold, effects: Sequence[Effect]) -> bool:
        if hold.id in self.kept_holds:
            return False
        self.kept_holds[hold.id] = hold
        self.add(effects)
        return True

    def end_hold(self, hold_id: str, by: str, at: datetime, effects: Sequence[Effect]) -> bool:
        hold = self.kept_holds.get(hold_id)
        if hold is None or hold.ended_at is not None:
            return False
        self.kept_holds[hold_id] = replace(hold, ended_at=at, ended_by=by)
        self.add(effects)
        return True

    def hold(self, hold_id: str) -> Hold | None:
        return self.kept_holds.get(hold_id)

    def standing_holds(self) -> Sequence[Hold]:
        kept = [hold for hold in self.kept_holds.values() if hold.ended_at is None]
        return tuple(sorted(kept, key=lambda hold: (hold.since, hold.id)))

    def closed_stages(self) -> Sequence[ClosedStage]:
        return tuple(sorted(self.closed.values(), key=lambda one: (one.since, one.key)))

    def closed_stage(self, key: str) -> ClosedStage | None:
        return self.closed.get(key)

    def note_closed(self, stage: ClosedStage) -> ClosedStage:
        standing = self.closed.get(stage.key)
        if (standing.revision if standing else 0) != stage.revision:
            raise AwsUnavailableError(f"{stage.key} was written by somebody else")
        self.closed[stage.key] = saved = replace(stage, revision=stage.revision + 1)
        return saved

    def note_open(self, key: str) -> None:
        self.closed.pop(key, None)

    # Sweeps

    def save_sweep(self, sweep: Sweep, effects: Sequence[Effect]) -> None:
        self.sweeps[sweep.id] = sweep
        self.add(effects)

    def sweep(self, sweep_id: str) -> Sweep | None:
        return self.sweeps.get(sweep_id)
