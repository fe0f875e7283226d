"""Policy documents in Parameter Store."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS, Document, parse
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.identity import PipelineId
from signalbox.domain.policy import Mode, Policy, UnknownAuthor

UNWRITTEN = Policy(mode=Mode.OBSERVE)
"""Where no policy was written, nobody asked Signalbox to stop anybody's releases."""


class _Policy(Document):
    mode: Mode = Mode.ENFORCE
    approvals: Annotated[int, Field(ge=1, le=10)] = 1
    exclude_author: bool = True
    unknown_author: UnknownAuthor = UnknownAuthor.OWN
    reason_required_to_reject: bool = True
    expires_after_minutes: Annotated[int, Field(ge=5, le=86400)] = 1440
    rollback_window_minutes: Annotated[int, Field(ge=1, le=10080)] = 60
    keep_releases: Annotated[int, Field(ge=1, le=100)] = 3


class SsmPolicies:
    """``Policies`` on ``{prefix}/policy/{pipeline}`` and ``{prefix}/policy/default``."""

    def __init__(
        self, client: Any, prefix: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._prefix = f"{prefix}/policy"
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, Policy | None]] = {}

    def policy_for(self, pipeline: PipelineId) -> Policy:
        """The pipeline's own policy, or the default, or to observe where neither is written.

        Raises DocumentInvalidError where a policy does not follow its schema: a gate must not
        open under rules that nobody wrote.
        """
        own = None if "@" in pipeline.name else self._policy(pipeline.name)
        # Pipelines may have "@" in their names, parameters may not (PutParameter, API reference).
        return own or self._policy("default") or UNWRITTEN

    def _policy(self, name: str) -> Policy | None:
        now = self._monotonic()
        kept = self._kept.get(name)
        if kept is None or now - kept[0] >= KEPT_FOR_SECONDS:
            kept = self._kept[name] = now, self._read(f"{self._prefix}/{name}")
        return kept[1]

    def _read(self, parameter: str) -> Policy | None:
        try:
            with aws_call(f"read {parameter}"):
                answer = self._client.get_parameter(Name=parameter)
        except AwsRefusedError as refused:
            if refused.code == "ParameterNotFound":
                return None
            raise
        document = parse(_Policy, answer["Parameter"]["Value"], parameter)
        return Policy(**document.model_dump(exclude={"contract"}))
