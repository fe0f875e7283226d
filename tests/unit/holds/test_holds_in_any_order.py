"""Holds of several people, windows and incidents, people at the same switch, crashes: in any order.

The switch is closed while a hold is in force that nobody has overruled, or while a person keeps it
closed; Signalbox never opens against either, and never closes against who has opened it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from signalbox.domain.holds import Hold, HoldSource, Reach, Scope
from signalbox.domain.policy import Policy
from signalbox.domain.windows import HoldWindow, Span, Window
from signalbox.usecases.apply_holds import held_stages

from tests.fakes import PIPELINE
from tests.unit.holds.held_pipeline import ANN, PRODUCTION, SERVICE, SESSION, Crashes, HeldWorld

WEEKENDS = Window(cron="0 16 * * 5", lasts=timedelta(hours=62))
SCOPES = (
    Scope(reach=Reach.EVERYTHING),
    Scope(reach=Reach.ENVIRONMENT, environment="production"),
    Scope(reach=Reach.PIPELINE, pipeline=PIPELINE.key),
    Scope.of_stage(PIPELINE, PRODUCTION),
)


class HoldMachine(RuleBasedStateMachine):
    """One stage, with everybody who may want something of it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = HeldWorld()
        self.crashes = Crashes(self.world)
        window = HoldWindow(window=WEEKENDS, owner="U0", reason="weekends")
        self.world.policies.default = Policy(holds=(window,))
        self.placed = self.came = 0
        self.overruled: set[str] = set()
        self.kept_closed_by_a_person = False
        self.world.codepipeline.before_a_switch = self._switched
        self.settled = False

    def in_force(self) -> list[Hold]:
        policy, now = self.world.policies.default, self.world.clock.now()
        held = held_stages(SERVICE, policy, self.world, now=now)
        return list(held.get(PRODUCTION, ()))

    def _switched(self, stage: str, closed: bool, by: str) -> None:
        """What must hold whenever Signalbox touches the switch, crashes or not."""
        if stage != PRODUCTION or by != SESSION:
            return
        wanted = [hold for hold in self.in_force() if hold.id not in self.overruled]
        if closed:
            assert wanted, "closed for nothing, or against who has opened it"
        else:
            assert not wanted, "opened although a hold is in force"
            assert not self.kept_closed_by_a_person, "opened what a person keeps closed"

    # What happens

    @rule(scope=st.sampled_from(SCOPES), hours=st.sampled_from([0, 1, 3]))
    def somebody_places_a_hold(self, scope: Scope, hours: int) -> None:
        until = self.world.clock.now() + timedelta(hours=hours) if hours else None
        self.placed += 1
        self.world.place(f"h{self.placed}", scope=scope, until=until)
        self.settled = False

    @rule()
    def an_alarm_fires(self) -> None:
        self.placed += 1
        self.world.place(
            f"h{self.placed}", scope=SCOPES[-1], source=HoldSource.INCIDENT, owner="signalbox"
        )
        self.settled = False

    @rule(number=st.integers(0, 9))
    def a_hold_is_released(self, number: int) -> None:
        standing = self.world.ledger.standing_holds()
        if standing:
            self.world.release(standing[number % len(standing)].id)
            self.settled = False

    @rule()
    def the_weekend_begins(self) -> None:
        self.world.schedules.spans[WEEKENDS] = Span()
        self.settled = False

    @precondition(lambda self: WEEKENDS in self.world.schedules.spans)
    @rule()
    def the_weekend_is_over_for_some_time(self) -> None:
        """The next one is another hold, if only somebody has looked in between."""
        del self.world.schedules.spans[WEEKENDS]
        self.the_reconciler_runs()

    @precondition(lambda self: self.settled)
    @rule()
    def a_person_closes_it(self) -> None:
        self.world.codepipeline.person_closes()
        self.kept_closed_by_a_person = True

    @precondition(lambda self: self.settled and self.world.way.closed)
    @rule()
    def a_person_opens_it(self) -> None:
        ours = self.world.ledger.closed_stage(f"{PIPELINE.key}/{PRODUCTION}") is not None
        self.world.codepipeline.person_opens(by=ANN)
        self.kept_closed_by_a_person = False
        if ours:
            self.overruled |= {hold.id for hold in self.in_force()}
        self.settled = False

    @rule()
    def a_release_arrives(self) -> None:
        self.came += 1
        self.world.codepipeline.arrive(f"e{self.came}")

    @rule()
    def the_stage_is_free_again(self) -> None:
        self.world.codepipeline.leave()

    @rule(hours=st.sampled_from([1, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.world.clock.advance(timedelta(hours=hours))
        self.settled = False

    @rule(number=st.integers(0, 12), after=st.booleans())
    def the_reconciler_dies(self, number: int, after: bool) -> None:
        with self.crashes.at(number, after=after):
            self._apply()

    @rule()
    def the_reconciler_runs(self) -> None:
        self._apply()
        self.settled = True
        in_force = {hold.id for hold in self.in_force()}
        self.overruled &= in_force

    def _apply(self) -> None:
        self.world.clock.advance(timedelta(minutes=5))
        self.world.apply()

    # What must be so once the reconciler has run

    @invariant()
    def the_switch_is_closed_if_and_only_if_somebody_wants_it_so(self) -> None:
        if not self.settled:
            return
        wanted = [hold for hold in self.in_force() if hold.id not in self.overruled]
        closed = bool(wanted) or self.kept_closed_by_a_person
        assert self.world.way.closed is closed, (wanted, self.kept_closed_by_a_person)

    @invariant()
    def what_is_closed_by_us_is_in_the_ledger(self) -> None:
        way = self.world.way
        if way.closed and way.by == SESSION:
            assert self.world.ledger.closed_stage(f"{PIPELINE.key}/{PRODUCTION}") is not None


HoldMachine.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestHoldsInAnyOrder: Any = HoldMachine.TestCase
