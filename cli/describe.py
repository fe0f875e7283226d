"""What Signalbox would do about a fact, in one plain sentence."""

from __future__ import annotations

from typing import assert_never

from signalbox.domain.facts import (
    ActionChanged,
    AlarmChanged,
    ApiCalled,
    ApprovalAsked,
    BuildChanged,
    DeploymentChanged,
    Fact,
    Ignored,
    ImageScanned,
    PipelineChanged,
    StageChanged,
)
from signalbox.domain.states import ActionCategory, ActionState, AlarmState, ExecutionState


def describe(fact: Fact) -> str:
    """The sentence for one fact, taken for news: what is a day late is recorded, not announced.

    What depends on policy or on registered services is said as a condition.
    """
    match fact:
        case PipelineChanged():
            return _pipeline(fact)
        case StageChanged():
            state = _state(fact.state, fact.raw_state)
            return f"Record that stage {fact.stage} {state}, and update the release's message."
        case ActionChanged():
            return _action(fact)
        case AlarmChanged():
            return _alarm(fact)
        case BuildChanged():
            what = f"phase {fact.phase} of build" if fact.phase else "build"
            state = _state(fact.status, fact.raw_status)
            return f"Record only: {what} {fact.build_id} {state}."
        case DeploymentChanged():
            part = f" ({fact.part})" if fact.part else ""
            state = _state(fact.state, fact.raw_state)
            of = f" {fact.deployment_id}" if fact.deployment_id else ""
            return f"Record only: deployment{of}{part} of {fact.target} {state}."
        case ImageScanned():
            found = ", ".join(f"{count} {severity}" for severity, count in fact.findings.items())
            return f"Record only: a scan of {fact.repository} found {found or 'nothing'}."
        case ApprovalAsked():
            return (
                f"Nothing yet: {fact.pipeline.name} asks for approval in stage {fact.stage}, but"
                " the message names no execution; the event of the action starts the approval."
            )
        case ApiCalled():
            done = f"{fact.call} on {fact.pipeline.name} by {fact.by or 'somebody'}"
            if fact.error:
                return f"Record only: {done}, which AWS refused ({fact.error})."
            return f"Record {done}; where that was not Signalbox and its policy enforces, say so."
        case Ignored():
            return f"Nothing: {fact.reason}."
    assert_never(fact)


def _pipeline(fact: PipelineChanged) -> str:
    release = f"{fact.release.pipeline.name} execution {fact.release.execution}"
    if fact.state is ExecutionState.STARTED:
        return f"Record that {release} started, and post the release's message."
    state = _state(fact.state, fact.raw_state)
    return f"Record that {release} {state}, and update the release's message."


def _action(fact: ActionChanged) -> str:
    where = f"action {fact.action} of stage {fact.stage}"
    approves = fact.category == ActionCategory.APPROVAL or fact.provider == "Manual"
    if approves and fact.state is ActionState.STARTED:
        if not fact.action_execution_id:
            return f"Record that {where} asks for approval: its event is too old to name which one."
        return f"Start the approval of {where}: open a gate and ask in the release's message."
    if fact.state is ActionState.FAILED:
        return f"Record that {where} failed, and say why in the release's message."
    state = _state(fact.state, fact.raw_state)
    return f"Record that {where} {state}, and update the release's message."


def _alarm(fact: AlarmChanged) -> str:
    name = fact.alarm.name
    if fact.state is not AlarmState.ALARM:
        return f"Record only: alarm {name} is {_raw(fact.state, fact.raw_state)}."
    if fact.suppressed_by:
        return f"Record only: alarm {name} fires, suppressed by {fact.suppressed_by}."
    return (
        f"Start a rollback if a registered service lists alarm {name} and has lately deployed;"
        " else record only."
    )


def _state(state: str, raw: str) -> str:
    word = _raw(state, raw)
    return f"is in a state unknown here ({word})" if state == "UNKNOWN" else f"is now {word}"


def _raw(state: str, raw: str) -> str:
    return raw if state == "UNKNOWN" and raw else state
