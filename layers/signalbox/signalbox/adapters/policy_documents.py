"""The policy document: what a team may write, and the policy that it comes to.

A document replaces the default as a whole, except that the default's holds always apply. Fields
below ``stages`` override those of the document at one stage's gates; some are above all stages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from signalbox.adapters.policy_schema import FirstPolicy, PolicyDocument
from signalbox.adapters.policy_stages import refuse_what_stands_above
from signalbox.adapters.ssm_documents import fault_of, field_of, no_twice
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.policy import Excluded, Policy, ReasonRequired

FIRST, SECOND = 1, 2


def read_policy(text: str, parameter: str) -> Mapping[str, Any]:
    """A document that follows its schema at every stage, as it was written.

    Raises DocumentInvalidError naming the parameter, the field and why.
    """
    try:
        written = json.loads(text, object_pairs_hook=no_twice)
    except ValueError as wrong:
        raise DocumentInvalidError(f"{parameter}: no JSON: {wrong}") from None
    if not isinstance(written, dict):
        raise DocumentInvalidError(f"{parameter}: no JSON object")
    policy_of(written, parameter)
    for stage, own in written.get("stages", {}).items():
        refuse_what_stands_above(stage, own, parameter)
        try:
            policy_of(written, parameter, stage=stage)
        except DocumentInvalidError as wrong:
            field = f"stages.{stage}.{wrong.field}"
            raise DocumentInvalidError(f"{wrong} (at stage {stage})", field=field) from None
    return written


def policy_of(
    written: Mapping[str, Any],
    parameter: str,
    *,
    stage: str = "",
    default: Mapping[str, Any] | None = None,
) -> Policy:
    """The policy at a stage. ``default`` is the default document, whose holds apply as well.

    Raises DocumentInvalidError where the document does not follow its schema.
    """
    applied = _at_stage(written, stage)
    policy = _checked(applied, parameter)
    also = default.get("holds", []) if default and default is not written else []
    if also:
        first = {"contract": SECOND, "holds": also}
        holds = _checked(first, "the default policy").holds
        policy = replace(policy, holds=(*policy.holds, *holds))
    said = json.dumps([applied, also], sort_keys=True, separators=(",", ":"))
    return replace(policy, digest=hashlib.sha256(said.encode()).hexdigest())


def _at_stage(written: Mapping[str, Any], stage: str) -> dict[str, Any]:
    stages = written.get("stages")
    if not isinstance(stages, dict):
        return dict(written)
    own = stages.get(stage, {})
    if not isinstance(own, dict):
        return dict(written)
    return {name: value for name, value in written.items() if name != "stages"} | own


def _checked(applied: Mapping[str, Any], parameter: str) -> Policy:
    first = applied.get("contract") == FIRST
    try:
        if first:
            return _of_first(FirstPolicy.model_validate(applied))
        return TypeAdapter(PolicyDocument).validate_python(applied).policy()
    except ValidationError as error:
        fault, field = fault_of(error), field_of(error)
        raise DocumentInvalidError(f"{parameter}: {fault}", field=field) from None


def _of_first(document: FirstPolicy) -> Policy:
    """The first form of the document, which deployed stacks may still hold."""
    said = {"contract": SECOND, "approvals": document.approvals}
    policy = PolicyDocument.model_validate(said).policy()
    required = document.reason_required_to_reject
    return replace(
        policy,
        mode=document.mode,
        excluded=frozenset({Excluded.AUTHORS}) if document.exclude_author else frozenset(),
        unknown_author=document.unknown_author,
        reason_required=ReasonRequired.REJECT if required else ReasonRequired.NEVER,
        expires_after=timedelta(minutes=document.expires_after_minutes),
        rollback_window=timedelta(minutes=document.rollback_window_minutes),
        keep_releases=document.keep_releases,
    )
