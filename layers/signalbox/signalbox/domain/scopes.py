"""What names a fact of a release: what it speaks of, the attempt and the state."""

from __future__ import annotations

from signalbox.domain.facts import ActionChanged, PipelineChanged, ReleaseFact, StageChanged


def scope_of(fact: ReleaseFact) -> str:
    """What the fact speaks of: the pipeline execution, a stage or an action execution."""
    match fact:
        case PipelineChanged():
            return "pipeline"
        case StageChanged():
            return f"stage/{fact.stage}"
        case ActionChanged():
            return f"action/{fact.stage}/{fact.action}/{fact.action_execution_id}"


def state_of(fact: ReleaseFact) -> str:
    """The state's name; of a state not known here, the name that AWS gave it."""
    unknown = fact.state.value == "UNKNOWN" and fact.raw_state
    return fact.raw_state if unknown else fact.state.value


def subject_of(fact: ReleaseFact) -> str:
    """The ledger's partition of the fact's release."""
    return f"release#{fact.release.key}"


def name_of(fact: ReleaseFact) -> tuple[str, int, str]:
    """What tells two facts of one release apart: scope, attempt and state."""
    return scope_of(fact), fact.attempt, state_of(fact)
