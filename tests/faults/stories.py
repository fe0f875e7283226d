"""Short stories of a release, each told up to the point where the sweep begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.gates import Choice, Dossier, Gate, GateStatus, TestResult, Vote
from signalbox.policies.judge import shown_now
from signalbox.runtime.wiring import World as Ports
from signalbox.usecases.effects_of_gates import announcement, decision

from sandbox.engine.events import instant
from sandbox.engine.executions import ActionResult, Status
from sandbox.engine.refusals import Refusal
from sandbox.engine.validation import check_request
from sandbox.engine.wire.codepipeline import CodePipelineApi
from tests.fakes import ACCOUNT, PIPELINE, REGION, ReleaseId
from tests.faults.injection import Fake
from tests.unit.engine.engine_world import CALLER, World, hello

BUILD = "hello:00000000-aaaa-4bbb-8ccc-000000000001"
REPORT = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:report/hello-tests:1"
AUTHOR = {
    "CommitId": "abc",
    "CommitMessage": "Say hello",
    "AuthorEmail": "ann@example.com",
    "AuthorDisplayName": "Ann",
}
GATE = "9" * 32
TASK_TOKEN = "task-token"


@dataclass
class WaitingMachine:
    """An approval's machine that waits for its verdict, once, and settles the gate then."""

    told: list[str] = field(default_factory=list)
    settle: Callable[[], None] = lambda: None

    def answer(
        self, operation: str, request: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, Any]] | None:
        """SendTaskSuccess; the rest of Step Functions is moto's."""
        if operation != "SendTaskSuccess":
            return None
        check_request("stepfunctions", operation, request)
        if self.told:
            return 400, {"__type": "TaskTimedOut", "message": "it has gone on"}
        self.settle()
        self.told.append(str(request["output"]))
        return 200, {}


@dataclass(frozen=True, kw_only=True)
class Story:
    """``before`` was heard; ``said`` comes while calls fail. ``prepare`` writes what else stands.

    With ``reconciling`` the schedule is what works under faults, not the queues alone.
    """

    name: str
    now: datetime
    fakes: Mapping[str, Fake]
    before: Iterable[Mapping[str, Any]]
    said: Iterable[Mapping[str, Any] | str] = ()
    prepare: Callable[[Ports], None] = lambda _: None
    reconciling: bool = False
    machine: WaitingMachine


def a_release_begins() -> Story:
    engine = _engine()
    engine.start()
    return _story("a release begins", engine, heard=0)


def a_release_asks_for_approval() -> Story:
    engine = _up_to("Approval")
    return _story("a release asks for approval", engine, heard=-1)


def a_release_fails() -> Story:
    engine = _up_to("Build")
    engine.clock.advance(seconds=3)
    heard = len(engine.kept.events)
    failure = ActionResult.failure("JobFailed", "exit status 1", external_id=BUILD)
    engine.workers.end(engine.open_run("Build"), failure)
    return _story("a release fails", engine, heard=heard)


def an_alarm_fires() -> Story:
    engine = _engine()
    alarm = _alarm(engine.clock.at)
    return _story("an alarm fires", engine, heard=0, instead=[alarm])


def a_verdict_is_given() -> Story:
    engine = _up_to("Approval")
    gate = _gate(engine)

    def prepare(ports: Ports) -> None:
        _open(gate, ports)
        vote = Vote(
            principal="slack:T1:U2BO",
            name="bo",
            choice=Choice.APPROVE,
            at=engine.clock.at,
            shown_digest=_shown(gate, ports).shown_digest,
        )
        effect = decision(gate, "vote-U2BO", engine.clock.at)
        ports.gates.vote(gate.id, vote, [effect])
        ports.bells.ring(effect)

    return _story("a verdict is given", engine, heard=len(engine.kept.events), prepare=prepare)


def events_get_lost() -> Story:
    """At the full hour, so that heads are anchored; a gate has expired, a bell was not heard."""
    engine = _up_to("Approval")
    gate = _gate(engine)
    unheard = Effect(
        kind=EffectKind.ANCHOR_AUDIT,
        subject=f"release#{gate.release.key}",
        key="unheard",
        created_at=engine.clock.at,
        payload={"release": gate.release.key},
    )

    def prepare(ports: Ports) -> None:
        _open(gate, ports)
        ports.effects.add([unheard])
        ports.anchoring.note_anchored(engine.clock.at - timedelta(minutes=1))

    story = _story("events get lost", engine, heard=-1, instead=[], prepare=prepare)
    at_the_full_hour = engine.clock.at.replace(minute=56) + timedelta(hours=1)
    return replace(story, now=at_the_full_hour, reconciling=True)


def an_event_makes_no_sense() -> Story:
    engine = _engine()
    return _story("an event makes no sense", engine, heard=0, instead=["{not json"])


STORIES = {
    told.__name__: told
    for told in (
        a_release_begins,
        a_release_asks_for_approval,
        a_release_fails,
        an_alarm_fires,
        a_verdict_is_given,
        events_get_lost,
        an_event_makes_no_sense,
    )
}


def _engine(second: str = "Build") -> World:
    """A pipeline as short as one can be, its source and one stage more: every fact costs calls."""
    stages = [one for one in hello()["stages"] if one["name"] in {"Source", second}]
    return World(hello(stages=stages))


