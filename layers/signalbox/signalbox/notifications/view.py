"""What a message is rendered from, and the one word that sums it up."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from signalbox.domain.facts import Commit
from signalbox.domain.failures import Failure
from signalbox.domain.gates import Gate, GateKind, GateStatus, TestResult
from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.domain.policy import Policy
from signalbox.domain.releases import Action, Release, Stage
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.notifications.routes import Moment
from signalbox.policies.outcome import Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """A gate under the policy in force, and what its votes amount to at present.

    ``reminders`` counts those whose time has come, ``escalated`` holds the Slack ids of those who
    are called because nobody has answered. ``calls`` are the Slack ids of those who may approve and
    have not voted.
    """

    gate: Gate
    weighed: Weighed
    policy: Policy = field(default_factory=Policy)
    reminders: int = 0
    escalated: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """Everything the message of one release says.

    ``failure`` is the one line that says why it failed, ``failures`` what was found of each failed
    run of an action. ``author_user`` is the Slack id of the commit's author, where the message
    should mention him and Slack knows him. ``rollback_target`` and ``superseded_by`` are execution
    ids of the same pipeline.
    """

    release: Release
    service: str
    commit: Commit = field(default_factory=Commit)
    kind: str = ""
    failure: str = ""
    failures: tuple[Failure, ...] = ()
    author_user: str = ""
    rollback_target: str = ""
    superseded_by: str = ""
    tests: TestResult | None = None
    gates: tuple[GateView, ...] = ()
    incidents: tuple[Incident, ...] = ()

    @property
    def short_commit(self) -> str:
        """The commit as people write it, or the execution where there is no commit."""
        return (self.commit.id or self.release.id.execution)[:7]


class Headline(StrEnum):
    """The state of a release in one word."""

    RUNNING = "running"
    RESUMED = "running again"
    STOPPING = "stopping"
    STOPPED = "stopped"
    CANCELED = "canceled"
    SUPERSEDED = "superseded by a newer one"
    FAILED = "failed"
    RELEASED = "released"
    UNKNOWN = "in a state unknown to Signalbox"
    WAITING = "waits for approval"
    REJECTED = "rejected"
    ALARM = "alarm, being looked at"
    ROLLING_BACK = "is being rolled back"
    ROLLED_BACK = "rolled back"
    NEEDS_A_HUMAN = "needs a human"


EMOJI: dict[Headline, str] = {
    Headline.RUNNING: "🚂",
    Headline.RESUMED: "🚂",
    Headline.STOPPING: "🛑",
    Headline.STOPPED: "🛑",
    Headline.CANCELED: "⚪",
    Headline.SUPERSEDED: "⏭️",
    Headline.FAILED: "❌",
    Headline.RELEASED: "✅",
    Headline.UNKNOWN: "❔",
    Headline.WAITING: "✋",
    Headline.REJECTED: "⛔",
    Headline.ALARM: "🔔",
    Headline.ROLLING_BACK: "⏪",
    Headline.ROLLED_BACK: "⏪",
    Headline.NEEDS_A_HUMAN: "🚨",
}

OF_STATE: dict[ExecutionState, Headline] = {
    ExecutionState.UNKNOWN: Headline.UNKNOWN,
    ExecutionState.STARTED: Headline.RUNNING,
    ExecutionState.RESUMED: Headline.RESUMED,
    ExecutionState.STOPPING: Headline.STOPPING,
    ExecutionState.STOPPED: Headline.STOPPED,
    ExecutionState.CANCELED: Headline.CANCELED,
    ExecutionState.SUPERSEDED: Headline.SUPERSEDED,
    ExecutionState.FAILED: Headline.FAILED,
    ExecutionState.SUCCEEDED: Headline.RELEASED,
}

OF_INCIDENT: dict[IncidentStatus, Headline | None] = {
    IncidentStatus.OPEN: Headline.ALARM,
    IncidentStatus.ROLLING_BACK: Headline.ROLLING_BACK,
    IncidentStatus.ROLLED_BACK: Headline.ROLLED_BACK,
    IncidentStatus.NEEDS_A_HUMAN: Headline.NEEDS_A_HUMAN,
    IncidentStatus.NOT_OURS: None,
}

_MAILED: dict[Headline, Moment] = {
    Headline.FAILED: Moment.FAILED,
    Headline.ROLLED_BACK: Moment.ROLLED_BACK,
    Headline.NEEDS_A_HUMAN: Moment.NEEDS_A_HUMAN,
}


_BAD = {
    Headline.FAILED,
    Headline.REJECTED,
    Headline.ROLLING_BACK,
    Headline.ROLLED_BACK,
    Headline.NEEDS_A_HUMAN,
}


def headline(view: ReleaseView) -> Headline:
    """The word that matters most: what an incident says, else a gate, else the pipeline."""
    for incident in reversed(view.incidents):
        of_incident = OF_INCIDENT[incident.status]
        if of_incident:
            return of_incident
    for each in view.gates:
        if stuck(view, each.gate):
            return Headline.NEEDS_A_HUMAN
        if _asks_people(each.gate) and not view.release.is_final:
            return Headline.WAITING
    if view.release.state is ExecutionState.FAILED and any(map(_refused, view.gates)):
        return Headline.REJECTED
    return OF_STATE[view.release.state]


def _asks_people(gate: Gate) -> bool:
    return gate.status is GateStatus.OPEN and gate.kind is not GateKind.OBSERVED


def stuck(view: ReleaseView, gate: Gate) -> bool:
    """Whether a verdict was reached and AWS would not take it from Signalbox."""
    return gate.status is GateStatus.DECIDED and bool(view.failure) and not view.release.is_final


def failed_actions(view: ReleaseView) -> list[tuple[Stage, Action]]:
    """What made a failed release fail; a rejected approval that has a gate is told with that."""
    if view.release.state is not ExecutionState.FAILED:
        return []
    gated = {each.gate.action_execution_id for each in view.gates}
    backwards = reversed(view.release.stages)
    stage = next((one for one in backwards if any(map(_failed, one.actions))), None)
    if stage is None:
        return []
    return [
        (stage, action)
        for action in stage.actions
        if _failed(action) and action.action_execution_id not in gated
    ][:3]


def current_failures(view: ReleaseView) -> list[Failure]:
    """The failures that hold now, not those that a retry has overcome; what is known of each."""
    known = {failure.key: failure for failure in view.failures}
    unread = [
        Failure(
            stage=stage.name,
            action=action.name,
            attempt=action.attempt,
            why=action.summary or action.error_code,
            url=action.external_url,
            error_code=action.error_code,
        )
        for stage, action in failed_actions(view)
    ]
    return [known.get(failure.key, failure) for failure in unread]


def went_badly(view: ReleaseView) -> bool:
    """Whether the author should hear of it: failed, rejected, or rolled back."""
    incidents = any(OF_INCIDENT[one.status] in _BAD for one in view.incidents)
    return incidents or any(map(_refused, view.gates)) or headline(view) in _BAD


def moment(view: ReleaseView) -> Moment:
    """What there is to say now, which picks the route."""
    return _MAILED.get(headline(view), Moment.PROGRESS)


def _refused(each: GateView) -> bool:
    return each.gate.settlement in {"REJECTED", "CHANGED"}


def _failed(action: Action) -> bool:
    return action.state is ActionState.FAILED
