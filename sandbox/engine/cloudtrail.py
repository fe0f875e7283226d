"""CloudTrail's records of calls that steer a pipeline, as EventBridge delivers them.

`AWS API Call via CloudTrail` on the default bus, for calls that succeeded and for refused ones, and
only while a trail logs (EventBridge user guide, "AWS service events delivered via CloudTrail"). The
shape is that of the CloudTrail user guide, "CloudTrail record contents". Not documented, and
decided here: tokens of approvals and of idempotency are hidden alike, so that nobody comes to rely
on either; a refused call keeps its request parameters; `approvedAt` is written as CloudTrail writes
other instants. Calls whose signature does not hold are not recorded, nor are faults of the engine.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.engine.naming import ACCOUNT, REGION
from sandbox.engine.ports import Clock, Emit
from sandbox.engine.refusals import Refusal

RECORDED = frozenset(
    {
        "DisableStageTransition",
        "EnableStageTransition",
        "PutApprovalResult",
        "RollbackStage",
        "StartPipelineExecution",
        "UpdatePipeline",
    }
)
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_SECRETS = frozenset({"token", "clientRequestToken"})
_ERROR_CODES = {"AccessDeniedException": "AccessDenied"}
"""Where CloudTrail's word differs from the exception's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One call: who made it from where, and what came of it."""

    operation: str
    identity: Mapping[str, Any]
    source_address: str
    user_agent: str
    request_id: str
    request: Mapping[str, Any]
    response: Mapping[str, Any] | None = None
    refusal: Refusal | None = None


class CloudTrail:
    """Puts records on the event bus while a trail logs."""

    def __init__(self, *, emit: Emit, clock: Clock, is_logging: Callable[[], bool]) -> None:
        self._emit = emit
        self._clock = clock
        self._is_logging = is_logging

    def record(self, call: Recorded) -> None:
        """Emit the record of a call, if it is one of the recorded ones."""
        if call.operation not in RECORDED or not self._is_logging():
            return
        now = self._clock.now()
        self._emit(
            source="aws.codepipeline",
            detail_type="AWS API Call via CloudTrail",
            detail=_detail(call, now),
            resources=[],
            time=now,
        )


def _detail(call: Recorded, now: datetime) -> dict[str, Any]:
    detail = {
        "eventVersion": "1.11",
        "userIdentity": dict(call.identity),
        "eventTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "codepipeline.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": REGION,
        "sourceIPAddress": call.source_address,
        "userAgent": call.user_agent,
        "requestParameters": _without_secrets(call.request),
        "responseElements": _response(call.response),
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    if call.refusal is not None:
        code = call.refusal.code
        detail["errorCode"] = _ERROR_CODES.get(code, code)
        detail["errorMessage"] = call.refusal.message
    return detail


def _without_secrets(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if name in _SECRETS else value for name, value in request.items()}


def _response(response: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An empty answer is recorded as none."""
    if not response:
        return None
    approved = response.get("approvedAt")
    if approved is None:
        return dict(response)
    at = datetime.fromtimestamp(approved, tz=UTC)
    return {**response, "approvedAt": f"{at:%b} {at.day}, {at:%Y, %I:%M:%S %p}"}
