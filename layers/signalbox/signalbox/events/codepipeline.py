"""CodePipeline: executions of pipelines, stages and actions, and its approval message.

Field names, and which are missing when: user guide, *Monitoring CodePipeline events*, and captured
events from 2018 to 2026. Numbers come as floats (``version`` 6.0), and as text in documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from signalbox.domain.facts import (
    ActionChanged,
    ApprovalAsked,
    ArtifactLocation,
    Commit,
    PipelineChanged,
    StageChanged,
)
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.people import provider_identity
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.events.envelope import Envelope
from signalbox.events.fields import (
    HyphenatedPayload,
    Key,
    OptionalKey,
    Payload,
    Text,
    Whole,
    Word,
    known,
    mapping,
    mappings,
    parse,
    text,
)
from signalbox.events.leftovers import leftovers
from signalbox.events.reading import Reading
from signalbox.events.times import moment
from signalbox.events.wrappers import json_object
from signalbox.notifications.masking import MASK, mask


class _Trigger(HyphenatedPayload):
    trigger_type: Text = ""
    trigger_detail: Text = ""
    author_display_name: Text = ""
    author_email: Text = ""
    commit_message: Text = ""
    author_id: Text = ""
    provider_type: Text = ""
    commit_id: Text = ""
    branch_name: Text = ""
    full_repository_name: Text = ""

    def commit(self) -> Commit | None:
        """The commit of a Git trigger; other triggers name none."""
        if not self.commit_id:
            return None
        return Commit(
            id=self.commit_id,
            message=self.commit_message,
            author_name=self.author_display_name,
            author_email=self.author_email,
            branch=self.branch_name,
            repository=self.full_repository_name,
            provider_identity=self._identity(),
        )

    def _identity(self) -> str:
        """Who the provider says has pushed, as ``github:12345``; "" where it names nobody."""
        return provider_identity(mask(self.provider_type), mask(self.author_id))


class _Pipeline(HyphenatedPayload):
    pipeline: Key
    execution_id: Key
    state: Word
    version: Whole = None
    pipeline_execution_attempt: Whole = None
    execution_trigger: Annotated[_Trigger, BeforeValidator(mapping)] = _Trigger()

    @property
    def attempt(self) -> int:
        """From 1. Absent before 2023, and 0 in some notifications."""
        return max(1, self.pipeline_execution_attempt or 1)

    def release(self, account: str, region: str) -> ReleaseId:
        """The execution's identity. The detail's own region is the action's, so it is not used."""
        pipeline = PipelineId(account=account, region=region, name=self.pipeline)
        return ReleaseId(pipeline=pipeline, execution=self.execution_id)


class _Stage(_Pipeline):
    stage: Key


class _Type(HyphenatedPayload):
    category: Text = ""
    provider: Text = ""


class _Result(HyphenatedPayload):
    external_execution_id: Text = ""
    external_execution_url: Text = ""
    external_execution_summary: Text = ""
    error_code: Text = ""


class _Object(Payload):
    bucket: Text = ""
    key: Text = ""


class _Artifact(Payload):
    name: Text = ""
    place: Annotated[_Object, BeforeValidator(mapping)] = Field(
        default=_Object(), alias="s3location"
    )

    @property
    def location(self) -> ArtifactLocation:
        """Where it lies."""
        return ArtifactLocation(name=self.name, bucket=self.place.bucket, key=self.place.key)


class _Action(_Stage):
    action: Key
    action_execution_id: OptionalKey = ""
    type: Annotated[_Type, BeforeValidator(mapping)] = _Type()
    execution_result: Annotated[_Result, BeforeValidator(mapping)] = _Result()
    output_artifacts: Annotated[tuple[_Artifact, ...], BeforeValidator(mappings)] = ()


class _Approval(Payload):
    pipeline: Key = Field(alias="pipelineName")
    stage: Key = Field(alias="stageName")
    action: Key = Field(alias="actionName")
    expires: Text = ""
    token: Text = ""
    review_link: Text = Field(default="", alias="approvalReviewLink")


