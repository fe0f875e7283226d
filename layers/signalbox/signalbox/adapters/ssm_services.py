"""The services that registered themselves in Parameter Store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS, Document, Part, parse
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.identity import AlarmId, PipelineId
from signalbox.domain.services import Environment, LambdaTarget, Service

LOG = logging.getLogger(__name__)

Filled = Annotated[str, StringConstraints(min_length=1)]
OperatorRole = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/signalbox-operator-[\w+=,.@-]+$"),
]
"""Functions may assume roles of that name only, so another name could never work."""


class _Lambda(Part):
    type: Literal["lambda"]
    function: Filled
    alias: Filled
    probe: str = "{}"


class _Environment(Part):
    name: Filled
    stage: Filled
    target: _Lambda | None = None
    alarms: tuple[Filled, ...] = ()


class _Service(Document):
    service: Filled
    pipeline: Filled
    operator_role_arn: OperatorRole
    artifact_bucket: Filled
    channel: str = ""
    environments: Annotated[tuple[_Environment, ...], Field(min_length=1)]


class SsmServices:
    """``Services`` on the parameters below ``{prefix}/services``."""

    def __init__(
        self, client: Any, prefix: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._path = f"{prefix}/services"
        self._monotonic = monotonic
        self._kept: tuple[float, tuple[Service, ...]] | None = None

    def all(self) -> Sequence[Service]:
        """Every registered service. One whose document is wrong is logged and left out."""
        now = self._monotonic()
        if self._kept is None or now - self._kept[0] >= KEPT_FOR_SECONDS:
            self._kept = now, tuple(self._read())
        return self._kept[1]

    def of_pipeline(self, pipeline: PipelineId) -> Service | None:
        """The service with that pipeline, or None."""
        return next((one for one in self.all() if one.pipeline == pipeline), None)

    def of_alarm(self, alarm: AlarmId) -> tuple[Service, Environment] | None:
        """The service and environment that list the alarm, or None."""
        for service in self.all():
            if environment := service.environment_of_alarm(alarm):
                return service, environment
        return None

    def _read(self) -> Iterator[Service]:
        for parameter in self._parameters():
            try:
                yield service_of(parameter["ARN"], parameter["Name"], parameter["Value"])
            except DocumentInvalidError as error:
                LOG.error("A service is left out: %s", error)  # one must not hide the others

    def _parameters(self) -> Iterator[Mapping[str, str]]:
        token: dict[str, str] = {}
        while True:
            with aws_call(f"read the services below {self._path}"):
                answer = self._client.get_parameters_by_path(Path=self._path, **token)
            yield from answer.get("Parameters", ())
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def service_of(arn: str, name: str, text: str) -> Service:
    """Read one document. The pipeline's account and region are those of the parameter's ARN.

    Raises DocumentInvalidError naming the parameter, the field and why.
    """
    document = parse(_Service, text, name)
    _, _, _, region, account, _ = arn.split(":", 5)
    if document.service != name.rpartition("/")[2]:
        raise DocumentInvalidError(f"{name}: service: {document.service!r} is not its name")
    return Service(
        name=document.service,
        pipeline=PipelineId(account=account, region=region, name=document.pipeline),
        operator_role_arn=document.operator_role_arn,
        artifact_bucket=document.artifact_bucket,
        environments=tuple(_environment(one) for one in document.environments),
        channel=document.channel,
    )


def _environment(part: _Environment) -> Environment:
    return Environment(
        name=part.name, stage=part.stage, target=_target(part.target), alarms=part.alarms
    )


def _target(part: _Lambda | None) -> LambdaTarget | None:
    if part is None:
        return None
    return LambdaTarget(function=part.function, alias=part.alias, probe=part.probe)
