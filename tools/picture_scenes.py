"""The scenes of docs/messages: releases in every state, folded from facts as the ledger folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from signalbox.domain.facts import ActionChanged, Commit, PipelineChanged, ReleaseFact, StageChanged
from signalbox.domain.gates import (
    Change,
    Choice,
    Dossier,
    Gate,
    GateStatus,
    Settlement,
    TestResult,
    Verdict,
    Vote,
)
from signalbox.domain.identity import AlarmId, PipelineId, ReleaseId
from signalbox.domain.incidents import Incident, IncidentStatus, Rung
from signalbox.domain.people import Directory, Person
from signalbox.domain.policy import Policy
from signalbox.domain.releases import fold
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.sweeps import Sweep
from signalbox.notifications.messages import release_message, sweep_message
from signalbox.notifications.thread import replies
from signalbox.notifications.view import GateView, ReleaseView
from signalbox.policies.judge import digest_of
from signalbox.policies.votes import weigh

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "eu-west-1"
PIPELINE = PipelineId(account=ACCOUNT, region=REGION, name="hello")
RELEASE = ReleaseId(pipeline=PIPELINE, execution="3f1c9a52-7d0e-4b1c-9a55-2f6f1f0d9b11")
GOOD = "0b9c77aa-5f4d-4e9a-8f5e-6a2b1c3d4e5f"
ROLLBACK = "c7d81e02-91ab-4c3d-8e4f-5a6b7c8d9e0f"
NEWER = "9e8d7c6b-5a49-4838-a271-605f4e3d2c1b"
AUTHOR, APPROVER = "U0DANA0001", "U0AMIR0002"
PEOPLE = Directory(
    people=(
        Person(
            id="dana",
            name="Dana Author",
            slack=frozenset({AUTHOR}),
            emails=frozenset({"dana@example.com"}),
        ),
        Person(id="amir", name="Amir Approver", slack=frozenset({APPROVER})),
    )
)
COMMIT = Commit(
    id="4be1f07a92c43d7e8f1b6a5c0d9e2f3a4b5c6d7e",
    message="Greet people by name",
    author_name="Dana Author",
    author_email="dana@example.com",
    branch="main",
    repository="example/hello",
)
CHANGES = (
    Change(
        id=COMMIT.id,
        author_name="Dana Author",
        author_email="dana@example.com",
        subject="Greet people by name",
    ),
    Change(
        id="77e0c3519b" + "0" * 30,
        author_name="Dana Author",
        author_email="dana@example.com",
        subject="Say how long a greeting took",
    ),
)
STARTED, SUCCEEDED, FAILED = (
    ExecutionState.STARTED,
    ExecutionState.SUCCEEDED,
    ExecutionState.FAILED,
)
ACTIONS = {
    "Source": ("Source", "Source", "CodeStarSourceConnection", 0, 4),
    "Build": ("BuildAndTest", "Build", "CodeBuild", 5, 71),
    "Staging": ("Deploy", "Deploy", "Lambda", 80, 19),
    "Approval": ("Approve", "Approval", "Manual", 100, 540),
    "Production": ("Deploy", "Deploy", "Lambda", 650, 21),
}
TEST = "test_a_greeting_ends_with_an_exclamation_mark"
LOG = (
    "=================================== FAILURES ===================================",
    f"_______________ {TEST} _______________",
    ">       assert greeting('Ada') == 'Hello, Ada!'",
    "E       AssertionError: assert 'Hello, Ada.' == 'Hello, Ada!'",
    "tests/test_app.py:12: AssertionError",
    "=========================== short test summary info ============================",
    f"FAILED tests/test_app.py::{TEST}",
    "========================= 1 failed, 13 passed in 0.31s =========================",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture: its file's name, its title and a sentence, and the messages that it shows."""

    name: str
    title: str
    words: str
    view: ReleaseView | None = None
    sweep: Sweep | None = None
    thread: bool = False

    def messages(self) -> list[Mapping[str, Any]]:
        """What Signalbox would send: the card, or the replies of its thread, or the report."""
        if self.sweep is not None:
            return [sweep_message(self.sweep)]
        if self.view is None:
            raise ValueError(f"the scene {self.name} shows nothing")
        if self.thread:
            return [reply.message for reply in replies(self.view)]
        return [release_message(self.view)]


def release_of(*through: str, then: str = "", state: ExecutionState = STARTED) -> ReleaseView:
    """A release that got ``through`` stages, is in stage ``then``, and stands at ``state``."""
    facts: list[ReleaseFact] = [PipelineChanged(release=RELEASE, state=STARTED, at=AT)]
    ended = AT
    for stage in (*through, *filter(None, [then])):
        over = stage != then
        outcome = SUCCEEDED if over else FAILED if state is FAILED else None
        facts += _facts_of(stage, outcome)
        ended = max(fact.at for fact in facts)
    if state is not STARTED:
        end = ended + timedelta(seconds=1)
        facts.append(PipelineChanged(release=RELEASE, state=state, at=end))
    release = fold(RELEASE, facts)
    tests = TestResult(passed=14) if "Build" in through else None
    return ReleaseView(
        release=release, service="hello", commit=COMMIT, kind="STANDARD", tests=tests
    )


