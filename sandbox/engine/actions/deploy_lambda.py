"""The Lambda deploy action: new code, a new version, the alias shifted to it.

Source: CodePipeline user guide, action reference "AWS Lambda" (deploy): configuration FunctionName,
FunctionAlias, PublishedTargetVersion, DeployStrategy, Alarms; the alias must point to exactly
one version at the start, to which a failed deployment returns; output variable FunctionVersion.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.engine.conductor import ActionOrder
from sandbox.engine.executions import ActionResult, Status
from sandbox.engine.naming import REGION
from sandbox.engine.ports import Clients, Clock

_STRATEGY = re.compile(
    r"(?P<kind>Canary|Linear)(?P<percent>\d{1,2})Percent(?:Every)?(?P<minutes>\d+)Minutes?"
)
_MOST_WAIT_MINUTES = 2 * 24 * 60
_WATCH_EVERY_SECONDS = 10.0
_MOST_UPDATE_POLLS = 120


class DeploymentFailed(Exception):  # noqa: N818 - how a deployment ends, not our fault
    """The deployment cannot go on; `code` is CodePipeline's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Give the new version so much of the alias's traffic (0 to 1), then wait."""

    weight: float
    wait_minutes: int


def steps(strategy: str) -> list[Step]:
    """The steps before all traffic goes to the new version; none for AllAtOnce.

    Raises DeploymentFailed for a strategy that AWS does not know.
    """
    if strategy == "AllAtOnce":
        return []
    matched = _STRATEGY.fullmatch(strategy)
    if matched is None or int(matched["percent"]) == 0:
        raise DeploymentFailed("ConfigurationError", f"DeployStrategy {strategy} is not valid")
    percent, minutes = int(matched["percent"]), int(matched["minutes"])
    shares = [percent] if matched["kind"] == "Canary" else list(range(percent, 100, percent))
    if len(shares) * minutes > _MOST_WAIT_MINUTES:
        raise DeploymentFailed(
            "ConfigurationError", f"DeployStrategy {strategy} waits for more than two days"
        )
    return [Step(weight=share / 100, wait_minutes=minutes) for share in shares]


class DeployLambdaWorker:
    """Deploys under the action's role, which it assumes from the pipeline's."""

    def __init__(self, *, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    def __call__(self, order: ActionOrder) -> ActionResult:
        """Deploy the first input artifact."""
        try:
            return self._deploy(order)
        except DeploymentFailed as failed:
            return ActionResult.failure(failed.code, str(failed))

    def _deploy(self, order: ActionOrder) -> ActionResult:
        configuration = order.run.configuration
        function, alias = configuration["FunctionName"], configuration["FunctionAlias"]
        plan = steps(configuration.get("DeployStrategy", "AllAtOnce"))
        alarms = _names(configuration.get("Alarms", ""))
        self._assume(order)
        shift = _AliasShift(self._client(order, "lambda"), function, alias)
        order.run.external_url = _console(function)
        version = configuration.get("PublishedTargetVersion") or self._publish(order, function)
        order.run.external_id = f"{function}:{version}"
        try:
            for _ in self._shifted(shift, version, plan):
                self._watch(order, alarms)
        except DeploymentFailed:
            shift.back()
            raise
        return ActionResult(
            status=Status.SUCCEEDED,
            external_id=f"{function}:{version}",
            external_url=_console(function),
            summary=f"Alias {alias} of {function} points to version {version}",
            output_variables={"FunctionVersion": version},
        )

    def _assume(self, order: ActionOrder) -> None:
        pipeline_role = order.execution.declaration.role_arn
        if order.role_arn != pipeline_role:
            self._clients("sts", role_arn=pipeline_role, session=order.execution.id).assume_role(
                RoleArn=order.role_arn, RoleSessionName=order.execution.id
            )

    def _client(self, order: ActionOrder, service: str) -> Any:
        return self._clients(service, role_arn=order.role_arn, session=order.execution.id)

    def _publish(self, order: ActionOrder, function: str) -> str:
        if not order.run.inputs:
            raise DeploymentFailed(
                "ConfigurationError", "Without PublishedTargetVersion an input artifact is needed"
            )
        artifact = order.run.inputs[0]
        stored = self._client(order, "s3").get_object(Bucket=artifact.bucket, Key=artifact.key)
        code = stored["Body"].read()
        functions = self._client(order, "lambda")
        functions.update_function_code(FunctionName=function, ZipFile=code)
        for _ in range(_MOST_UPDATE_POLLS):
            state = functions.get_function_configuration(FunctionName=function)
            if state.get("LastUpdateStatus", "Successful") == "Successful":
                return str(functions.publish_version(FunctionName=function)["Version"])
            if state["LastUpdateStatus"] == "Failed":
                raise DeploymentFailed("JobFailed", str(state.get("LastUpdateStatusReason", "")))
            self._clock.sleep(1)
        raise DeploymentFailed("JobTimedOut", f"The code of {function} was not updated in time")

    def _shifted(self, shift: "_AliasShift", version: str, plan: list[Step]) -> Iterator[None]:
        """Shift step by step; whoever iterates looks at the alarms in between."""
        yield
        for step in plan:
            shift.share(version, step.weight)
            for _ in range(max(1, int(step.wait_minutes * 60 / _WATCH_EVERY_SECONDS))):
                self._clock.sleep(_WATCH_EVERY_SECONDS)
                yield
        shift.complete(version)

    def _watch(self, order: ActionOrder, alarms: list[str]) -> None:
        if not alarms:
            return
        found = self._client(order, "cloudwatch").describe_alarms(
            AlarmNames=alarms, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        both = found.get("MetricAlarms", []) + found.get("CompositeAlarms", [])
        ringing = sorted(each["AlarmName"] for each in both if each["StateValue"] == "ALARM")
        if ringing:
            raise DeploymentFailed("AlarmActive", f"Alarms in ALARM state: {', '.join(ringing)}")


class _AliasShift:
    """An alias on its way from one version to another; compare-and-set by RevisionId."""

    def __init__(self, functions: Any, function: str, alias: str) -> None:
        self._functions = functions
        self._names = {"FunctionName": function, "Name": alias}
        found = functions.get_alias(**self._names)
        if (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
            raise DeploymentFailed(
                "ConfigurationError",
                f"Alias {alias} of {function} must point to exactly one version",
            )
        self._before = str(found["FunctionVersion"])
        self._revision = str(found["RevisionId"])

    def share(self, version: str, weight: float) -> None:
        """Give a version its share of the traffic."""
        weights = {version: weight} if version != self._before else {}
        self._update(self._before, weights)

    def complete(self, version: str) -> None:
        """Give a version all traffic."""
        self._update(version, {})

    def back(self) -> None:
        """Give the first version all traffic again."""
        self._update(self._before, {})

    def _update(self, version: str, weights: dict[str, float]) -> None:
        updated = self._functions.update_alias(
            **self._names,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
            RevisionId=self._revision,
        )
        self._revision = str(updated["RevisionId"])


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _console(function: str) -> str:
    return (
        f"https://{REGION}.console.aws.amazon.com/lambda/home?region={REGION}#/functions/{function}"
    )
