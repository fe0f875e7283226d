"""A pipeline whose stages can be closed: one switch each, for Signalbox and for people alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from signalbox.domain.facts import ReleaseFact, StageChanged
from signalbox.domain.gates import TestResult
from signalbox.domain.holding import operator_sessions
from signalbox.domain.holds import Hold, Reach, Scope, Transition
from signalbox.domain.identity import ReleaseId
from signalbox.domain.policy import Policy
from signalbox.domain.services import Service
from signalbox.domain.states import ExecutionState
from signalbox.domain.truth import ExecutionTruth
from signalbox.usecases.apply_holds import apply_holds
from signalbox.usecases.end_holds import end_holds

from tests.fakes import NOW, PIPELINE, FixedClock, a_service
from tests.gate_world import GateWorld, a_truth
from tests.scripted_aws import ScriptedPipelines

SERVICE = a_service()
SESSION = f"{operator_sessions(SERVICE)}dispatch"
ANN = "arn:aws:sts::123456789012:assumed-role/Team/ann"
PRODUCTION = "Production"


def execution_id(name: str) -> ReleaseId:
    return ReleaseId(pipeline=PIPELINE, execution=name)


@dataclass
class Way:
    """The way into one stage."""

    closed: bool = False
    reason: str = ""
    by: str = ""
    at: datetime | None = None
    closed_at: datetime | None = None
    line: list[str] = field(default_factory=list)
    dormant: set[str] = field(default_factory=set)
    inside: str = ""


class HeldPipeline(ScriptedPipelines):
    """Whoever waits goes in as soon as the way is open and the stage free, or, where CodePipeline
    takes its time (``slow``), with the next ``tick``. Each change takes a second.
    """

    def __init__(self, clock: FixedClock) -> None:
        super().__init__()
        self.clock = clock
        self.mode = "SUPERSEDED"
        self.slow = False
        self.ways = {stage: Way() for stage in self.stages}
        self.entered: list[tuple[str, str]] = []
        self.arrived: list[str] = []
        self.before_a_switch: Callable[[str, bool, str], None] = lambda *_: None

    # What people and releases do

    def arrive(self, execution: str, stage: str = PRODUCTION) -> None:
        way = self.ways[stage]
        self.arrived.append(execution)
        way.line = [execution] if self.mode == "SUPERSEDED" else [*way.line, execution]
        self._admit(stage)

    def leave(self, stage: str = PRODUCTION) -> None:
        self.ways[stage].inside = ""
        self._admit(stage)

    def tick(self) -> None:
        for stage in self.stages:
            self._admit(stage, now=True)

    def person_closes(self, stage: str = PRODUCTION, by: str = ANN) -> None:
        self._switch(stage, closed=True, reason="load test", by=by)

    def person_opens(self, stage: str = PRODUCTION, by: str = ANN) -> None:
        self._switch(stage, closed=False, reason="", by=by)

    # What Signalbox asks

    def close_stage(self, service: Service, stage: str, reason: str) -> None:
        self._maybe_fail()
        self._switch(stage, closed=True, reason=reason, by=SESSION)

    def open_stage(self, service: Service, stage: str) -> None:
        self._maybe_fail()
        self._switch(stage, closed=False, reason="", by=SESSION)

    def transitions(self, service: Service) -> Sequence[Transition]:
        self._maybe_fail()
        return tuple(
            Transition(
                stage=stage,
                closed=way.closed,
                reason=way.reason,
                changed_by=way.by,
                changed_at=way.at,
                waiting=tuple(way.line),
                inside=way.inside,
            )
            for stage, way in self.ways.items()
        )

    def newest(self, service: Service, limit: int) -> Sequence[ReleaseId]:
        return tuple(map(execution_id, reversed(self.arrived)))[:limit]

    def execution(self, service: Service, release: ReleaseId) -> ExecutionTruth | None:
        known = self.truths.get(release)
        return replace(known or a_truth(), release=release, mode=self.mode)

    def facts(self, service: Service, release: ReleaseId) -> Sequence[ReleaseFact]:
        return tuple(
            StageChanged(release=release, stage=stage, state=ExecutionState.STARTED, at=NOW)
            for stage, execution in self.entered
            if execution == release.execution
        )

    def _switch(self, stage: str, *, closed: bool, reason: str, by: str) -> None:
        way = self.ways[stage]
        self.before_a_switch(stage, closed, by)
        self.clock.advance(timedelta(seconds=1))
        now = self.clock.now()
        if not closed and way.closed and way.closed_at and now - way.closed_at > timedelta(days=30):
            way.dormant |= set(way.line)
        way.closed_at = (way.closed_at if way.closed else now) if closed else None
        way.closed, way.reason, way.by, way.at = closed, reason, by, now
        self._admit(stage)

    def _admit(self, stage: str, *, now: bool = False) -> None:
        way = self.ways[stage]
        awake = [one for one in way.line if one not in way.dormant]
        if way.closed or way.inside or not awake or (self.slow and not now):
            return
        way.inside = awake[0]
        way.line.remove(awake[0])
        self.entered.append((stage, awake[0]))


class HeldWorld(GateWorld):
    """The gates' world, whose pipeline can be held."""

    def __init__(self) -> None:
        super().__init__()
        approvals = self.pipelines.approvals
        self.codepipeline = HeldPipeline(self.clock)
        self.codepipeline.approvals = approvals
        self.pipelines = self.codepipeline
        self.policies.default = Policy(mode=self.policies.default.mode, digest="p")

    @property
    def way(self) -> Way:
        return self.codepipeline.ways[PRODUCTION]

    def apply(self) -> None:
        """What each run of the reconciler does about holds."""
        end_holds(self)
        apply_holds(SERVICE, self)

    def let_apply(self, times: int = 3) -> None:
        for _ in range(times):
            self.clock.advance(timedelta(minutes=5))
            self.apply()

    def place(self, name: str = "h1", **more: Any) -> Hold:
        self.clock.advance(timedelta(seconds=1))
        known: dict[str, Any] = {
            "id": name,
            "scope": Scope(reach=Reach.ENVIRONMENT, environment="production"),
            "owner": "Grace",
            "reason": "load test",
            "since": self.clock.now(),
            "principal": "slack:T0001:U0GRACE",
        }
        hold = Hold(**known | more)
        self.ledger.add_hold(hold, [])
        return hold

    def release(self, name: str = "h1") -> None:
        self.ledger.end_hold(name, "grace", self.clock.now(), [])

    def fail_tests(self, execution: str, failed: int = 1) -> None:
        tests = TestResult(passed=3, failed=failed)
        self.ledger.write_notes(execution_id(execution), tests=tests)


