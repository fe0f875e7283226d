"""Closes the way into a stage because of holds: noted first, so that it is opened again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from signalbox.domain.holds import REASON_MARK, ClosedStage, Hold
from signalbox.domain.services import Service
from signalbox.usecases.effects_of_holds import pipeline_subject
from signalbox.usecases.needs import HasAudit, HasClock, HasHolds, HasPipelines


class ShuttingPorts(HasHolds, HasPipelines, HasAudit, HasClock, Protocol):
    """What closing a stage because of holds asks of the world."""


def shut_stage(
    service: Service,
    stage: str,
    holds: Sequence[Hold],
    known: ClosedStage | None,
    ports: ShuttingPorts,
    *,
    subject: str = "",
) -> None:
    """Disable the stage's inbound transition. ``known`` is the ledger's word on the stage, or None;
    ``subject`` is the audit's chain, the pipeline's without one.

    Run again after a crash anywhere, it ends the same. Raises AwsUnavailableError where somebody
    else was at work on the stage at the same time.
    """
    before = known or ClosedStage(pipeline=service.pipeline, stage=stage, since=ports.clock.now())
    reason = reason_of(holds)
    noted = ports.holds.note_closed(
        replace(
            before,
            since=ports.clock.now(),
            reason=reason,
            waiting_for="",
            confirmed=False,
            holds=tuple(hold.id for hold in holds),
        )
    )
    details = {
        "pipeline": service.pipeline.arn,
        "stage": stage,
        "reason": reason,
        "holds": [hold.id for hold in holds],
    }
    ports.audit.append(subject or pipeline_subject(service.pipeline), "stage closed", details)
    ports.pipelines.close_stage(service, stage, reason)
    ports.holds.note_closed(replace(noted, confirmed=True))


def reason_of(holds: Sequence[Hold]) -> str:
    """What CodePipeline shows; the adapter makes it fit."""
    if not holds:
        return f"{REASON_MARK} this stage"
    first, more = holds[0], len(holds) - 1
    others = f" and {more} more hold{'s' * (more > 1)}" if more else ""
    return f"{REASON_MARK}: {first.reason} by {first.owner}{others}"
