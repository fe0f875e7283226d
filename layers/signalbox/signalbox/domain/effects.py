"""What is to be done to the outside world. The write that decides also writes the effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EffectKind(StrEnum):
    """Every kind of effect; ``ANNOUNCE`` rings the messages queue, the others the work queue."""

    ANNOUNCE = "announce"
    START_APPROVAL = "start_approval"
    DECIDE_GATE = "decide_gate"
    START_ROLLBACK = "start_rollback"
    ANCHOR_AUDIT = "anchor_audit"
    CARRY_OUT_COMMAND = "carry_out_command"
    APPLY_HOLDS = "apply_holds"
    SETTLE_HOTFIX = "settle_hotfix"


class EffectStatus(StrEnum):
    """Where an effect stands."""

    PENDING = "PENDING"
    DONE = "DONE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing to do, once.

    ``subject`` is the ledger's partition it belongs to (``release#…``, ``gate#…``, ``sweep#…``)
    and the FIFO group of its bell; ``key`` is unique within the subject and makes doing it twice
    harmless; ``payload`` holds ids only, never a token or free text from outside.
    """

    kind: EffectKind
    subject: str
    key: str
    created_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    status: EffectStatus = EffectStatus.PENDING