def _up_to(stage: str) -> World:
    """A release that has come as far as that stage."""
    engine = _engine(stage)
    engine.start()
    engine.clock.advance(seconds=3)
    result = ActionResult(status=Status.SUCCEEDED, output_variables=AUTHOR)
    engine.workers.end(engine.open_run("Source"), result)
    return engine


def _story(
    name: str,
    engine: World,
    *,
    heard: int,
    instead: Iterable[Mapping[str, Any] | str] | None = None,
    prepare: Callable[[Ports], None] = lambda _: None,
) -> Story:
    events = [_on_the_bus(event) for event in engine.kept.events]
    machine = WaitingMachine()
    return Story(
        name=name,
        now=engine.clock.at + timedelta(minutes=6),
        fakes=_fakes(engine, machine),
        before=events[:heard],
        said=events[heard:] if instead is None else instead,
        prepare=prepare,
        machine=machine,
    )


def _gate(engine: World) -> Gate:
    execution = next(iter(engine.pipeline.executions.values()))
    return Gate(
        id=GATE,
        release=ReleaseId(pipeline=PIPELINE, execution=execution.id),
        stage="Approval",
        action="Approve",
        action_execution_id=engine.open_run("Approval").id,
        status=GateStatus.OPEN,
        opened_at=engine.clock.at,
        expires_at=engine.clock.at + timedelta(minutes=30),
        dossier=Dossier(revision="abc", artifact_digest="d1", tests=TestResult(passed=3)),
        shown_digest="",
    )


def _shown(gate: Gate, ports: Ports) -> Gate:
    """The gate with the digest of what is shown under the policy in force."""
    policy = ports.policies.policy_for(gate.release.pipeline, gate.stage)
    return replace(gate, shown_digest=shown_now(gate, policy))


def settle(ports: Ports) -> None:
    """What the machine does with a verdict in the end: the gate is settled, and that is told."""
    gate = ports.gates.gate(GATE)
    assert gate is not None
    now = ports.clock.now()
    told = announcement(gate.release, f"settled-{gate.id}", now)
    ports.gates.settle(gate.id, str(gate.verdict), now, [told])
    ports.bells.ring(told)


def _open(gate: Gate, ports: Ports) -> None:
    ports.gates.claim_gate(gate.release, gate.action_execution_id, gate.id)
    ports.gates.open_gate(_shown(gate, ports), [])
    ports.clients.own("dynamodb").update_item(  # as the machine does by itself
        TableName="ledger",
        Key={"pk": {"S": f"gate#{gate.id}"}, "sk": {"S": "gate"}},
        UpdateExpression="SET task_token = :token",
        ExpressionAttributeValues={":token": {"S": TASK_TOKEN}},
    )


def _on_the_bus(event: Mapping[str, Any]) -> dict[str, Any]:
    envelope = {"version": "0", "account": ACCOUNT, "region": REGION}
    moment = instant(event["time"].replace(microsecond=0))
    said: dict[str, Any] = json.loads(json.dumps({**envelope, **event, "time": moment}))
    return said


def _alarm(at: datetime) -> dict[str, Any]:
    def state(value: str) -> dict[str, str]:
        return {"value": value, "reason": "errors", "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"}

    name = "hello-production-errors"
    return {
        "version": "0",
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": ACCOUNT,
        "region": REGION,
        "time": instant(at),
        "resources": [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"],
        "detail": {"alarmName": name, "state": state("ALARM"), "previousState": state("OK")},
    }


def _fakes(engine: World, machine: WaitingMachine) -> dict[str, Fake]:
    """The sandbox's CodePipeline, a CodeBuild with one build, and the machine that waits."""
    api = CodePipelineApi(pipelines=engine.pipelines, interventions=engine.interventions)

    def codepipeline(operation: str, request: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        try:
            checked = check_request("codepipeline", operation, request)
            return 200, api.answer(operation, checked, CALLER)
        except Refusal as refusal:
            return refusal.status, {"__type": refusal.code, "message": refusal.message}

    def logs(operation: str, request: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        check_request("logs", operation, request)
        return 200, {"events": [{"timestamp": 1, "message": "FAILED test_it_says_hello"}]}

    def codebuild(operation: str, request: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        check_request("codebuild", operation, request)
        return 200, BUILDS[operation]

    return {
        "codepipeline": codepipeline,
        "codebuild": codebuild,
        "cloudwatch-logs": logs,
        "sfn": machine.answer,
    }


BUILDS: Mapping[str, Mapping[str, Any]] = {
    "BatchGetBuilds": {
        "builds": [
            {
                "id": BUILD,
                "arn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{BUILD}",
                "buildStatus": "FAILED",
                "startTime": datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp(),
                "reportArns": [REPORT],
                "phases": [],
                "logs": {"groupName": "/aws/codebuild/hello", "streamName": "1"},
            }
        ]
    },
    "BatchGetReports": {
        "reports": [
            {
                "arn": REPORT,
                "type": "TEST",
                "testSummary": {
                    "total": 3,
                    "statusCounts": {"SUCCEEDED": 2, "FAILED": 1},
                    "durationInNanoSeconds": 1,
                },
            }
        ]
    },
    "DescribeTestCases": {"testCases": [{"name": "test_it_says_hello", "status": "FAILED"}]},
}
