"""The CodeBuild action: starts a build under the pipeline's role and waits for its end.

On AWS the artifacts reach CodeBuild by an internal way, not through StartBuild's parameters; here
too: `Handovers` keeps them under the request's idempotency token.
"""

import json
from typing import Any

from sandbox.engine.builds.handovers import Handover, Handovers
from sandbox.engine.conductor import ActionOrder
from sandbox.engine.executions import ActionResult, Status
from sandbox.engine.naming import REGION
from sandbox.engine.ports import Clients, Clock

_POLL_SECONDS = 2.0
_LATE_PHASES = ("FINALIZING", "COMPLETED")


class BuildWorker:
    """Runs a CodeBuild project on the action's input artifact."""

    def __init__(self, *, clients: Clients, clock: Clock, handovers: Handovers) -> None:
        self._clients = clients
        self._clock = clock
        self._handovers = handovers

    def __call__(self, order: ActionOrder) -> ActionResult:
        """Start the build, and answer when it has ended."""
        run = order.run
        if len(run.inputs) != 1:
            return ActionResult.failure(
                "ConfigurationError",
                "A build with more than one input artifact is not in this sandbox yet",
            )
        builds = self._clients("codebuild", role_arn=order.role_arn, session=order.execution.id)
        self._handovers.put(
            run.id,
            Handover(
                pipeline=order.execution.pipeline, source=run.inputs[0], outputs=tuple(run.outputs)
            ),
        )
        started = builds.start_build(
            projectName=run.configuration["ProjectName"],
            idempotencyToken=run.id,
            environmentVariablesOverride=json.loads(
                run.configuration.get("EnvironmentVariables", "[]")
            ),
        )["build"]
        run.external_id, run.external_url = started["id"], _console(started["id"])
        while True:
            build = builds.batch_get_builds(ids=[started["id"]])["builds"][0]
            if build["buildComplete"]:
                return _result(build)
            self._clock.sleep(_POLL_SECONDS)


def _result(build: dict[str, Any]) -> ActionResult:
    url = _console(build["id"])
    if build["buildStatus"] == "SUCCEEDED":
        exported = build.get("exportedEnvironmentVariables", [])
        return ActionResult(
            status=Status.SUCCEEDED,
            external_id=build["id"],
            external_url=url,
            output_variables={each["name"]: each["value"] for each in exported},
        )
    message = f"Build terminated with state: {build['buildStatus']}"
    broken = [
        phase
        for phase in build["phases"]
        if phase.get("phaseStatus") not in (None, "SUCCEEDED")
        and phase["phaseType"] not in _LATE_PHASES
    ]
    if broken and broken[0].get("contexts"):
        context = broken[0]["contexts"][0]
        message += (
            f". Phase: {broken[0]['phaseType']}, Code: {context.get('statusCode', '')}, "
            f"Message: {context.get('message', '')}"
        )
    return ActionResult.failure("JobFailed", message, external_id=build["id"], external_url=url)


def _console(build_id: str) -> str:
    return (
        f"https://console.aws.amazon.com/codebuild/home?region={REGION}#/builds/{build_id}/view/new"
    )