def _facts_of(stage: str, outcome: ExecutionState | None) -> list[ReleaseFact]:
    name, category, provider, begins, lasts = ACTIONS[stage]
    began = AT + timedelta(seconds=begins)
    action = ActionChanged(
        release=RELEASE,
        stage=stage,
        action=name,
        state=ActionState.STARTED,
        at=began,
        action_execution_id=f"{stage}-1",
        category=category,
        provider=provider,
        external_id={"Source": COMMIT.id, "Build": "hello:1"}.get(stage, ""),
        external_url=_external(stage),
    )
    entered = StageChanged(release=RELEASE, stage=stage, state=STARTED, at=began)
    if outcome is None:
        return [entered, action]
    ended = began + timedelta(seconds=lasts)
    done = replace(action, state=ActionState(outcome.value), at=ended)
    if outcome is FAILED and stage == "Production":
        done = replace(done, summary=DEPLOY_ERROR, error_code="JobFailed")
    return [entered, action, done, replace(entered, state=outcome, at=ended)]


DEPLOY_ERROR = (
    "The deployment d-4QX1 stopped: alarm hello-production-errors is in state ALARM; "
    "traffic is back on version 41"
)


def _external(stage: str) -> str:
    console = f"https://{REGION}.console.aws.amazon.com"
    pages = {
        "Source": f"{console}/codesuite/settings/connections/redirect?connectionArn=arn:aws:"
        f"codeconnections:{REGION}:{ACCOUNT}:connection/1&referenceType=COMMIT"
        f"&FullRepositoryId=example/hello&Commit={COMMIT.id}",
        "Build": f"{console}/codesuite/codebuild/projects/hello/build/hello%3A1",
        "Production": f"{console}/lambda/home?region={REGION}#/functions/hello-production",
    }
    return pages.get(stage, "")


def gate_of(**changes: Any) -> GateView:
    """The approval of the release, asked nine minutes ago."""
    dossier = Dossier(
        revision=COMMIT.id,
        artifact_digest="c1d20ab5f7e3" + "9" * 52,
        tests=TestResult(passed=14),
        changes=CHANGES,
        last_good_revision="9c2a6d1" + "0" * 33,
        rollback_readiness="unknown",
        checks=CHECKS,
    )
    asked = AT + timedelta(seconds=101)
    gate = Gate(
        id="5e" * 16,
        release=RELEASE,
        stage="Approval",
        action="Approve",
        action_execution_id="Approval-1",
        status=GateStatus.OPEN,
        opened_at=asked,
        expires_at=asked + timedelta(hours=24),
        dossier=dossier,
        shown_digest=digest_of(RELEASE.execution, dossier, Policy()),
    )
    gate = replace(gate, **changes)
    return GateView(gate=gate, weighed=weigh(gate, Policy(), PEOPLE))


CHECKS = (
    "pass 14 tests passed",
    "pass no alarm is firing",
    "pass nothing is on hold",
    "pass the artifact is the one that was staged",
)


def a_vote(choice: Choice, *, name: str = "Amir Approver", user: str = APPROVER) -> Vote:
    """Somebody's say on the gate as it was shown."""
    reason = "The changelog is missing" if choice is Choice.REJECT else ""
    shown = gate_of().gate.shown_digest
    return Vote(
        principal=f"slack:T1:{user}",
        name=name,
        choice=choice,
        at=AT + timedelta(seconds=630),
        reason=reason,
        shown_digest=shown,
    )


def decided(verdict: Verdict, settlement: Settlement, *votes: Vote, reason: str = "") -> GateView:
    """The gate after its end."""
    at = AT + timedelta(seconds=640)
    return gate_of(
        status=GateStatus.SETTLED,
        verdict=verdict,
        settlement=settlement.value,
        decided_at=at,
        settled_at=at,
        votes=votes,
        reason=reason,
    )


def an_incident(status: IncidentStatus, **changes: Any) -> Incident:
    """The production alarm, three minutes after the release."""
    known: dict[str, Any] = {
        "id": "i-1",
        "alarm": AlarmId(account=ACCOUNT, region=REGION, name="hello-production-errors"),
        "service": "hello",
        "environment": "production",
        "status": status,
        "opened_at": AT + timedelta(minutes=14),
        "alarm_reason": "Threshold Crossed: 1 datapoint [7.0 (23/11/26 09:43:00)] was greater "
        "than or equal to the threshold (1.0).",
        "release": RELEASE,
        "stage": "Production",
    }
    return Incident(**known | changes)


RUNG = Rung(name="stage-rollback", to_execution=GOOD, to_revision="9c2a6d1" + "0" * 33)
ALL = ("Source", "Build", "Staging", "Approval", "Production")
APPROVED = decided(Verdict.APPROVED, Settlement.APPROVED, a_vote(Choice.APPROVE))


def with_(view: ReleaseView, **changes: Any) -> ReleaseView:
    """The view with other fields."""
    return replace(view, **changes)