class CrashError(BaseException):
    """The process is gone."""


class Crashes:
    """Ends the process at the n-th write to the world, before or after it was done."""

    WRITES = (
        ("ledger", ("note_closed", "note_open", "settle", "add", "end_hold", "add_hold", "answer")),
        ("ledger", ("open_gate", "claim_gate", "review")),
        ("pipelines", ("close_stage", "open_stage", "start_again")),
        ("audit", ("append",)),
        ("bells", ("ring",)),
    )

    def __init__(self, world: Any) -> None:
        self.left: int | None = None
        self.after = self.inside = False
        for owner, names in self.WRITES:
            for name in names:
                self._wrap(getattr(world, owner), name)

    @contextmanager
    def at(self, number: int, *, after: bool) -> Iterator[None]:
        """Whether it came to that many writes shows in ``left`` being None afterwards."""
        self.left, self.after = number, after
        try:
            yield
        except CrashError:
            return
        finally:
            self.left = None

    def _wrap(self, owner: Any, name: str) -> None:
        call = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if self.inside:
                return call(*args, **kwargs)  # part of one write: all or nothing
            dies = self._dies()
            if dies and not self.after:
                raise CrashError
            self.inside = True
            try:
                answer = call(*args, **kwargs)
            finally:
                self.inside = False
            if dies:
                raise CrashError
            return answer

        setattr(owner, name, wrapped)

    def _dies(self) -> bool:
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0
