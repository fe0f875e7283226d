"""The facts of the demo's two releases, as CodePipeline's events say them, in order."""

from __future__ import annotations

from datetime import timedelta

from signalbox.domain.facts import (
    ActionChanged,
    AlarmChanged,
    Commit,
    PipelineChanged,
    ReleaseFact,
    StageChanged,
)
from signalbox.domain.identity import AlarmId, ReleaseId
from signalbox.domain.states import ActionState, AlarmState, ExecutionState

from tests.fakes import ACCOUNT, NOW, REGION, release_id

GOOD = release_id("11111111-aaaa-4bbb-8ccc-000000000001")
BAD = release_id("22222222-aaaa-4bbb-8ccc-000000000002")
ROLLBACK = release_id("33333333-aaaa-4bbb-8ccc-000000000003")

ACTIONS = (
    ("Source", "Source", "Source", "CodeStarSourceConnection"),
    ("Build", "BuildAndTest", "Build", "CodeBuild"),
    ("Staging", "Deploy", "Deploy", "Lambda"),
    ("Approval", "Approve", "Approval", "Manual"),
    ("Production", "Deploy", "Deploy", "Lambda"),
)

ALARM = AlarmChanged(
    alarm=AlarmId(account=ACCOUNT, region=REGION, name="hello-production-errors"),
    state=AlarmState.ALARM,
    previous=AlarmState.OK,
    at=NOW + timedelta(minutes=30),
    reason="Threshold Crossed",
)


def release_facts(
    release: ReleaseId, *, starts_after: timedelta = timedelta(), stages: tuple[str, ...] = ()
) -> list[ReleaseFact]:
    """Every fact of a release that goes well through ``stages`` (all five, unless given)."""
    moment = NOW + starts_after
    facts: list[ReleaseFact] = []

    def later() -> None:
        nonlocal moment
        moment += timedelta(seconds=1)

    commit = Commit(id=release.execution[:8] * 5, author_name="Ada", author_email="ada@b.c")
    facts.append(
        PipelineChanged(release=release, state=ExecutionState.STARTED, at=moment, commit=commit)
    )
    for stage, action, category, provider in ACTIONS:
        if stages and stage not in stages:
            continue
        for ending in (False, True):
            later()
            states = (ExecutionState.STARTED, ActionState.STARTED)
            if ending:
                states = (ExecutionState.SUCCEEDED, ActionState.SUCCEEDED)
            both: list[ReleaseFact] = [
                StageChanged(release=release, stage=stage, state=states[0], at=moment),
                ActionChanged(
                    release=release,
                    stage=stage,
                    action=action,
                    state=states[1],
                    at=moment,
                    action_execution_id=f"{release.execution[:8]}-{stage}",
                    category=category,
                    provider=provider,
                ),
            ]
            facts += reversed(both) if ending else both
    later()
    facts.append(PipelineChanged(release=release, state=ExecutionState.SUCCEEDED, at=moment))
    return facts


def demo_facts() -> list[ReleaseFact]:
    """A good release, a bad one that goes through as well, and the rollback of production."""
    return [
        *release_facts(GOOD),
        *release_facts(BAD, starts_after=timedelta(minutes=20)),
        *release_facts(ROLLBACK, starts_after=timedelta(minutes=31), stages=("Production",)),
    ]
