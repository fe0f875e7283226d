"""Holds: freezes that keep releases out of a stage, and let them go on by themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signalbox.domain.identity import PipelineId
from signalbox.domain.services import Service

REASON_MARK = "Signalbox holds"
"""How each reason begins that Signalbox gives CodePipeline for a closed stage."""


class Reach(StrEnum):
    """How far a hold reaches."""

    EVERYTHING = "everything"
    ENVIRONMENT = "environment"
    PIPELINE = "pipeline"
    STAGE = "stage"


class HoldSource(StrEnum):
    """Where a hold comes from: a person, a window of a policy, or an incident."""

    PERSON = "person"
    WINDOW = "window"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is held. ``environment`` is a name; ``pipeline`` is a ``PipelineId.key``; ``stage``
    goes with ``pipeline``.
    """

    reach: Reach
    environment: str = ""
    pipeline: str = ""
    stage: str = ""

    @classmethod
    def of_stage(cls, pipeline: PipelineId, stage: str) -> Scope:
        """One stage of one pipeline."""
        return cls(reach=Reach.STAGE, pipeline=pipeline.key, stage=stage)

    @property
    def key(self) -> str:
        """How the ledger and people name it: ``everything``, ``environment:production``,
        ``pipeline:…``, ``stage:…/Production``.
        """
        parts = [self.environment, self.pipeline, self.stage]
        named = "/".join(part for part in parts if part)
        return f"{self.reach.value}:{named}" if named else self.reach.value

    def stages_of(self, service: Service) -> frozenset[str]:
        """The stages of a service that the scope covers: those of its environments, or the one."""
        if self.reach in {Reach.PIPELINE, Reach.STAGE} and self.pipeline != service.pipeline.key:
            return frozenset()
        if self.reach is Reach.STAGE:
            return frozenset({self.stage})
        return frozenset(
            one.stage
            for one in service.environments
            if self.reach is not Reach.ENVIRONMENT or one.name == self.environment
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A freeze, kept until ``until`` (UTC), or until somebody releases it where that is None.

    ``owner`` is who asked for it, for reading; ``principal`` is that person's id.
    """

    id: str
    scope: Scope
    owner: str
    reason: str
    since: datetime
    until: datetime | None = None
    source: HoldSource = HoldSource.PERSON
    principal: str = ""
    incident: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def subject(self) -> str:
        """The ledger's partition of this hold."""
        return f"hold#{self.id}"

    def is_active(self, now: datetime) -> bool:
        """Whether it keeps releases out at that moment."""
        over = self.until is not None and self.until <= now
        return self.ended_at is None and self.since <= now and not over


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedStage:
    """A stage whose way in Signalbox has closed, and must open again when no hold is left.

    ``waiting_for`` says in words what else keeps it closed once no hold is left (a check that
    fails), ``passing`` the execution that a hotfix lets through, from ``passing_at``.
    ``confirmed`` tells that it was seen closed by us since ``since``, ``holds`` the ids of those
    that were in force at the last look. ``overruled`` holds the ids of holds during which somebody
    opened it all the same, at ``overruled_at`` by CodePipeline's clock: it is not closed again for
    them. ``revision`` counts how often it was written when it was
    read: a writer who has not seen the last one writes nothing.
    """

    pipeline: PipelineId
    stage: str
    since: datetime
    reason: str = ""
    waiting_for: str = ""
    passing: str = ""
    passing_at: datetime | None = None
    confirmed: bool = False
    holds: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    overruled_at: datetime | None = None
    revision: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        """How the ledger names it."""
        return f"{self.pipeline.key}/{self.stage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The way into a stage, as CodePipeline shows it.

    ``changed_by`` is the ARN of whoever opened or closed it last; ``waiting`` holds the executions
    in front of it, the newest last, and ``inside`` is the one that runs in the stage and locks it.
    """

    stage: str
    closed: bool = False
    reason: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    waiting: tuple[str, ...] = ()
    inside: str = ""
