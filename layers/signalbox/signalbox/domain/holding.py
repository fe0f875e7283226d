"""What is to be done about one stage: pure, and the same however often it is asked.

One switch in CodePipeline serves all holds and every person. Signalbox opens what it has closed
itself and nobody has closed since, and does not close again what a person has opened meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from signalbox.domain.holds import REASON_MARK, ClosedStage, Hold, Transition
from signalbox.domain.services import Service

GO_IN_WITHIN = timedelta(minutes=2)
"""So long may CodePipeline take to let in what waits at a stage that was opened."""

RESUMES_FOR = timedelta(days=29)
"""CodePipeline does not resume what has waited at a closed stage for 30 days (user guide,
"Disable or enable transitions"); a day less, since only what still waits is started again."""


class Step(StrEnum):
    """What one look at a stage calls for. ``KEEP``: it is closed, by us, and stays so.
    ``STAND_BACK``: a person has opened it. ``LEAVE``: a person has closed it as well.
    """

    NOTHING = "nothing"
    CLOSE = "close"
    KEEP = "keep"
    STAND_BACK = "stand back"
    OPEN = "open"
    FORGET = "forget"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A stage as CodePipeline shows it, as the ledger knows it, and the holds in force on it.

    ``operator`` is how the ARNs of our own sessions begin. ``may_close`` is False where the policy
    does not enforce.
    """

    transition: Transition
    known: ClosedStage | None
    holds: tuple[Hold, ...]
    operator: str
    now: datetime
    may_close: bool = True

    @property
    def effective(self) -> tuple[Hold, ...]:
        """The holds that nobody has overruled."""
        overruled = self.known.overruled if self.known else ()
        return tuple(hold for hold in self.holds if hold.id not in overruled)

    @property
    def is_ours(self) -> bool:
        """Whether we have closed it, and nobody has since."""
        way = self.transition
        by_us = way.changed_by.startswith(self.operator)
        return way.closed and by_us and way.reason.startswith(REASON_MARK)

    @property
    def opened_by_somebody(self) -> bool:
        """Whether a person has opened what we had closed, and it was not taken note of yet.

        A stage that is open because we died before we closed it was changed before that. What
        nobody is said to have changed was reset, as by an update of the pipeline.
        """
        way, known = self.transition, self.known
        if known is None or way.closed or not way.changed_by or not way.changed_at:
            return False
        if way.changed_by.startswith(self.operator) or way.changed_at == known.overruled_at:
            return False
        return known.confirmed or way.changed_at >= known.since

    @property
    def overruled_now(self) -> tuple[str, ...]:
        """The ids of the holds that were in force when somebody opened it. Of a window by calendar
        nobody knows since when, but whether it was there at the last look.
        """
        opened = self.transition.changed_at or self.now
        seen = (*self.known.holds, *self.known.overruled) if self.known else ()
        return tuple(one.id for one in self.holds if one.id in seen or one.since <= opened)

    @property
    def lets_one_in(self) -> bool:
        """Whether it is open for a hotfix that waits there alone, and was opened a moment ago."""
        way, passing = self.transition, self.known.passing if self.known else ""
        late = way.changed_at is not None and self.now - way.changed_at > GO_IN_WITHIN
        return bool(passing) and not way.closed and way.waiting == (passing,) and not late


def operator_sessions(service: Service) -> str:
    """How the ARNs of our sessions under the service's operator role begin.

    ``arn:aws:iam::1:role/path/name`` gives ``arn:aws:sts::1:assumed-role/name/signalbox-`` (IAM
    user guide, "IAM identifiers": a session's ARN leaves out the role's path).
    """
    _, partition, _, _, account, role = service.operator_role_arn.split(":", 5)
    return f"arn:{partition}:sts::{account}:assumed-role/{role.rpartition('/')[2]}/signalbox-"


def step_for(seen: Situation) -> Step:
    """What is to be done now."""
    return _of_closed(seen) if seen.transition.closed else _of_open(seen)


def _of_closed(seen: Situation) -> Step:
    if seen.effective:
        return Step.KEEP if seen.is_ours else Step.NOTHING
    if seen.known is None:
        return Step.NOTHING  # whoever closed it, we do not know of it
    if seen.is_ours:
        return Step.OPEN
    return Step.NOTHING if seen.holds else Step.LEAVE


def _of_open(seen: Situation) -> Step:
    if seen.opened_by_somebody and seen.effective:
        return Step.STAND_BACK
    if not seen.effective:
        return Step.FORGET if seen.known and not seen.holds else Step.NOTHING
    if seen.lets_one_in:
        return Step.NOTHING
    lets_through = seen.known is not None and seen.known.passing
    return Step.CLOSE if seen.may_close or lets_through else Step.NOTHING


def has_waited_too_long(known: ClosedStage, transition: Transition) -> bool:
    """Whether what still waits at a stage that is open by now will not go on by itself."""
    opened = transition.changed_at
    if transition.closed or not transition.waiting or opened is None:
        return False
    return opened - known.since >= RESUMES_FOR
