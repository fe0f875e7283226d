"""The whole engine, put together: one value that the server starts and ends."""

import functools
import sys
import threading
from pathlib import Path
from typing import Any

from sandbox import clock as sandbox_clock
from sandbox import emulator
from sandbox.engine.actions.approval import ApprovalWorker
from sandbox.engine.actions.build import BuildWorker
from sandbox.engine.actions.deploy_lambda import DeployLambdaWorker
from sandbox.engine.actions.source import SourceWorker
from sandbox.engine.actions.workers import ActionWorkers
from sandbox.engine.builds.handovers import Handovers
from sandbox.engine.builds.reports import ReportStore
from sandbox.engine.builds.service import BuildService
from sandbox.engine.builds.world import BuildWorld
from sandbox.engine.cloudtrail import CloudTrail
from sandbox.engine.conductor import Conductor
from sandbox.engine.connections import Connections
from sandbox.engine.events import PipelineEvents
from sandbox.engine.interventions import Interventions
from sandbox.engine.outbox import OrderedEmitter
from sandbox.engine.pipelines import Pipelines
from sandbox.engine.repositories import Repositories
from sandbox.engine.resources import register
from sandbox.engine.snapshots import snapshot
from sandbox.engine.triggers import PushTriggers
from sandbox.engine.wire.codebuild import CodeBuildApi
from sandbox.engine.wire.codepipeline import CodePipelineApi
from sandbox.engine.wire.gateway import EngineGateway

_EXPIRY_CHECK_SECONDS = 0.5
_SESSION = "signalbox-sandbox"
_KEPT_CLIENTS = 64


class Engine:
    """CodePipeline and CodeBuild of the sandbox."""

    def __init__(self, *, repositories: Path, builds: Path) -> None:
        clock = sandbox_clock
        clients = functools.lru_cache(maxsize=_KEPT_CLIENTS)(emulator.client)
        self._emit = OrderedEmitter(emulator.emit_event, clock)
        stored = Repositories(repositories)
        connections, handovers = Connections(), Handovers()
        workers = ActionWorkers(
            {
                "Manual": ApprovalWorker(clients),
                "CodeBuild": BuildWorker(clients=clients, clock=clock, handovers=handovers),
                "Lambda": DeployLambdaWorker(clients=clients, clock=clock),
                **dict.fromkeys(
                    ("CodeStarSourceConnection", "CodeCommit"),
                    SourceWorker(
                        repositories=stored,
                        connections=connections,
                        clients=clients,
                        denied=role_denied,
                    ),
                ),
            }
        )
        conductor = Conductor(
            clock=clock, events=PipelineEvents(self._emit, clock), workers=workers
        )
        self.pipelines = Pipelines(conductor=conductor, clock=clock)
        self._interventions = Interventions(pipelines=self.pipelines, clock=clock)
        self._builds = BuildService(
            world=BuildWorld(
                clock=clock,
                emit=self._emit,
                clients=clients,
                environment_of=emulator.session_environment,
                denied=role_denied,
                repositories=stored,
                reports=ReportStore(),
                scratch=builds,
                interpreter=Path(sys.prefix) / "bin",
            ),
            handovers=handovers,
        )
        self._triggers = PushTriggers(
            pipelines=self.pipelines,
            repositories=stored,
            connections=connections,
            clients=clients,
            emit=self._emit,
        )
        self.application = EngineGateway(
            pipelines=CodePipelineApi(pipelines=self.pipelines, interventions=self._interventions),
            builds=CodeBuildApi(self._builds),
            identity=emulator,
            trail=CloudTrail(emit=self._emit, clock=clock, is_logging=emulator.a_trail_logs),
        )
        register(
            emulator.register_resource,
            pipelines=self.pipelines,
            builds=self._builds,
            connections=connections,
        )
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._expire, name="approval-expiry", daemon=True)
        self._watch.start()

    def received(self, repository: str, branch: str, before: str, after: str) -> list[str]:
        """A push has arrived; returns the ids of the executions that it started. Blocks."""
        return self._triggers.received(repository, branch, before, after)

    def snapshot(self) -> dict[str, Any]:
        """What the console shows."""
        return snapshot(self.pipelines)

    def shutdown(self) -> None:
        """Kill builds, end threads."""
        self._ended.set()
        self._builds.shutdown()
        self.application.close()
        self._emit.close()

    def _expire(self) -> None:
        while not self._ended.wait(_EXPIRY_CHECK_SECONDS):
            self._interventions.expire()


def role_denied(role_arn: str, action: str, resource_arn: str) -> str | None:
    """Whether a role's policies refuse an action: AWS's text, else None."""
    key = emulator.session_environment(role_arn, _SESSION)["AWS_ACCESS_KEY_ID"]
    return emulator.denied(key, action, resource_arn)
