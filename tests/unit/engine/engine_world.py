"""A world for the engine without MiniStack: a set clock, kept events, actions that a test ends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.engine.conductor import ActionOrder, Conductor
from sandbox.engine.events import PipelineEvents
from sandbox.engine.executions import ActionResult, ActionRun, Execution, Status, Trigger
from sandbox.engine.interventions import Interventions
from sandbox.engine.pipelines import Pipelines

ROLE = "arn:aws:iam::123456789012:role/pipeline"
CALLER = "arn:aws:sts::123456789012:assumed-role/operator/signalbox"
MANUAL = Trigger(type="StartPipelineExecution", detail=CALLER)
STAGES = ("Source", "Build", "Staging", "Approval", "Production")


class SetClock:
    """A clock that moves when a test says so, or when somebody sleeps."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        self.slept = 0.0

    def now(self) -> datetime:
        return self.at

    def scaled(self, aws_seconds: float) -> float:
        return aws_seconds

    def sleep(self, aws_seconds: float) -> None:
        self.slept += aws_seconds

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class KeptEvents:
    """An `Emit` that keeps what it is given."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self,
        *,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str],
        time: datetime | None = None,
    ) -> None:
        self.events.append(
            {
                "source": source,
                "detail-type": detail_type,
                "detail": dict(detail),
                "resources": list(resources),
                "time": time,
            }
        )

    def lines(self, execution_id: str | None = None) -> list[str]:
        """One line per event: `STATE pipeline`, `STATE Stage` or `STATE Stage/Action`."""
        said = []
        for event in self.events:
            detail = event["detail"]
            if execution_id in (None, detail["execution-id"]):
                where = "/".join(filter(None, (detail.get("stage"), detail.get("action"))))
                said.append(f"{detail['state']} {where or 'pipeline'}")
        return said


class HeldWorkers:
    """Workers whose actions end when a test ends them."""

    def __init__(self) -> None:
        self.open: dict[str, tuple[ActionOrder, Callable[[ActionResult], None]]] = {}

    def start(self, order: ActionOrder, finish: Callable[[ActionResult], None]) -> None:
        self.open[order.run.id] = (order, finish)

    def end(self, run: ActionRun, result: ActionResult | None = None) -> None:
        _, finish = self.open.pop(run.id)
        finish(result or ActionResult(status=Status.SUCCEEDED))


class World:
    """The engine's core with one pipeline called `hello`."""

    def __init__(self, structure: dict[str, Any] | None = None) -> None:
        self.clock = SetClock()
        self.kept = KeptEvents()
        self.workers = HeldWorkers()
        self.conductor = Conductor(
            clock=self.clock, events=PipelineEvents(self.kept, self.clock), workers=self.workers
        )
        self.pipelines = Pipelines(conductor=self.conductor, clock=self.clock)
        self.interventions = Interventions(pipelines=self.pipelines, clock=self.clock)
        self.pipeline = self.pipelines.create(structure or hello(), {})

    def start(self) -> Execution:
        return self.pipelines.start("hello", MANUAL)

    def open_run(self, stage: str, action: str | None = None) -> ActionRun:
        """The action run that is open in a stage."""
        runs = [
            run
            for (name, _), run in self.pipeline.latest_action.items()
            if name == stage and not run.status.final and action in (None, run.declaration.name)
        ]
        assert len(runs) == 1, f"{len(runs)} open runs in {stage}"
        return runs[0]

    def end(self, stage: str, action: str | None = None, *, well: bool = True) -> None:
        """End the open action of a stage."""
        self.end_run(self.open_run(stage, action), well=well)

    def end_run(self, run: ActionRun, *, well: bool = True) -> None:
        """End this very run; in PARALLEL mode a stage has many."""
        self.workers.end(run, None if well else ActionResult.failure("JobFailed", "it broke"))

    def open_approvals(self) -> list[ActionRun]:
        """Every approval that waits for an answer, the oldest execution's first."""
        executions = self.pipeline.executions.values()
        return [run for each in executions for run in each.action_runs() if run.awaits_a_person]

    def bring_to_approval(self) -> Execution:
        """Start an execution and bring it, past all others, to its approval."""
        execution = self.start()
        while not any(run.awaits_a_person for run in execution.action_runs()):
            (run,) = [each for each in execution.action_runs() if not each.status.final]
            self.end_run(run)
        return execution

    def advance(self, *, through: str) -> None:
        """Let the execution in front succeed through the named stage, approving on the way."""
        for stage in STAGES[: STAGES.index(through) + 1]:
            self.approve() if stage == "Approval" else self.end(stage)

    def approve(self, *, approved: bool = True, token: str | None = None) -> None:
        self.interventions.decide(
            "hello",
            "Approval",
            "Approve",
            token=token or str(self.open_run("Approval").token),
            approved=approved,
            summary="ana and bo",
            by=CALLER,
        )

    def release(self) -> Execution:
        """One execution through all stages."""
        execution = self.start()
        self.advance(through="Production")
        return execution


def hello(**changes: Any) -> dict[str, Any]:
    """The example service's pipeline in the API's form."""
    deploy = {"category": "Deploy", "owner": "AWS", "provider": "Lambda", "version": "1"}
    return {
        "name": "hello",
        "roleArn": ROLE,
        "pipelineType": "V2",
        "executionMode": "SUPERSEDED",
        "artifactStore": {"type": "S3", "location": "artifacts-bucket"},
        "stages": [
            stage("Source", source_action()),
            stage(
                "Build",
                action(
                    "BuildAndTest",
                    {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
                    {"ProjectName": "hello"},
                    inputs=["SourceArtifact"],
                    outputs=["BuildArtifact"],
                ),
            ),
            stage("Staging", action("Deploy", deploy, {}, inputs=["BuildArtifact"])),
            stage(
                "Approval",
                {
                    **action(
                        "Approve",
                        {
                            "category": "Approval",
                            "owner": "AWS",
                            "provider": "Manual",
                            "version": "1",
                        },
                        {},
                    ),
                    "timeoutInMinutes": 60,
                },
            ),
            stage("Production", action("Deploy", deploy, {}, inputs=["BuildArtifact"])),
        ],
        **changes,
    }


def source_action(**configuration: str) -> dict[str, Any]:
    return {
        **action(
            "Source",
            {
                "category": "Source",
                "owner": "AWS",
                "provider": "CodeStarSourceConnection",
                "version": "1",
            },
            {
                "ConnectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/c",
                "FullRepositoryId": "example/hello",
                "BranchName": "main",
                **configuration,
            },
            outputs=["SourceArtifact"],
        ),
        "namespace": "SourceVariables",
    }


def stage(name: str, *actions: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "actions": list(actions)}


def action(
    name: str,
    type_id: dict[str, str],
    configuration: dict[str, str],
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    run_order: int = 1,
) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": type_id,
        "runOrder": run_order,
        "configuration": configuration,
        "inputArtifacts": [{"name": each} for each in inputs],
        "outputArtifacts": [{"name": each} for each in outputs],
    }
