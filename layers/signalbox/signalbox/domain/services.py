"""What each service's own stack tells Signalbox about itself."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.identity import AlarmId, PipelineId


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaTarget:
    """A Lambda function behind an alias. ``probe`` is the JSON payload that verification sends."""

    function: str
    alias: str
    probe: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a stage deploys to, and the alarms that speak for it.

    ``target`` is None where nobody said what is deployed: then gates and holds work, and nothing is
    rolled back or swept there.
    """

    name: str
    stage: str
    target: LambdaTarget | None = None
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: its pipeline, environments, and the role through which Signalbox acts on it."""

    name: str
    pipeline: PipelineId
    operator_role_arn: str
    artifact_bucket: str
    environments: tuple[Environment, ...]
    channel: str = ""

    def environment_of_alarm(self, alarm: AlarmId) -> Environment | None:
        """The environment that lists this alarm, or None."""
        here = (self.pipeline.account, self.pipeline.region)
        if (alarm.account, alarm.region) != here:
            return None
        return next((e for e in self.environments if alarm.name in e.alarms), None)

    def environment(self, name: str) -> Environment | None:
        """The environment of that name, or None."""
        return next((e for e in self.environments if e.name == name), None)
