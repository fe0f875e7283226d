"""Policy documents in Parameter Store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.policy_documents import policy_of, read_policy
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS
from signalbox.adapters.ssm_last_good import Held, LastGood
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.identity import PipelineId
from signalbox.domain.policy import Mode, Policy

DEFAULT = "default"
Written = Mapping[str, Any]

UNWRITTEN = Policy(mode=Mode.OBSERVE, digest="unwritten")
"""Where no policy was written, nobody asked Signalbox to stop anybody's releases."""


class SsmPolicies:
    """``Policies`` on ``{prefix}/policy/{pipeline}`` and ``{prefix}/policy/default``."""

    def __init__(
        self,
        client: Any,
        prefix: str,
        table: LedgerTable,
        monotonic: Callable[[], float] = time.monotonic,
        kept_for: float = KEPT_FOR_SECONDS,
    ) -> None:
        self._client, self._table = client, table
        self._prefix = f"{prefix}/policy"
        self._monotonic, self._kept_for = monotonic, kept_for
        self._documents: dict[str, LastGood[Written]] = {}

    def policy_for(self, pipeline: PipelineId, stage: str = "") -> Policy:
        """What holds at a stage: the pipeline's own policy, or the default, or to observe where
        neither was ever written.

        Raises DocumentInvalidError where what was written never followed its schema: a gate must
        not open under rules that nobody wrote.
        """
        own, default = self._own(pipeline), self._held(DEFAULT)
        used = own if own.document or own.written else default
        if used.document is None:
            if used.written:
                raise DocumentInvalidError(used.fault)
            return UNWRITTEN
        name = f"{self._prefix}/{pipeline.name if used is own else DEFAULT}"
        return policy_of(used.document, name, stage=stage, default=default.document)

    def fault_of(self, pipeline: PipelineId) -> str:
        """What is wrong with the pipeline's newest document, or the default; "" where both are
        good, or not there.
        """
        for held in (self._own(pipeline), self._held(DEFAULT)):
            if held.fault and held.written:
                return held.fault
        return ""

    def _own(self, pipeline: PipelineId) -> Held[Written]:
        """Pipelines may have "@" in their names, parameters may not (PutParameter, API reference).

        A pipeline named ``default`` has the default's rules.
        """
        nothing: Held[Written] = Held(None, written=False)
        return nothing if "@" in pipeline.name else self._held(pipeline.name)

    def _held(self, name: str) -> Held[Written]:
        if name not in self._documents:
            self._documents[name] = LastGood(
                self._client,
                f"{self._prefix}/{name}",
                f"policy#{name}",
                self._table,
                read_policy,
                monotonic=self._monotonic,
                kept_for=self._kept_for,
            )
        held = self._documents[name].held()
        # A document that was deleted is gone on purpose: what it said last is in force no more.
        return held if held.written else Held(None, written=False)
