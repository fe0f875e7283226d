"""Every picture of docs/messages, in the order of a release's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from signalbox.domain.failures import FailedTest, Failure
from signalbox.domain.gates import Choice, Settlement, TestResult, Verdict
from signalbox.domain.incidents import IncidentStatus
from signalbox.domain.states import ExecutionState
from signalbox.domain.sweeps import Judgement, Sweep, Thing
from signalbox.notifications.view import Headline, ReleaseView

from tools.picture_scenes import (
    ALL,
    APPROVED,
    AT,
    AUTHOR,
    DEPLOY_ERROR,
    FAILED,
    GOOD,
    LOG,
    NEWER,
    ROLLBACK,
    RUNG,
    SUCCEEDED,
    TEST,
    Scene,
    a_vote,
    an_incident,
    decided,
    gate_of,
    release_of,
    with_,
)

BUILT = ("Source", "Build", "Staging")
ASKED = (*BUILT, "Approval")

SAID = "AssertionError: assert 'Hello, Ada.' == 'Hello, Ada!'"
WHY = f"1 of 14 tests failed: {TEST}"
OF_TESTS = Failure(
    stage="Build",
    action="BuildAndTest",
    why=WHY,
    failing=(FailedTest(name=TEST, message=SAID),),
    log=LOG,
    log_url="https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
    "#logsV2:log-groups/log-group/$252Faws$252Fcodebuild$252Fhello/log-events/1",
    report="arn:aws:codebuild:eu-west-1:123456789012:report/hello-tests:8f1e",
    url="https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/projects/hello/build/hello",
    error_code="JobFailed",
)
OF_DEPLOY = Failure(
    stage="Production",
    action="Deploy",
    why=DEPLOY_ERROR,
    url="https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/hello",
    error_code="JobFailed",
)
NO = decided(
    Verdict.REJECTED,
    Settlement.REJECTED,
    a_vote(Choice.REJECT),
    reason="Amir Approver (U0AMIR0002): The changelog is missing",
)
LATE = decided(Verdict.EXPIRED, Settlement.REJECTED, reason="nobody answered in time")
TESTS_FAILED = with_(
    release_of("Source", then="Build", state=FAILED),
    failure=OF_TESTS.line,
    failures=(OF_TESTS,),
    tests=TestResult(passed=13, failed=1, failing=(TEST,)),
    author_user=AUTHOR,
)
REJECTED = with_(release_of(*BUILT, then="Approval", state=FAILED), author_user=AUTHOR)
WELL = with_(release_of(*ALL, state=SUCCEEDED), gates=(APPROVED,))
ENDED = {"rungs": (RUNG,), "closed_at": AT + timedelta(minutes=16, seconds=40)}
BACK = an_incident(
    IncidentStatus.ROLLED_BACK,
    rollback_execution=ROLLBACK,
    evidence="production answers 3 of 3 calls with 200 from version 41 (commit 9c2a6d1)",
    **ENDED,
)
STUCK = an_incident(
    IncidentStatus.NEEDS_A_HUMAN,
    evidence="AWS refused stage-rollback (UnableToRollbackStageException): the pipeline's "
    "structure has changed since",
    **ENDED,
)
BAD = with_(WELL, author_user=AUTHOR)


def _resumed() -> ReleaseView:
    view = release_of("Source", then="Build")
    stage = replace(view.release.stages[-1], state=ExecutionState.RESUMED, attempt=2)
    stages = (*view.release.stages[:-1], stage)
    again = replace(view.release, state=ExecutionState.RESUMED, attempt=2, stages=stages)
    return with_(view, release=again)


def _unknown() -> ReleaseView:
    view = release_of("Source")
    return with_(view, release=replace(view.release, state=ExecutionState.UNKNOWN))


def _thing(number: int, *, delete: bool, why: str) -> Judgement:
    arn = f"arn:aws:lambda:eu-west-1:123456789012:function:hello-production:{number}"
    return Judgement(thing=Thing(kind="lambda-version", id=arn), delete=delete, why=why)


SWEEP = Sweep(
    id="s-1",
    service="hello",
    at=AT,
    judgements=(
        _thing(37, delete=True, why="older than the last 3 good releases, nothing uses it"),
        _thing(38, delete=True, why="older than the last 3 good releases, nothing uses it"),
        _thing(41, delete=False, why="in use: the way back of release 4be1f07"),
        _thing(42, delete=False, why="in use: alias live"),
    ),
)

RUNNING = release_of("Source", "Build", then="Staging")
STATES = {
    Headline.RUNNING: ("Running", "Each stage with its times, and what runs now.", RUNNING),
    Headline.WAITING: (
        "Waiting for approval",
        "What would ship, what checks it, the way back, and the buttons.",
        with_(release_of(*BUILT, then="Approval"), gates=(gate_of(),)),
    ),
    Headline.REJECTED: (
        "Rejected",
        "Who said no and why; the author is mentioned.",
        with_(REJECTED, gates=(NO,)),
    ),
    Headline.FAILED: (
        "Failed, with the failing test",
        "The failing test's name and what it said, with links to log and report.",
        TESTS_FAILED,
    ),
    Headline.RESUMED: ("Running again", "After a retry the attempt is counted.", _resumed()),
    Headline.STOPPING: (
        "Stopping",
        "Somebody has stopped it; what runs may still finish.",
        release_of("Source", then="Build", state=ExecutionState.STOPPING),
    ),
    Headline.STOPPED: (
        "Stopped",
        "It ended before its time.",
        release_of("Source", then="Build", state=ExecutionState.STOPPED),
    ),
    Headline.CANCELED: (
        "Canceled",
        "CodePipeline gave it up.",
        release_of("Source", state=ExecutionState.CANCELED),
    ),
    Headline.SUPERSEDED: (
        "Superseded",
        "A newer release took its place, and which.",
        with_(release_of(*BUILT, state=ExecutionState.SUPERSEDED), superseded_by=NEWER),
    ),
    Headline.RELEASED: ("Released", "The whole story in one message.", WELL),
    Headline.ALARM: (
        "Alarm",
        "An alarm fired soon after the release.",
        with_(BAD, author_user="", incidents=(an_incident(IncidentStatus.OPEN),)),
    ),
    Headline.ROLLING_BACK: (
        "Being rolled back",
        "From which execution to which.",
        with_(BAD, incidents=(an_incident(IncidentStatus.ROLLING_BACK, rungs=(RUNG,)),)),
    ),
    Headline.ROLLED_BACK: (
        "Rolled back",
        "With the evidence, and the stage held.",
        with_(BAD, incidents=(BACK,)),
    ),
    Headline.NEEDS_A_HUMAN: (
        "Needs a human",
        "Signalbox has done what it could, and says what stopped it.",
        with_(BAD, incidents=(STUCK,)),
    ),
    Headline.UNKNOWN: (
        "Unknown",
        "CodePipeline named a state that Signalbox does not know.",
        _unknown(),
    ),
}
"""The message under each headline."""

NAMES = {headline: headline.name.lower().replace("_", "-") for headline in Headline}


def scenes() -> list[Scene]:
    """All of them: one for each headline, and those that one headline has more than one of."""
    told = [
        Scene(name=NAMES[headline], title=title, words=words, view=view)
        for headline, (title, words, view) in STATES.items()
    ]
    return [
        *told,
        Scene(
            name="approved",
            title="Approved",
            words="Who approved it, and it goes on.",
            view=with_(release_of(*ASKED, then="Production"), gates=(APPROVED,)),
        ),
        Scene(
            name="expired",
            title="Expired",
            words="Nobody answered in time, which means no.",
            view=with_(REJECTED, gates=(LATE,)),
        ),
        Scene(
            name="failed-deploy",
            title="Failed deployment",
            words="The deployment's own error, with a link to where it ran.",
            view=with_(
                release_of(*ASKED, then="Production", state=FAILED),
                gates=(APPROVED,),
                failure=OF_DEPLOY.line,
                failures=(OF_DEPLOY,),
                author_user=AUTHOR,
            ),
        ),
        Scene(
            name="a-rollback",
            title="A rollback by hand",
            words="A person rolled a stage back in CodePipeline: from where to where.",
            view=with_(
                release_of("Production", state=SUCCEEDED), kind="ROLLBACK", rollback_target=GOOD
            ),
        ),
        Scene(
            name="failure-thread",
            title="The thread of a failure",
            words="The end of the log, where to look, and what to do next.",
            view=TESTS_FAILED,
            thread=True,
        ),
        Scene(
            name="approval-thread",
            title="The thread of an approval",
            words="The question with every commit, and who decided and why.",
            view=with_(REJECTED, gates=(NO,)),
            thread=True,
        ),
        Scene(
            name="rollback-thread",
            title="The thread of a rollback",
            words="What fired, the way back, and the evidence.",
            view=with_(BAD, gates=(), incidents=(BACK,)),
            thread=True,
        ),
        Scene(
            name="cleanup",
            title="Cleanup",
            words="What would be deleted, and why the rest is kept.",
            sweep=SWEEP,
        ),
    ]
