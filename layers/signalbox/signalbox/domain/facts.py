"""What has happened, as Signalbox understands it. Strangers' payloads become these at the edge.

``extra`` of a fact holds what its event said besides: the fields of its detail that are read here
for nothing, secrets masked, at most 4 kB of JSON. It is kept with the fact for whoever looks later;
two facts that differ in it alone are equal. ``replayed`` says that an archive sent the event once
more (EventBridge's ``replay-name``): such a fact is recorded, and is no news.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from signalbox.domain.identity import AlarmId, PipelineId, ReleaseId
from signalbox.domain.states import ActionState, AlarmState, ExecutionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The revision that is released. Author names come from git and are not authenticated.

    ``provider_identity`` is who the source provider says has pushed it, as ``github:12345``, where
    the trigger names anybody.
    """

    id: str = ""
    message: str = ""
    author_name: str = ""
    author_email: str = ""
    branch: str = ""
    repository: str = ""
    provider_identity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineChanged:
    """A pipeline execution entered ``state`` at ``at`` (UTC), in its ``attempt`` (from 1)."""

    release: ReleaseId
    state: ExecutionState
    at: datetime
    attempt: int = 1
    pipeline_version: int | None = None
    trigger_type: str = ""
    trigger_detail: str = ""
    commit: Commit | None = None
    raw_state: str = ""
    replayed: bool = field(default=False, compare=False, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChanged:
    """A stage execution entered ``state``."""

    release: ReleaseId
    stage: str
    state: ExecutionState
    at: datetime
    attempt: int = 1
    raw_state: str = ""
    replayed: bool = field(default=False, compare=False, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactLocation:
    """Where an action put one of its output artifacts: an object in the artifact bucket."""

    name: str
    bucket: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionChanged:
    """An action execution entered ``state``.

    ``action_execution_id`` is empty in events from before 2024. ``external_id`` and
    ``external_url`` point at the build, deployment or commit that the action ran. ``outputs`` are
    the artifacts that it made. ``by`` is the ARN of whoever answered an approval, which the API
    tells and events do not.
    """

    release: ReleaseId
    stage: str
    action: str
    state: ActionState
    at: datetime
    action_execution_id: str = ""
    attempt: int = 1
    category: str = ""
    provider: str = ""
    external_id: str = ""
    external_url: str = ""
    summary: str = ""
    error_code: str = ""
    outputs: tuple[ArtifactLocation, ...] = ()
    by: str = field(default="", compare=False)
    raw_state: str = ""
    replayed: bool = field(default=False, compare=False, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChanged:
    """A CloudWatch alarm moved from ``previous`` to ``state`` at ``at``.

    ``suppressed_by`` names what mutes the alarm's actions, or is empty. ``tags`` are the alarm's
    own, where it propagates them (``ActionConfiguration.AlarmTagsPropagation``). ``raw_state`` is
    AWS's word where ``state`` is ``UNKNOWN``.
    """

    alarm: AlarmId
    state: AlarmState
    previous: AlarmState
    at: datetime
    reason: str = ""
    suppressed_by: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    raw_state: str = ""
    replayed: bool = field(default=False, compare=False, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildChanged:
    """A CodeBuild build changed state or finished a phase (``phase`` is empty for the former).

    ``build_id`` is ``project:uuid``, as actions of CodePipeline name it. ``status`` is a
    ``BuildStatus``; ``raw_status`` is AWS's word where that is ``UNKNOWN``. ``reason`` is what the
    first failed phase says.
    """

    account: str
    region: str
    project: str
    build_id: str
    status: str
    at: datetime
    phase: str = ""
    initiator: str = ""
    logs_url: str = ""
    reason: str = ""
    raw_status: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentChanged:
    """A CodeDeploy or ECS deployment (or one of its instances, hooks or tasks) changed.

    ``service`` is ``codedeploy`` or ``ecs``; ``target`` is ``application/group`` or
    ``cluster/service``; ``part`` names the instance, hook or task, or is empty. ``state`` is a
    ``DeploymentState``, ``raw_state`` AWS's own word for it.
    """

    account: str
    region: str
    service: str
    target: str
    deployment_id: str
    state: str
    at: datetime
    reason: str = ""
    part: str = ""
    raw_state: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageScanned:
    """ECR or Inspector scanned an image; ``findings`` counts them by severity.

    ``status`` is a ``ScanStatus``; ``raw_status`` is AWS's word where that is ``UNKNOWN``.
    """

    account: str
    region: str
    repository: str
    digest: str
    status: str
    at: datetime
    findings: Mapping[str, int] = field(default_factory=dict)
    raw_status: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAsked:
    """CodePipeline's own approval notification. It carries no execution id, so it only hints.

    The message itself has no time: ``at`` is when SNS or SQS took it, or None.
    """

    pipeline: PipelineId
    stage: str
    action: str
    at: datetime | None = None
    expires_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCalled:
    """Somebody steered a pipeline by the API, as CloudTrail saw it.

    ``call`` is the operation (``PutApprovalResult``), ``by`` the caller's ARN (of an assumed role
    ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``), ``error`` AWS's code where it was refused.
    ``id`` is CloudTrail's own id of the event. What the call carried is not kept: it may hold an
    approval's token.
    """

    pipeline: PipelineId
    call: str
    by: str
    at: datetime
    id: str = ""
    stage: str = ""
    action: str = ""
    error: str = ""
    replayed: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Readable, and none of Signalbox's business; ``reason`` says why."""

    kind: str
    reason: str
    account: str = ""
    region: str = ""


Fact = (
    PipelineChanged
    | StageChanged
    | ActionChanged
    | AlarmChanged
    | BuildChanged
    | DeploymentChanged
    | ImageScanned
    | ApprovalAsked
    | ApiCalled
    | Ignored
)

ReleaseFact = PipelineChanged | StageChanged | ActionChanged