def read_pipeline(event: Envelope) -> Reading:
    """``CodePipeline Pipeline Execution State Change``."""
    kind = "codepipeline.pipeline"
    detail = parse(_Pipeline, event.detail, where=f"{kind}: detail")
    state, raw_state = known(ExecutionState, detail.state, ExecutionState.UNKNOWN)
    fact = PipelineChanged(
        release=detail.release(*event.place(kind)),
        state=state,
        at=event.at(kind),
        attempt=detail.attempt,
        pipeline_version=detail.version,
        trigger_type=detail.execution_trigger.trigger_type,
        trigger_detail=detail.execution_trigger.trigger_detail,
        commit=detail.execution_trigger.commit(),
        raw_state=raw_state,
        replayed=event.replayed,
        extra=leftovers(detail, event.attributes),
    )
    return Reading(kind=kind, fact=fact)


def read_stage(event: Envelope) -> Reading:
    """``CodePipeline Stage Execution State Change``."""
    kind = "codepipeline.stage"
    detail = parse(_Stage, event.detail, where=f"{kind}: detail")
    state, raw_state = known(ExecutionState, detail.state, ExecutionState.UNKNOWN)
    fact = StageChanged(
        release=detail.release(*event.place(kind)),
        stage=detail.stage,
        state=state,
        at=event.at(kind),
        attempt=detail.attempt,
        raw_state=raw_state,
        replayed=event.replayed,
        extra=leftovers(detail, event.attributes),
    )
    return Reading(kind=kind, fact=fact)


def read_action(event: Envelope) -> Reading:
    """``CodePipeline Action Execution State Change``.

    CodeStar notifications carry the reason of a failure beside the detail. Of an approval the
    external id is its token (PutApprovalResult, API reference): it goes nowhere.
    """
    kind = "codepipeline.action"
    detail = parse(_Action, event.detail, where=f"{kind}: detail")
    state, raw_state = known(ActionState, detail.state, ActionState.UNKNOWN)
    result = detail.execution_result
    is_approval = detail.type.category == "Approval" or detail.type.provider == "Manual"
    token = result.external_execution_id if is_approval else ""
    summary = _plain(result.external_execution_summary)
    summary = summary or text(event.attributes.get("additionalInformation"))
    fact = ActionChanged(
        release=detail.release(*event.place(kind)),
        stage=detail.stage,
        action=detail.action,
        state=state,
        at=event.at(kind),
        action_execution_id=detail.action_execution_id,
        attempt=detail.attempt,
        category=detail.type.category,
        provider=detail.type.provider,
        external_id="" if is_approval else result.external_execution_id,
        external_url=_without(token, result.external_execution_url),
        summary=_without(token, summary),
        error_code=result.error_code,
        outputs=tuple(made.location for made in detail.output_artifacts if made.place.key),
        raw_state=raw_state,
        replayed=event.replayed,
        extra=leftovers(detail, event.attributes, without=token),
    )
    return Reading(kind=kind, fact=fact)


def is_approval_message(payload: Mapping[str, Any]) -> bool:
    """Whether this is what the ``NotificationArn`` of a manual approval publishes."""
    return isinstance(payload.get("approval"), Mapping)


def read_approval_message(
    payload: Mapping[str, Any], received_at: datetime | None, topic_arn: str
) -> Reading:
    """The approval message. Its token, which its review link ends with, must go nowhere.

    The message names no account: that of the topic stands in, or nothing.
    """
    kind = "codepipeline.approval"
    approval = parse(_Approval, payload["approval"], where=f"{kind}: approval")
    region = text(payload.get("region")).strip()
    account = topic_arn.split(":")[4] if topic_arn.count(":") == 5 else ""
    fact = ApprovalAsked(
        pipeline=PipelineId(account=account, region=region, name=approval.pipeline),
        stage=approval.stage,
        action=approval.action,
        at=received_at,
        expires_at=moment(approval.expires),
        extra=leftovers(approval, without=approval.token),
    )
    return Reading(kind=kind, fact=fact)


def _without(token: str, said: str) -> str:
    return said.replace(token, MASK) if token else said


def _plain(summary: str) -> str:
    """The summary as text: of connections it is JSON, ``{"ProviderType", "CommitMessage"}``."""
    document = json_object(summary) if summary.startswith("{") else None
    message = document.get("CommitMessage") if isinstance(document, Mapping) else None
    return text(message) or summary
