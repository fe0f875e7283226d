"""A release: one pipeline execution, folded from what was observed of it, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from signalbox.domain.facts import (
    ActionChanged,
    ArtifactLocation,
    Commit,
    PipelineChanged,
    ReleaseFact,
    StageChanged,
)
from signalbox.domain.identity import ReleaseId
from signalbox.domain.states import (
    ACTION_RANK,
    EXECUTION_RANK,
    FINAL_RANK,
    ActionState,
    ExecutionState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of a stage, at its furthest state."""

    name: str
    state: ActionState
    started_at: datetime | None = None
    ended_at: datetime | None = None
    action_execution_id: str = ""
    attempt: int = 1
    category: str = ""
    provider: str = ""
    external_id: str = ""
    external_url: str = ""
    summary: str = ""
    error_code: str = ""
    outputs: tuple[ArtifactLocation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a release, with its actions in the order they started."""

    name: str
    state: ExecutionState = ExecutionState.UNKNOWN
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attempt: int = 1
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The whole of one pipeline execution as far as it is known."""

    id: ReleaseId
    state: ExecutionState = ExecutionState.UNKNOWN
    attempt: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    trigger_type: str = ""
    trigger_detail: str = ""
    commit: Commit | None = None
    stages: tuple[Stage, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether the pipeline execution has ended."""
        return EXECUTION_RANK[self.state] >= FINAL_RANK

    def stage(self, name: str) -> Stage | None:
        """The stage of that name, or None where nothing was heard of it."""
        return next((stage for stage in self.stages if stage.name == name), None)


def fold(release_id: ReleaseId, facts: Iterable[ReleaseFact]) -> Release:
    """Fold observations into a release. The order of ``facts`` does not matter, nor do repeats."""
    release = Release(id=release_id)
    stages: dict[str, Stage] = {}
    actions: dict[tuple[str, str], Action] = {}
    for fact in sorted(facts, key=_canonical_order):
        match fact:
            case PipelineChanged():
                release = _fold_pipeline(release, fact)
            case StageChanged():
                stages[fact.stage] = _fold_stage(
                    stages.get(fact.stage, Stage(name=fact.stage)), fact
                )
            case ActionChanged():
                stages.setdefault(fact.stage, Stage(name=fact.stage))
                key = (fact.stage, fact.action)
                blank = Action(name=fact.action, state=ActionState.UNKNOWN)
                actions[key] = _fold_action(actions.get(key, blank), fact)
    return replace(release, stages=_in_order(stages, actions))


def rank_of(fact: ReleaseFact) -> tuple[int, int]:
    """Where a fact stands in the lattice: its attempt, then the rank of its state."""
    if isinstance(fact, ActionChanged):
        return fact.attempt, ACTION_RANK[fact.state]
    return fact.attempt, EXECUTION_RANK[fact.state]


def _canonical_order(fact: ReleaseFact) -> tuple[int, int, datetime, str]:
    attempt, rank = rank_of(fact)
    return attempt, rank, fact.at, repr(fact)


def _fold_pipeline(release: Release, fact: PipelineChanged) -> Release:
    final = EXECUTION_RANK[fact.state] >= FINAL_RANK
    return replace(
        release,
        state=fact.state,
        attempt=fact.attempt,
        started_at=release.started_at or (None if final else fact.at),
        ended_at=fact.at if final else None,
        trigger_type=fact.trigger_type or release.trigger_type,
        trigger_detail=fact.trigger_detail or release.trigger_detail,
        commit=fact.commit or release.commit,
    )


def _fold_stage(stage: Stage, fact: StageChanged) -> Stage:
    final = EXECUTION_RANK[fact.state] >= FINAL_RANK
    return replace(
        stage,
        state=fact.state,
        attempt=fact.attempt,
        started_at=stage.started_at or (None if final else fact.at),
        ended_at=fact.at if final else None,
    )


def _fold_action(action: Action, fact: ActionChanged) -> Action:
    final = ACTION_RANK[fact.state] >= FINAL_RANK
    return replace(
        action,
        state=fact.state,
        attempt=fact.attempt,
        started_at=action.started_at or (None if final else fact.at),
        ended_at=fact.at if final else None,
        action_execution_id=fact.action_execution_id or action.action_execution_id,
        category=fact.category or action.category,
        provider=fact.provider or action.provider,
        external_id=fact.external_id or action.external_id,
        external_url=fact.external_url or action.external_url,
        summary=fact.summary or action.summary,
        error_code=fact.error_code or action.error_code,
        outputs=fact.outputs or action.outputs,
    )


def _in_order(
    stages: dict[str, Stage], actions: dict[tuple[str, str], Action]
) -> tuple[Stage, ...]:
    def begun(thing: Stage | Action) -> tuple[str, str]:
        moment = thing.started_at or thing.ended_at
        return (moment.isoformat() if moment else "9999", thing.name)

    whole = [
        replace(
            stage,
            actions=tuple(
                sorted(
                    (action for (of, _), action in actions.items() if of == stage.name), key=begun
                )
            ),
        )
        for stage in stages.values()
    ]

    def stage_begun(stage: Stage) -> tuple[str, str]:
        first = min((begun(action)[0] for action in stage.actions), default="9999")
        return (min(begun(stage)[0], first), stage.name)

    return tuple(sorted(whole, key=stage_begun))
